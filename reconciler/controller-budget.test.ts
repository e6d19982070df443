import { describe, expect, test } from 'vitest'
import { parseCidr } from '../net/cidr.ts'
import type { ApiLimits } from '../providers/budget.ts'
import { ControllerWorld, type WorldOptions } from './testing/controller-world.ts'

/**
 * What waits for the API's budget holds nothing else up, and is planned anew when its turn comes.
 * 200-way concurrency makes throttle storms: https://github.com/kubernetes/kubernetes/issues/11979,
 * https://github.com/kubernetes/kubernetes/issues/26119.
 */

const ample = { burst: 1_000, perSecond: 1_000 }
const limits: ApiLimits = { byAction: { create: { burst: 40, perSecond: 4 } }, others: ample }
const podCIDR = (i: number): string => `10.244.${i}.0/24`

async function worldOf(nodes: number, options: WorldOptions = {}): Promise<ControllerWorld> {
  const world = await ControllerWorld.open({ limits, ...options })
  for (let i = 0; i < nodes; i++) world.join(`node-${i}`, { podCIDRs: [podCIDR(i)] })
  await world.settled()
  return world
}

const count = (world: ControllerWorld, op: string): number =>
  world.routeWrites.filter((write) => write.startsWith(`${op} `)).length

describe('200 nodes, and 40 creates at once, then four a second', () => {
  test('all are routed in 40 s, and none is made earlier than the bucket allows', async () => {
    await using world = await worldOf(200)
    expect(count(world, 'create')).toBe(40)
    const late: string[] = []
    const done = await world.passUntil(() => {
      const allowed = 40 + (4 * world.clock.monotonic()) / 1_000
      const made = count(world, 'create')
      if (made > allowed || made < Math.min(200, Math.floor(allowed)) - 1)
        late.push(`${made} of ${allowed} at ${world.clock.monotonic()}`)
      return made === 200
    }, 120_000)
    expect(done).toBe(true)
    expect(late).toEqual([])
    expect(world.clock.monotonic()).toBe(40_000)
    await world.quiet()
    for (const { metadata } of world.cluster.nodes()) expect(world.unavailable(metadata.name)).toBe('False')
    // No turn was given in vain, and none was asked for by trying.
    expect(world.cloud.calls.filter(({ method }) => method === 'apply')).toHaveLength(200)
  })

  test('a node that comes meanwhile is told at once that it has no route, and gets it after the others', async () => {
    await using world = await worldOf(200)
    await world.pass(5_000)
    world.join('late', { podCIDRs: [podCIDR(250)] })
    await world.quiet()
    expect(world.cluster.condition('late')).toMatchObject({ status: 'True', reason: 'NoRouteCreated' })
    expect(await world.passUntil(() => world.unavailable('late') === 'False', 40_000)).toBe(true)
    expect(world.clock.monotonic()).toBeGreaterThan(40_000)
    expect(world.routeWrites.at(-1)).toBe(`create table-1 ${podCIDR(250)}`)
  })

  test('a node that goes while its create waits causes none', async () => {
    await using world = await worldOf(200)
    const waiting = world.cluster
      .nodes()
      .map(({ metadata }) => metadata.name)
      .filter((name) => world.unavailable(name) === 'True')
    expect(waiting).toHaveLength(160)
    for (const name of waiting.slice(0, 100)) world.leave(name)
    await world.pass(60_000)
    expect(count(world, 'create')).toBe(100)
    expect(count(world, 'delete')).toBe(0)
    expect(world.records).toHaveLength(100)
    // Those who stood behind them moved up.
    const firstAt = 1_000 * ((100 - 40) / 4)
    expect(world.clock.monotonic()).toBeGreaterThanOrEqual(firstAt)
    expect(world.routes()).toHaveLength(100)
  })

  test('those that went give their turns to the others: the rest is done in 15 s', async () => {
    await using world = await worldOf(200)
    const waiting = world.cluster
      .nodes()
      .filter(({ metadata }) => world.unavailable(metadata.name) === 'True')
    for (const { metadata } of waiting.slice(0, 100)) world.leave(metadata.name)
    expect(await world.passUntil(() => world.routes().length === 100, 60_000)).toBe(true)
    expect(world.clock.monotonic()).toBe(15_000)
  })

  test('podCIDRs are given meanwhile, tables are read, and instances looked up', async () => {
    await using world = await worldOf(150, { pools: ['10.250.0.0/16 24'] })
    await world.pass(1_000)
    world.forgetCalls()
    world.join('late')
    await world.quiet()
    expect(world.cluster.node('late').spec.podCIDRs).toEqual(['10.250.0.0/24'])
    await world.pass(60_000)
    const methods = new Set(world.cloud.calls.map(({ method }) => method))
    expect(methods).toEqual(new Set(['tables', 'list', 'targets', 'prepare', 'apply', 'servedRanges']))
  })
})

// EC2’s documented bucket of mutating calls: the lower bound is (500 − 50) / 5 s.
test('500 nodes at once, with the numbers of EC2: all are routed after 90 s', async () => {
  const ec2 = { byAction: { create: { burst: 50, perSecond: 5 } }, others: ample }
  await using world = await ControllerWorld.open({ limits: ec2 })
  for (let i = 0; i < 500; i++)
    world.join(`node-${i}`, { podCIDRs: [`10.${244 + (i >> 8)}.${i & 255}.0/24`] })
  await world.settled()
  expect(await world.passUntil(() => count(world, 'create') === 500, 120_000)).toBe(true)
  expect(world.clock.monotonic()).toBe(90_000)
  expect(world.cloud.calls.filter(({ method }) => method === 'apply')).toHaveLength(500)
}, 60_000)

describe('what is decided at the turn, not before', () => {
  test('a target that changes while its create waits: only the new one is written', async () => {
    await using world = await ControllerWorld.open({ limits })
    for (let i = 0; i < 60; i++) world.join(`node-${i}`, { podCIDRs: [podCIDR(i)] })
    await world.settled()
    world.cloud.addInstance('i-old', [{ family: 4, value: 0x0a000101n }])
    world.cloud.addInstance('i-new', [{ family: 4, value: 0x0a000102n }])
    world.cluster.addNode('late', { podCIDRs: [podCIDR(100)], addresses: ['10.0.1.1'] })
    await world.quiet()
    await world.pass(1_000)
    const addresses = [{ type: 'InternalIP', address: '10.0.1.2' }]
    world.cluster.patchNode('late', { status: { addresses } }, '/status')
    expect(await world.passUntil(() => world.unavailable('late') === 'False', 30_000)).toBe(true)
    expect(world.routes()).toContain(`${podCIDR(100)} i-new`)
    expect(world.routeWrites.filter((write) => write.endsWith(podCIDR(100)))).toEqual([
      `create table-1 ${podCIDR(100)}`,
    ])
  })

  test('somebody else writes what waits: nothing is written over it, and the others have their turn', async () => {
    await using world = await worldOf(80)
    const [first, ...others] = world.cluster
      .nodes()
      .filter(({ metadata }) => world.unavailable(metadata.name) === 'True')
      .map(({ metadata, spec }) => ({ id: metadata.name, cidr: spec.podCIDRs?.[0] ?? '' }))
    const target = { kind: 'instance', id: first?.id ?? '' } as const
    world.cloud.putRoute('table-1', { destination: parseCidr(first?.cidr ?? ''), target })
    await world.pass(70_000)
    expect(world.routeWrites.filter((write) => write.endsWith(` ${first?.cidr ?? ''}`))).toHaveLength(0)
    for (const { id } of others) expect(world.unavailable(id)).toBe('False')
  })

  test('the podCIDR changes hands while its create waits: only the heir’s is written', async () => {
    await using world = await worldOf(60)
    await world.pass(500)
    const [waiting] = world.cluster
      .nodes()
      .toReversed()
      .filter(({ metadata }) => world.unavailable(metadata.name) === 'True')
    const cidr = waiting?.spec.podCIDRs?.[0] ?? ''
    world.leave(waiting?.metadata.name ?? '')
    world.join('heir', { podCIDRs: [cidr] })
    await world.pass(30_000)
    expect(world.routes()).toContain(`${cidr} heir`)
    expect(world.routeWrites.filter((write) => write.endsWith(` ${cidr}`))).toEqual([
      `create table-1 ${cidr}`,
    ])
  })
})

describe('deletes never starve creates nor the other way round', () => {
  const slow = { burst: 40, perSecond: 4 }
  const both: WorldOptions = {
    limits: { byAction: { create: slow, delete: slow, replace: slow }, others: ample },
  }

  test('150 creates wait: a delete and a replace pass', async () => {
    await using world = await worldOf(190, both)
    const [first = '', second = ''] = world.routes().map((route) => route.split(' ')[1] ?? '')
    const cidr = world.cluster.node(second).spec.podCIDRs?.[0] ?? ''
    world.forgetCalls()
    world.leave(first)
    world.join('heir', { podCIDRs: [cidr] })
    world.leave(second)
    await world.quiet()
    expect(world.routes().join()).not.toContain(`${first},`)
    expect(world.routes()).toContain(`${cidr} heir`)
    expect(count(world, 'create')).toBe(0)
  })

  test('150 deletes wait: a create passes, and those are done at their own pace', async () => {
    await using world = await worldOf(200, { limits: { byAction: { delete: slow }, others: ample } })
    expect(world.routes()).toHaveLength(200)
    world.forgetCalls()
    const since = world.clock.monotonic()
    for (let i = 0; i < 190; i++) world.leave(`node-${i}`)
    await world.quiet()
    expect(count(world, 'delete')).toBe(40)
    world.join('new', { podCIDRs: [podCIDR(250)] })
    await world.quiet()
    expect(world.unavailable('new')).toBe('False')
    expect(await world.passUntil(() => world.routes().length === 11, 60_000)).toBe(true)
    expect(world.clock.monotonic() - since).toBe(37_500)
  })
})

describe('a bucket smaller than what one destination needs', () => {
  test.each([1, 2])(
    '%i at once, and three tables: all are routed, at the pace of the bucket',
    async (burst) => {
      const tables = ['table-1', 'table-2', 'table-3']
      const small = { byAction: { create: { burst, perSecond: 1 } }, others: ample }
      await using world = await worldOf(4, { tables, limits: small })
      expect(await world.passUntil(() => count(world, 'create') === 12, 30_000)).toBe(true)
      expect(world.clock.monotonic()).toBe((12 - burst) * 1_000)
      for (const table of tables) expect(world.routes(table)).toHaveLength(4)
    },
  )
})

test('the cloud throttles all the same: the budget learns, no storm follows, and all are routed', async () => {
  await using world = await worldOf(0)
  for (let i = 0; i < 100; i++) world.join(`node-${i}`, { podCIDRs: [podCIDR(i)] })
  world.cloud.fail({ at: 'create', class: 'throttled', times: 10 })
  await world.quiet()
  expect(await world.passUntil(() => world.routes().length === 100, 300_000)).toBe(true)
  expect(world.cloud.calls.filter(({ method }) => method === 'apply').length).toBeLessThanOrEqual(110)
  await world.quiet()
  for (const { metadata } of world.cluster.nodes()) expect(world.unavailable(metadata.name)).toBe('False')
})
