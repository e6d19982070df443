import { describe, expect, test } from 'vitest'
import { parseCidr } from '../net/cidr.ts'
import type { ErrorClass } from '../providers/errors.ts'
import type { Target } from '../providers/route.ts'
import { failCreates, statusWrites } from './testing/controller-faults.ts'
import { ControllerWorld, type WorldOptions, driftMs } from './testing/controller-world.ts'

/** Invariant: a node that works is taken out of scheduling only for a route that is surely lost, and never many at once. */

const hour = 3_600_000
const podCIDRs = ['10.244.0.0/24']
const destination = parseCidr('10.244.0.0/24')
const gateway: Target = { kind: 'other', id: 'gateway' }
const routed = ['10.244.0.0/24 node-1']

async function routedWorld(options: WorldOptions = {}): Promise<ControllerWorld> {
  const world = await ControllerWorld.open(options)
  world.join('node-1', { podCIDRs })
  await world.settled()
  await world.pass(driftMs)
  expect(world.unavailable('node-1')).toBe('False')
  world.forgetCalls()
  return world
}

describe('a route that somebody deletes again and again', () => {
  test('is repaired each time, and the condition is not touched', async () => {
    await using world = await routedWorld()
    for (let round = 0; round < 20; round++) {
      world.cloud.removeRoute('table-1', destination)
      await world.pass(driftMs)
      expect(world.routes()).toEqual(routed)
    }
    expect(world.routeWrites).toHaveLength(20)
    expect(statusWrites(world)).toEqual([])
    expect(world.events.map(({ reason }) => reason)).toEqual(Array(20).fill('RouteChangedByOthers'))
  })

  test('one repair that fails for a moment is no loss: it was there in between', async () => {
    await using world = await routedWorld()
    for (let round = 0; round < 5; round++) {
      world.cloud.removeRoute('table-1', destination)
      await world.pass(driftMs)
    }
    world.cloud.fail({ at: 'create', class: 'transient', times: 2 })
    world.cloud.removeRoute('table-1', destination)
    await world.pass(driftMs)
    expect(world.routes()).toEqual([])
    await world.pass(1_000)
    expect(world.routes()).toEqual(routed)
    expect(statusWrites(world)).toEqual([])
  })
})

describe('deleted, and the repair fails', () => {
  const classes: readonly ErrorClass[] = [
    'throttled',
    'quota',
    'unauthorized',
    'invalid',
    'transient',
    'changed',
    'unknown-outcome',
    'not-found',
  ]

  test.each(classes)('%s: True only after two readings 10 s apart, and False when mended', async (cause) => {
    await using world = await routedWorld()
    world.cloud.removeRoute('table-1', destination)
    const mend = failCreates(world, cause)
    expect(await world.passUntil(() => world.cloud.struck.length > 0, driftMs)).toBe(true)
    // One reading, one failed repair.
    expect(world.unavailable('node-1')).toBe('False')
    await world.pass(9_999)
    expect(world.unavailable('node-1')).toBe('False')
    await world.pass(driftMs)
    expect(world.cluster.condition('node-1')).toMatchObject({ status: 'True' })
    expect(world.cluster.condition('node-1')?.reason).not.toBe('NoRouteCreated')
    mend()
    expect(await world.passUntil(() => world.unavailable('node-1') === 'False', 300_000)).toBe(true)
    expect(world.routes()).toEqual(routed)
  })

  test('two readings, and the repair succeeds at the third attempt: the condition is not touched', async () => {
    await using world = await routedWorld()
    world.cloud.removeRoute('table-1', destination)
    world.cloud.fail({ at: 'create', class: 'throttled', retryAfterMs: 4_000, times: 2 })
    await world.pass(2 * driftMs)
    expect(world.routes()).toEqual(routed)
    expect(statusWrites(world)).toEqual([])
  })

  test('the table is full by now, and the one that was tried is another: it is lost all the same', async () => {
    await using world = await ControllerWorld.open({ tables: [] })
    world.cloud.addTable('table-1', { routeLimit: 5 })
    for (let i = 0; i < 5; i++) world.join(`node-${i}`, { podCIDRs: [`10.244.${i}.0/24`] })
    await world.settled()
    await world.pass(driftMs)
    for (let i = 0; i < 5; i++) {
      world.cloud.removeRoute('table-1', parseCidr(`10.244.${i}.0/24`))
      world.cloud.putRoute('table-1', { destination: parseCidr(`192.168.${i}.0/24`), target: gateway })
    }
    await world.pass(3 * driftMs)
    for (let i = 0; i < 5; i++)
      expect(world.cluster.condition(`node-${i}`)).toMatchObject({ status: 'True', reason: 'RouteTableFull' })
    for (let i = 0; i < 5; i++) world.cloud.removeRoute('table-1', parseCidr(`192.168.${i}.0/24`))
    await world.pass(2 * driftMs)
    for (let i = 0; i < 5; i++) expect(world.unavailable(`node-${i}`)).toBe('False')
  })
})

describe('what is no evidence', () => {
  test('one reading that shows an empty table', async () => {
    await using world = await ControllerWorld.open({ pools: ['10.244.0.0/16 24'] })
    for (let i = 0; i < 20; i++) world.join(`node-${i}`)
    await world.settled()
    await world.pass(driftMs)
    world.forgetCalls()
    showEmptyOnce(world)
    await world.pass(3 * driftMs)
    expect(world.routes()).toHaveLength(20)
    expect(world.cluster.writes).toEqual([])
    expect(world.events).toEqual([])
  })

  test('one such reading, while the cloud refuses all writes for a minute', async () => {
    await using world = await routedWorld()
    showEmptyOnce(world)
    world.cloud.fail({ at: 'create', class: 'unauthorized', times: 1 })
    await world.pass(3 * driftMs)
    expect(world.unavailable('node-1')).toBe('False')
    expect(statusWrites(world)).toEqual([])
  })

  test.each(['tables', 'list', 'targets', 'prepare'] as const)('an hour of failing %s', async (at) => {
    await using world = await routedWorld()
    world.cloud.fail({ at, class: 'transient', times: Infinity })
    await world.pass(hour)
    expect(world.unavailable('node-1')).toBe('False')
  })

  test('a restart, though the first reading after it shows nothing', async () => {
    await using world = await routedWorld()
    await world.stop()
    showEmptyOnce(world)
    world.cloud.fail({ at: 'create', class: 'throttled', times: 1 })
    await world.settled()
    await world.pass(3 * driftMs)
    expect(world.unavailable('node-1')).toBe('False')
    expect(statusWrites(world)).toEqual([])
  })
})

describe('a foreign route that did the job', () => {
  async function satisfied(): Promise<ControllerWorld> {
    const world = await ControllerWorld.open()
    world.cloud.putRoute('table-1', { destination, target: { kind: 'instance', id: 'node-1' } })
    world.join('node-1', { podCIDRs })
    await world.settled()
    await world.pass(driftMs)
    expect(world.unavailable('node-1')).toBe('False')
    world.forgetCalls()
    return world
  }

  test('disappears: ours takes its place, and the condition is not touched', async () => {
    await using world = await satisfied()
    world.cloud.removeRoute('table-1', destination)
    await world.pass(driftMs)
    expect(world.routeWrites).toEqual(['create table-1 10.244.0.0/24'])
    expect(world.records).toEqual(['10.244.0.0/24 node-1 table-1'])
    await world.pass(driftMs)
    expect(statusWrites(world)).toEqual([])
  })

  test('disappears, and ours is refused: lost after two readings', async () => {
    await using world = await satisfied()
    world.cloud.removeRoute('table-1', destination)
    const mend = failCreates(world, 'unauthorized')
    await world.passUntil(() => world.cloud.struck.length > 0, driftMs)
    expect(world.unavailable('node-1')).toBe('False')
    await world.pass(2 * driftMs)
    expect(world.cluster.condition('node-1')).toMatchObject({ status: 'True', reason: 'CloudUnauthorized' })
    mend()
    expect(await world.passUntil(() => world.unavailable('node-1') === 'False', 120_000)).toBe(true)
  })

  test('leads elsewhere now: it is not ours to mend, and lost after two readings', async () => {
    await using world = await satisfied()
    world.cloud.putRoute('table-1', { destination, target: gateway })
    await world.passUntil(() => world.cloud.calls.some(({ method }) => method === 'list'), driftMs)
    expect(world.unavailable('node-1')).toBe('False')
    await world.pass(driftMs)
    expect(world.cluster.condition('node-1')).toMatchObject({ status: 'True', reason: 'ForeignRoute' })
    expect(world.routeWrites).toEqual([])
    world.cloud.putRoute('table-1', { destination, target: { kind: 'instance', id: 'node-1' } })
    await world.pass(driftMs)
    expect(world.unavailable('node-1')).toBe('False')
  })
})

// https://github.com/kubernetes/kubernetes/issues/33015
test('a stopped instance: its route turns to a blackhole, which counts after two readings, and ends with it', async () => {
  await using world = await routedWorld()
  const target = { kind: 'instance', id: 'node-1' } as const
  world.cloud.putRoute('table-1', { destination, target, state: 'blackhole' })
  await world.passUntil(() => world.cloud.calls.some(({ method }) => method === 'list'), driftMs)
  expect(world.unavailable('node-1')).toBe('False')
  await world.pass(driftMs)
  expect(world.cluster.condition('node-1')).toMatchObject({ status: 'True', reason: 'RouteBlackhole' })
  expect(world.told('RouteBlackhole')).toHaveLength(1)
  expect(world.routeWrites).toEqual([])
  world.cloud.putRoute('table-1', { destination, target })
  await world.pass(driftMs)
  expect(world.unavailable('node-1')).toBe('False')
})

// Each try was counted, so that a Node that could not be written to used up what is for ten.
test('the API server takes no word for a while: the brake counts each Node once, and all are told in the end', async () => {
  await using world = await ControllerWorld.open()
  const nodes = Array.from({ length: 8 }, (_, i) => `node-${i}`)
  for (const [i, name] of nodes.entries()) world.join(name, { podCIDRs: [`10.244.${i}.0/24`] })
  await world.settled()
  await world.pass(driftMs)
  world.cluster.simulator.faults.add({
    match: { method: 'PATCH', resource: 'nodes', subresource: 'status' },
    times: 60,
    fault: { kind: 'status', code: 500 },
  })
  for (const i of nodes.keys()) world.cloud.removeRoute('table-1', parseCidr(`10.244.${i}.0/24`))
  failCreates(world, 'unauthorized')
  await world.pass(10 * driftMs)
  expect(world.told('ConditionHeld')).toEqual([])
  expect(nodes.filter((name) => world.unavailable(name) !== 'True')).toEqual([])
})

describe('30 nodes’ routes vanish and can’t be repaired', () => {
  const names = Array.from({ length: 30 }, (_, i) => `node-${i}`)
  const unavailable = (world: ControllerWorld): readonly string[] =>
    names.filter((name) => world.unavailable(name) === 'True')

  async function vanished(): Promise<{ readonly world: ControllerWorld; readonly mend: () => void }> {
    const world = await ControllerWorld.open()
    for (const [i, name] of names.entries()) world.join(name, { podCIDRs: [`10.244.${i}.0/24`] })
    await world.settled()
    await world.pass(driftMs)
    world.forgetCalls()
    for (const i of names.keys()) world.cloud.removeRoute('table-1', parseCidr(`10.244.${i}.0/24`))
    const mend = failCreates(world, 'unauthorized')
    await world.pass(3 * driftMs)
    return { world, mend }
  }

  test('ten conditions go to True, and the brake holds the others False, for as long as it lasts', async () => {
    const { world } = await vanished()
    await using _ = world
    expect(unavailable(world)).toHaveLength(10)
    const held = world.told('ConditionHeld')
    expect(held).toHaveLength(20)
    expect(held[0]).toContain('NetworkUnavailable stays False')
    const before = unavailable(world)
    world.forgetCalls()
    await world.pass(hour)
    expect(unavailable(world)).toEqual(before)
    expect(statusWrites(world)).toEqual([])
    expect(world.told('ConditionHeld')).toEqual([])
  })

  test('mended: all are False, and the brake is free again', async () => {
    const { world, mend } = await vanished()
    await using _ = world
    mend()
    await world.pass(3 * driftMs)
    expect(unavailable(world)).toEqual([])
    await world.pass(600_000)
    world.cloud.removeRoute('table-1', parseCidr('10.244.3.0/24'))
    failCreates(world, 'unauthorized')
    await world.pass(3 * driftMs)
    expect(unavailable(world)).toEqual(['node-3'])
  })

  test('a restart lets no more go', async () => {
    const { world } = await vanished()
    await using _ = world
    const before = unavailable(world)
    for (let i = 0; i < 3; i++) {
      await world.stop()
      await world.settled()
      await world.pass(3 * driftMs)
    }
    expect(unavailable(world)).toEqual(before)
  })
})

/** The next listing of the table is empty, as that of a cloud that is not consistent yet. */
function showEmptyOnce({ cloud }: ControllerWorld): void {
  const routes = cloud.routes.bind(cloud)
  cloud.routes = () => {
    cloud.routes = routes
    return []
  }
}
