import { describe, expect, test } from 'vitest'
import { parseCidr } from '../net/cidr.ts'
import { ControllerWorld, driftMs } from './testing/controller-world.ts'

const podCIDRs = ['10.244.0.0/24']
const destination = parseCidr('10.244.0.0/24')

describe('a podCIDR handed from a dead node to a new one', () => {
  // https://github.com/kubernetes/kubernetes/issues/98359, https://github.com/kubernetes/kubernetes/pull/56258
  test.each(['before', 'after'])('the new one comes %s the old one goes: never a gap', async (order) => {
    await using world = await ControllerWorld.open()
    world.join('node-1', { podCIDRs })
    await world.settled()
    world.forgetCalls()
    if (order === 'before') world.join('node-2', { podCIDRs })
    world.leave('node-1')
    if (order === 'after') world.join('node-2', { podCIDRs })
    await world.quiet()
    expect(world.routes()).toEqual(['10.244.0.0/24 node-2'])
    expect(world.routeWrites).toEqual(['replace table-1 10.244.0.0/24'])
    expect(world.records).toEqual(['10.244.0.0/24 node-2 table-1'])
    expect(world.unavailable('node-2')).toBe('False')
  })

  test('while the controller is down: one replace', async () => {
    await using world = await ControllerWorld.open()
    world.join('node-1', { podCIDRs })
    await world.settled()
    await world.stop()
    world.leave('node-1')
    world.join('node-2', { podCIDRs })
    world.forgetCalls()
    await world.settled()
    expect(world.routeWrites).toEqual(['replace table-1 10.244.0.0/24'])
  })

  test('the new one comes while the API server is asked about the old one: never a gap', async () => {
    await using world = await ControllerWorld.open()
    world.join('node-1', { podCIDRs })
    await world.settled()
    const { simulator } = world.cluster
    const handle = simulator.handle.bind(simulator)
    let joined = false
    simulator.handle = (request, now) => {
      if (!joined && request.method === 'GET' && request.target === '/api/v1/nodes/node-1') {
        joined = true
        world.join('node-2', { podCIDRs })
      }
      return handle(request, now)
    }
    world.forgetCalls()
    world.leave('node-1')
    await world.quiet()
    expect(joined).toBe(true)
    expect(world.routes()).toEqual(['10.244.0.0/24 node-2'])
  })

  test('one table fails: the others have moved, and it follows', async () => {
    await using world = await ControllerWorld.open({ tables: ['table-1', 'table-2'] })
    world.join('node-1', { podCIDRs })
    await world.settled()
    world.cloud.fail({ at: 'replace', table: 'table-2', class: 'throttled', times: 4 })
    world.leave('node-1')
    world.join('node-2', { podCIDRs })
    await world.quiet()
    expect(world.routes('table-1')).toEqual(['10.244.0.0/24 node-2'])
    expect(world.routes('table-2')).toEqual(['10.244.0.0/24 node-1'])
    expect(world.unavailable('node-2')).toBe('True')
    expect(await world.passUntil(() => world.unavailable('node-2') === 'False', 30_000)).toBe(true)
    expect(world.routes('table-2')).toEqual(['10.244.0.0/24 node-2'])
    expect(world.cluster.record('v4-10-244-0-0-24')?.spec).not.toHaveProperty('previousTargets')
  })

  test('the next holder goes too, before a failing table has moved: no route is left behind', async () => {
    await using world = await ControllerWorld.open({ tables: ['table-1', 'table-2'] })
    world.join('node-1', { podCIDRs })
    await world.settled()
    world.cloud.fail({ at: 'replace', table: 'table-2', class: 'throttled', times: 4 })
    world.leave('node-1')
    world.join('node-2', { podCIDRs })
    await world.pass(1_000)
    expect(world.routes('table-2')).toEqual(['10.244.0.0/24 node-1'])
    world.leave('node-2')
    expect(await world.passUntil(() => world.records.length === 0, 60_000)).toBe(true)
    expect([...world.routes('table-1'), ...world.routes('table-2')]).toEqual([])
  })

  test('the next holder goes too, before a table was read after a restart: no route is left behind', async () => {
    await using world = await ControllerWorld.open({ tables: ['table-1', 'table-2'] })
    world.join('node-1', { podCIDRs })
    await world.settled()
    await world.stop()
    world.leave('node-1')
    world.join('node-2', { podCIDRs })
    world.cloud.fail({ at: 'list', table: 'table-2', class: 'transient', times: 6 })
    await world.settled()
    expect(world.routes('table-1')).toEqual(['10.244.0.0/24 node-2'])
    world.leave('node-2')
    expect(await world.passUntil(() => world.records.length === 0, 60_000)).toBe(true)
    expect([...world.routes('table-1'), ...world.routes('table-2')]).toEqual([])
  })
})

describe('a node re-created under its name', () => {
  test('with the same podCIDR, on another instance: one replace', async () => {
    await using world = await ControllerWorld.open()
    world.join('node-1', { podCIDRs })
    await world.settled()
    world.forgetCalls()
    world.cluster.deleteNode('node-1')
    world.cloud.terminate('node-1')
    world.cloud.addInstance('i-2')
    world.cluster.addNode('node-1', { podCIDRs, providerID: 'memory:///i-2' })
    await world.quiet()
    expect(world.routes()).toEqual(['10.244.0.0/24 i-2'])
    expect(world.routeWrites).toEqual(['replace table-1 10.244.0.0/24'])
    expect(world.cluster.record('v4-10-244-0-0-24')?.spec.node.uid).toBe(
      world.cluster.node('node-1').metadata.uid,
    )
  })

  test('with the same podCIDR, on the same instance: no write to the table', async () => {
    await using world = await ControllerWorld.open()
    world.join('node-1', { podCIDRs })
    await world.settled()
    world.forgetCalls()
    world.cluster.deleteNode('node-1')
    world.cluster.addNode('node-1', { podCIDRs, providerID: 'memory:///node-1' })
    await world.quiet()
    expect(world.routeWrites).toEqual([])
    expect(world.unavailable('node-1')).toBe('False')
  })

  // https://github.com/antrea-io/antrea/issues/6965, https://github.com/antrea-io/antrea/issues/1527
  test.each(['watch', 'relist'])(
    'same node name with a new podCIDR coalesced, its old one on node-2 (%s): both routes right',
    async (how) => {
      await using world = await ControllerWorld.open()
      world.join('node-1', { podCIDRs })
      await world.settled()
      if (how === 'relist') {
        // Nothing is told until the list that follows.
        world.cluster.simulator.watches.silence()
      }
      world.cluster.deleteNode('node-1')
      world.cluster.addNode('node-1', { podCIDRs: ['10.244.1.0/24'], providerID: 'memory:///node-1' })
      world.join('node-2', { podCIDRs })
      if (how === 'relist') {
        world.cluster.simulator.faults.add({ match: { verb: 'watch' }, fault: { kind: 'watch-expired' } })
        world.cluster.simulator.watches.cut('end')
        await world.clock.advance(2_000)
      }
      await world.quiet()
      expect(world.routes()).toEqual(['10.244.0.0/24 node-2', '10.244.1.0/24 node-1'])
      expect(world.records).toEqual(['10.244.0.0/24 node-2 table-1', '10.244.1.0/24 node-1 table-1'])
      expect(['node-1', 'node-2'].map((name) => world.unavailable(name))).toEqual(['False', 'False'])
    },
  )
})

// https://github.com/kubernetes/kubernetes/issues/29058, https://github.com/antrea-io/antrea/issues/7893
describe('duplicate podCIDR on two nodes', () => {
  test('the first keeps its route, the second is told', async () => {
    await using world = await ControllerWorld.open()
    world.join('z-first', { podCIDRs })
    await world.settled()
    world.join('a-second', { podCIDRs })
    await world.pass(5 * driftMs)
    expect(world.routes()).toEqual(['10.244.0.0/24 z-first'])
    expect(world.routeWrites).toEqual(['create table-1 10.244.0.0/24'])
    expect(world.cluster.condition('a-second')).toMatchObject({
      status: 'True',
      message: '10.244.0.0/24 belongs to node z-first, which claims it too',
    })
    expect(world.unavailable('z-first')).toBe('False')
  })

  test('a restart does not change whose it is', async () => {
    await using world = await ControllerWorld.open()
    world.join('z-first', { podCIDRs })
    await world.settled()
    world.join('a-second', { podCIDRs })
    await world.quiet()
    await world.stop()
    await world.settled()
    await world.pass(2 * driftMs)
    expect(world.routeWrites).toEqual(['create table-1 10.244.0.0/24'])
  })

  test('when the first goes, the second has it by one replace, and is told', async () => {
    await using world = await ControllerWorld.open()
    world.join('z-first', { podCIDRs })
    await world.settled()
    world.join('a-second', { podCIDRs })
    await world.quiet()
    world.leave('z-first')
    await world.quiet()
    expect(world.routes()).toEqual(['10.244.0.0/24 a-second'])
    expect(world.routeWrites).toEqual(['create table-1 10.244.0.0/24', 'replace table-1 10.244.0.0/24'])
    expect(world.unavailable('a-second')).toBe('False')
  })
})

test('an instance whose target changed is followed at the drift interval', async () => {
  await using world = await ControllerWorld.open()
  world.cloud.addInstance('i-1', [{ family: 4, value: 0x0a000001n }])
  world.cluster.addNode('node-1', { podCIDRs, addresses: ['10.0.0.1'] })
  await world.settled()
  world.cloud.terminate('i-1')
  world.cloud.addInstance('i-2', [{ family: 4, value: 0x0a000001n }])
  expect(await world.passUntil(() => world.routes()[0] === '10.244.0.0/24 i-2', driftMs)).toBe(true)
  expect(world.cloud.forwards({ kind: 'instance', id: 'i-2' })).toBe(true)
  expect(world.cloud.routes('table-1')).toMatchObject([{ destination, state: 'active' }])
})
