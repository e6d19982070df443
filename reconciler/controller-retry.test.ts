import { describe, expect, test } from 'vitest'
import { eventually } from '../kube/testing/manual-clock.ts'
import { parseCidr } from '../net/cidr.ts'
import type { ErrorClass } from '../providers/errors.ts'
import { ControllerWorld, driftMs, noAnswer } from './testing/controller-world.ts'

const podCIDRs = ['10.244.0.0/24']
const routed = ['10.244.0.0/24 node-1']

// Upstream's reconcile() returns nil whatever happens: a failed create waits for the next event of any node.
describe('a failed create is not requeued in watch mode: here it is, without any event', () => {
  test.each<{ class: ErrorClass; within: number; retryAfterMs?: number }>([
    { class: 'throttled', within: 5_000 },
    { class: 'throttled', retryAfterMs: 20_000, within: 21_000 },
    { class: 'throttled', retryAfterMs: 0, within: 5_000 },
    { class: 'transient', within: 5_000 },
    { class: 'changed', within: 5_000 },
    { class: 'unknown-outcome', within: 5_000 },
    { class: 'not-found', within: 5_000 },
    { class: 'quota', within: 61_000 },
    { class: 'unauthorized', within: 61_000 },
    { class: 'invalid', within: 301_000 },
  ])('$class, retry after $retryAfterMs', async ({ within, ...fault }) => {
    await using world = await ControllerWorld.open()
    await world.settled()
    world.cloud.fail({ at: 'create', times: 2, ...fault })
    world.join('node-1', { podCIDRs })
    await world.quiet()
    expect(world.routes()).toEqual([])
    expect(await world.passUntil(() => world.unavailable('node-1') === 'False', 2 * within)).toBe(true)
    expect(world.routes()).toEqual(routed)
    expect(world.cloud.calls.filter(({ method }) => method === 'apply')).toHaveLength(3)
  })

  test.each(['tables', 'list', 'targets', 'prepare', 'delete'] as const)('a throttled %s', async (at) => {
    await using world = await ControllerWorld.open()
    world.cloud.fail({ at, class: 'throttled', times: 3 })
    world.join('node-1', { podCIDRs })
    await world.settled()
    expect(await world.passUntil(() => world.unavailable('node-1') === 'False', 10_000)).toBe(true)
    world.leave('node-1')
    expect(await world.passUntil(() => world.records.length === 0, 10_000)).toBe(true)
    expect(world.routes()).toEqual([])
  })
})

// https://github.com/kubernetes/kubernetes/issues/17627
test('persistent quota spams the API, user not told: here an hour has bounded calls, and the condition says why', async () => {
  await using world = await ControllerWorld.open({ tables: [] })
  world.cloud.addTable('table-1', { routeLimit: 1 })
  world.join('node-1', { podCIDRs })
  world.join('node-2', { podCIDRs: ['10.244.1.0/24'] })
  await world.settled()
  await world.pass(3_600_000)
  const writes = world.cloud.calls.filter(({ method }) => method === 'apply').length
  expect(writes).toBeGreaterThan(50)
  expect(writes).toBeLessThan(130)
  const [full] = ['node-1', 'node-2'].filter((name) => world.unavailable(name) === 'True')
  expect(world.cluster.condition(full ?? '')?.message).toContain('holds 1 IPv4 routes and takes no more')
})

// https://github.com/kubernetes/kubernetes/issues/40307, https://github.com/kubernetes/kops/issues/4918,
// https://github.com/kubernetes/kubernetes/issues/70526
describe('nodes stay NetworkUnavailable without a reason: here each kind of error says its own', () => {
  test.each<ErrorClass>(['throttled', 'quota', 'unauthorized', 'invalid', 'transient', 'unknown-outcome'])(
    'a create that is %s',
    async (errorClass) => {
      await using world = await ControllerWorld.open()
      world.cloud.fail({ at: 'create', class: errorClass, times: Infinity })
      world.join('node-1', { podCIDRs })
      await world.settled()
      expect(world.cluster.condition('node-1')?.message).toContain(errorClass)
    },
  )

  test('a target that can’t be made to forward', async () => {
    await using world = await ControllerWorld.open()
    world.cloud.fail({ at: 'prepare', class: 'unauthorized', times: Infinity })
    world.join('node-1', { podCIDRs })
    await world.settled()
    expect(world.routes()).toEqual(routed)
    expect(world.cluster.condition('node-1')).toMatchObject({ status: 'True' })
    expect(world.cluster.condition('node-1')?.message).toContain('unauthorized')
  })

  test('a node without an instance', async () => {
    await using world = await ControllerWorld.open()
    world.cluster.addNode('node-1', { podCIDRs, providerID: 'memory:///nobody' })
    await world.settled()
    expect(world.cluster.condition('node-1')?.message).toContain('no running instance memory:///nobody')
  })

  test('no table, found out after a while', async () => {
    await using world = await ControllerWorld.open({ tables: [] })
    world.cloud.fail({ at: 'tables', class: 'transient', times: 3 })
    world.join('node-1', { podCIDRs })
    await world.settled()
    await world.pass(5_000)
    expect(world.cluster.condition('node-1')?.message).toBe('there is no route table to write to')
  })

  test('a podCIDR with bits set behind the prefix', async () => {
    await using world = await ControllerWorld.open()
    world.join('node-1', { podCIDRs: ['10.244.0.7/24'] })
    await world.settled()
    expect(world.cluster.condition('node-1')?.message).toContain('has bits set behind the prefix')
    expect(world.routeWrites).toEqual([])
  })
})

test('one table that fails does not delay the other', async () => {
  await using world = await ControllerWorld.open({ tables: ['table-1', 'table-2'] })
  world.cloud.fail({ at: 'list', table: 'table-2', class: 'transient', times: 10 })
  world.join('node-1', { podCIDRs })
  await world.settled()
  expect(world.routes('table-1')).toEqual(routed)
  expect(world.routes('table-2')).toEqual([])
  expect(world.unavailable('node-1')).toBe('True')
  expect(await world.passUntil(() => world.unavailable('node-1') === 'False')).toBe(true)
  expect(world.routes('table-2')).toEqual(routed)
})

test('one table that never answers does not delay the other', async () => {
  await using world = await ControllerWorld.open({
    tables: ['table-1', 'table-2'],
    cloud: {
      before: (call, signal) =>
        'table' in call && call.table === 'table-2' ? noAnswer(signal) : Promise.resolve(),
    },
  })
  world.join('node-1', { podCIDRs })
  world.start()
  await eventually('the route', () => world.routes('table-1').length === 1)
})

// https://github.com/kubernetes/cloud-provider-aws/issues/627, https://github.com/deckhouse/deckhouse/issues/5185,
// https://github.com/hetznercloud/hcloud-cloud-controller-manager/issues/165,
// https://github.com/hetznercloud/hcloud-cloud-controller-manager/issues/225
test('one bad route or missing server blocks all: not here', async () => {
  await using world = await ControllerWorld.open()
  world.cloud.putRoute('table-1', {
    destination: parseCidr('10.1.0.0/16'),
    target: { kind: 'other', id: 'unheard-of' },
  })
  world.cluster.addNode('orphan', { podCIDRs: ['10.244.9.0/24'], providerID: 'memory:///nobody' })
  world.cluster.addNode('early', { podCIDRs: ['10.244.8.0/24'] })
  world.join('node-1', { podCIDRs })
  await world.settled()
  expect(world.routes()).toEqual(['10.1.0.0/16 unheard-of', ...routed])
  expect(world.unavailable('node-1')).toBe('False')
})

test('an instance that comes after its node is found without an event', async () => {
  await using world = await ControllerWorld.open()
  world.cluster.addNode('node-1', { podCIDRs, providerID: 'memory:///node-1' })
  await world.settled()
  world.cloud.addInstance('node-1')
  expect(await world.passUntil(() => world.unavailable('node-1') === 'False', 10_000)).toBe(true)
})

test('an unknown outcome is read before it is written again, and kept as ours', async () => {
  await using world = await ControllerWorld.open()
  await world.settled()
  world.cloud.fail({ at: 'create', class: 'unknown-outcome', carriedOut: true })
  world.join('node-1', { podCIDRs })
  await world.quiet()
  expect(await world.passUntil(() => world.unavailable('node-1') === 'False', 5_000)).toBe(true)
  expect(world.routeWrites).toEqual(['create table-1 10.244.0.0/24'])
  expect(world.records).toEqual(['10.244.0.0/24 node-1 table-1'])
  world.leave('node-1')
  await world.quiet()
  expect(world.routes()).toEqual([])
})

// A named table that is not there shows as not-found when it is read, at every look.
test('a table that is listed and can’t be found does not make a storm of calls', async () => {
  await using world = await ControllerWorld.open({ tables: ['table-1', 'table-2'] })
  world.cloud.fail({ at: 'list', table: 'table-2', class: 'not-found', times: Infinity })
  world.join('node-1', { podCIDRs })
  world.start()
  await eventually('the route', () => world.routes('table-1').length === 1)
  await world.quiet()
  await world.pass(600_000)
  expect(world.cloud.calls.filter(({ method }) => method === 'tables').length).toBeLessThan(40)
  expect(world.cloud.calls.filter(({ method }) => method === 'list').length).toBeLessThan(100)
})

describe('drift is invisible in watch mode until 12–24 h: here it is mended at the drift interval', () => {
  test.each<{ name: string; drift: (world: ControllerWorld) => void; write: string }>([
    {
      name: 'a route removed by hand',
      drift: ({ cloud }) => cloud.removeRoute('table-1', parseCidr('10.244.0.0/24')),
      write: 'create table-1 10.244.0.0/24',
    },
    {
      name: 'a route changed by hand',
      drift: ({ cloud }) =>
        cloud.putRoute('table-1', {
          destination: parseCidr('10.244.0.0/24'),
          target: { kind: 'other', id: 'gateway' },
        }),
      write: 'replace table-1 10.244.0.0/24',
    },
  ])('$name', async ({ drift, write }) => {
    await using world = await ControllerWorld.open()
    world.join('node-1', { podCIDRs })
    await world.settled()
    world.forgetCalls()
    drift(world)
    expect(await world.passUntil(() => world.routeWrites.length > 0, driftMs)).toBe(true)
    expect(world.routes()).toEqual(routed)
    expect(world.routeWrites).toEqual([write])
    expect(world.unavailable('node-1')).toBe('False')
  })

  test('a target that somebody stopped from forwarding', async () => {
    await using world = await ControllerWorld.open()
    world.join('node-1', { podCIDRs })
    await world.settled()
    world.forgetCalls()
    await world.pass(4 * driftMs)
    expect(world.cloud.calls.filter(({ method }) => method === 'prepare')).toHaveLength(1)
  })

  test('of many nodes some in their turn, and none is forgotten', async () => {
    await using world = await ControllerWorld.open({ pools: ['10.244.0.0/16 24'] })
    for (let i = 0; i < 250; i++) world.join(`node-${i}`)
    await world.settled()
    world.forgetCalls()
    const lookedAt = (): readonly string[] =>
      world.cloud.calls.flatMap((call) =>
        call.method === 'targets' ? call.wanted.map(({ node }) => node.name) : [],
      )
    await world.pass(4 * driftMs)
    expect(lookedAt()).toHaveLength(200)
    await world.pass(4 * driftMs)
    expect(new Set(lookedAt()).size).toBe(250)
  })

  // Its instance may have another interface by now: a route that leads nowhere is the sign of it.
  test('a target whose route leads nowhere is asked about at once', async () => {
    await using world = await ControllerWorld.open()
    world.join('node-1', { podCIDRs })
    await world.settled()
    world.cloud.terminate('node-1')
    world.forgetCalls()
    await world.pass(driftMs)
    expect(world.cloud.calls.map(({ method }) => method)).toContain('targets')
  })
})

// https://github.com/kubernetes/kubernetes/issues/33015: the cure for a blackhole is a live target.
test('a blackholed route of a node that still exists is not written again and again', async () => {
  await using world = await ControllerWorld.open()
  world.join('node-1', { podCIDRs })
  await world.settled()
  world.cloud.terminate('node-1')
  world.forgetCalls()
  await world.pass(10 * driftMs)
  expect(world.routeWrites).toEqual([])
  expect(world.unavailable('node-1')).toBe('False')
})

test.each<{ class: ErrorClass; everyMs: number }>([
  { class: 'unauthorized', everyMs: 60_000 },
  { class: 'invalid', everyMs: 300_000 },
])(
  '$class keeps to its schedule, however often the table is read',
  async ({ class: errorClass, everyMs }) => {
    await using world = await ControllerWorld.open()
    world.cloud.fail({ at: 'create', class: errorClass, times: Infinity })
    world.join('node-1', { podCIDRs })
    await world.settled()
    world.forgetCalls()
    await world.pass(3_600_000)
    const tries = world.cloud.calls.filter(({ method }) => method === 'apply').length
    expect(tries).toBeGreaterThanOrEqual(3_600_000 / everyMs - 1)
    expect(tries).toBeLessThanOrEqual(3_600_000 / everyMs + 1)
  },
)
