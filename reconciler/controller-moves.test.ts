import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { eventually } from '../kube/testing/manual-clock.ts'
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

  // The record names what the route pointed at before until it is seen not to: without it, the route would be a stranger's.
  test('while the controller is down, which had not noted its write; the table is read while the new intent is written', async () => {
    const intended = Promise.withResolvers<undefined>()
    let wasRead = false
    await using world = await ControllerWorld.open({
      cloud: { before: ({ method }) => (method === 'list' ? intended.promise : Promise.resolve()) },
    })
    world.cluster.addRecord(
      '10.244.0.0/24',
      { name: 'node-1', uid: 'gone' },
      'node-1',
      ['table-1'],
      'intended',
    )
    world.cloud.putRoute('table-1', { destination, target: { kind: 'instance', id: 'node-1' } })
    world.join('node-2', { podCIDRs })
    await world.settled({
      tap: {
        before: async (call) => {
          if (wasRead || !call.startsWith('PATCH') || !call.includes('noderoutes')) return
          intended.resolve(undefined)
          await eventually('the reading', () => wasRead)
        },
        after: (call) => void (wasRead ||= call.startsWith('provider.list')),
      },
    })
    expect(wasRead).toBe(true)
    expect(world.routes()).toEqual(['10.244.0.0/24 node-2'])
    expect(world.records).toEqual(['10.244.0.0/24 node-2 table-1'])
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

describe('A → B half done, then B → C: no table forgets A', () => {
  const tables = ['table-1', 'table-2']
  const tableStates = (world: ControllerWorld): readonly unknown[] =>
    world.cluster.record('v4-10-244-0-0-24')?.status?.tables ?? []

  /** node-1 had it in both tables; table-1 has moved to node-2, and table-2 refuses. */
  async function halfDone(times = 8): Promise<ControllerWorld> {
    const world = await ControllerWorld.open({ tables })
    world.join('node-1', { podCIDRs })
    await world.settled()
    world.cloud.fail({ at: 'replace', table: 'table-2', class: 'transient', times })
    world.leave('node-1')
    world.join('node-2', { podCIDRs })
    await world.pass(1_000)
    expect([world.routes('table-1'), world.routes('table-2')]).toEqual([
      ['10.244.0.0/24 node-2'],
      ['10.244.0.0/24 node-1'],
    ])
    return world
  }

  test('the record names both while any table may hold either', async () => {
    await using world = await halfDone()
    world.leave('node-2')
    world.join('node-3', { podCIDRs })
    await world.quiet()
    expect(world.cluster.record('v4-10-244-0-0-24')?.spec).toMatchObject({
      target: { id: 'node-3' },
      previousTargets: [
        { kind: 'instance', id: 'node-1' },
        { kind: 'instance', id: 'node-2' },
      ],
    })
  })

  test.each(['B’s instance is terminated', 'B’s instance still runs', 'over a restart'])(
    'the table that refused moves from A to C: %s',
    async (how) => {
      await using world = await halfDone()
      if (how === 'over a restart') await world.stop()
      world.cluster.deleteNode('node-2')
      if (how !== 'B’s instance still runs') world.cloud.terminate('node-2')
      world.join('node-3', { podCIDRs })
      if (how === 'over a restart') await world.settled()
      expect(await world.passUntil(() => world.unavailable('node-3') === 'False', 120_000)).toBe(true)
      expect(tables.map((table) => world.routes(table))).toEqual([
        ['10.244.0.0/24 node-3'],
        ['10.244.0.0/24 node-3'],
      ])
      expect(world.routeWrites.filter((write) => write.startsWith('delete'))).toEqual([])
      expect(world.cluster.record('v4-10-244-0-0-24')?.spec).not.toHaveProperty('previousTargets')
      expect(tableStates(world)).toMatchObject([{ state: 'Programmed' }, { state: 'Programmed' }])
    },
  )

  test('back to a new node-1 on another instance: both tables follow', async () => {
    await using world = await halfDone()
    world.leave('node-2')
    const { providerID } = world.cloud.addInstance('node-1b')
    world.cluster.addNode('node-1', { podCIDRs, providerID })
    expect(await world.passUntil(() => world.unavailable('node-1') === 'False', 120_000)).toBe(true)
    expect(tables.map((table) => world.routes(table))).toEqual([
      ['10.244.0.0/24 node-1b'],
      ['10.244.0.0/24 node-1b'],
    ])
  })

  test('five moves while a table refuses every one: it has the last, and nothing is left behind', async () => {
    await using world = await halfDone(30)
    for (let i = 2; i < 7; i++) {
      world.leave(`node-${i}`)
      world.join(`node-${i + 1}`, { podCIDRs })
      await world.pass(2_000)
    }
    expect(await world.passUntil(() => world.unavailable('node-7') === 'False', 600_000)).toBe(true)
    expect(world.routes('table-2')).toEqual(['10.244.0.0/24 node-7'])
    world.leave('node-7')
    await world.pass(30_000)
    expect(tables.flatMap((table) => world.routes(table))).toEqual([])
    expect(world.records).toEqual([])
  })

  test('somebody else changed it meanwhile in the table that refused: put right, since ours was written there', async () => {
    await using world = await halfDone()
    world.cloud.putRoute('table-2', { destination, target: { kind: 'other', id: 'gateway' } })
    world.leave('node-2')
    world.join('node-3', { podCIDRs })
    expect(await world.passUntil(() => world.unavailable('node-3') === 'False', 240_000)).toBe(true)
    expect(world.routes('table-2')).toEqual(['10.244.0.0/24 node-3'])
  })
})

// https://github.com/kubernetes/kubernetes/issues/98359, https://github.com/kubernetes/kubernetes/pull/56258
describe('a CIDR moves in 5 ms between two nodes in both event orders', () => {
  const tables = ['table-1', 'table-2']
  const anyOrder = fc.constantFrom('the old one goes first' as const, 'the new one comes first' as const)
  /** Of each call more than the 5 ms in which nobody may hold it: a delete that was sent can't be called back. */
  const anyLatencies = fc.array(fc.integer({ min: 6, max: 60 }), { minLength: 12, maxLength: 12 })
  const anyFaults = fc.array(
    fc.constantFrom(
      'throttled' as const,
      'transient' as const,
      'unknown-outcome' as const,
      'changed' as const,
    ),
    { maxLength: 3 },
  )
  /** Longer than any call: what was asked when nobody held it is answered by then. */
  const anyPause = fc.integer({ min: 65, max: 200 })

  property.prop([anyLatencies, anyOrder, anyOrder, anyPause, anyFaults, fc.boolean()], { numRuns: 25 })(
    'twice: the last target is right in every table, and no moment is without a route',
    async (latencies, first, second, pause, faults, mayTerminate) => {
      // After a failure the table is read, and says itself that a route leads nowhere: that is deleted without a question.
      const terminated = mayTerminate && faults.length === 0
      let calls = 0
      await using world = await ControllerWorld.open({
        tables,
        latency: () => latencies[calls++ % latencies.length] ?? 6,
      })
      const gaps: string[] = []
      const pass = async (ms: number): Promise<void> => {
        for (let i = 0; i < ms; i++) {
          await world.pass(1)
          for (const table of tables)
            if (world.cloud.routes(table).length !== 1) gaps.push(`${table} at ${world.clock.monotonic()}`)
        }
      }
      const move = async (from: string, to: string, order: typeof first): Promise<void> => {
        if (order === 'the new one comes first') world.join(to, { podCIDRs })
        else world.cluster.deleteNode(from)
        if (terminated) world.cloud.terminate(from)
        await pass(5)
        if (order === 'the new one comes first') world.cluster.deleteNode(from)
        else world.join(to, { podCIDRs })
      }
      world.join('node-1', { podCIDRs })
      await world.settled()
      await world.pass(1_000)
      for (const errorClass of faults) world.cloud.fail({ at: 'replace', class: errorClass })
      await move('node-1', 'node-2', first)
      await pass(pause)
      await move('node-2', 'node-3', second)
      await pass(300)
      expect(await world.passUntil(() => world.unavailable('node-3') === 'False', 120_000)).toBe(true)
      for (const table of tables) expect(world.routes(table)).toEqual(['10.244.0.0/24 node-3'])
      expect(gaps).toEqual([])
      expect(world.routeWrites.filter((write) => write.startsWith('delete'))).toEqual([])
      expect(world.records).toEqual(['10.244.0.0/24 node-3 table-1,table-2'])
    },
    120_000,
  )
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
