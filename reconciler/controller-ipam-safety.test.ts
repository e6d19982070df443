import { describe, expect, test } from 'vitest'
import { ControllerWorld } from './testing/controller-world.ts'

const podCIDRsOf = (world: ControllerWorld, name: string): readonly string[] =>
  world.cluster.node(name).spec.podCIDRs ?? []

const all = (world: ControllerWorld): readonly string[] =>
  world.cluster.nodes().flatMap(({ spec }) => spec.podCIDRs ?? [])

describe('two leaders never give one CIDR twice', () => {
  test.each([1, 2, 3])(
    'both allocate at once from one pool, and know nothing of each other (%i)',
    async (seed) => {
      await using world = await ControllerWorld.open({ pools: ['10.244.0.0/20 24', 'fd00::/60 64'] })
      const one = await world.settled()
      const other = await world.settled()
      // Each sees the Nodes in its own time, and every write of one may come between two of the other.
      for (let i = 0; i < 14; i++) {
        world.join(`node-${i}`)
        if (i % (seed + 1) === 0) await Promise.race([one.quiet(), other.quiet()])
      }
      for (let round = 0; round < 3; round++) await Promise.all([one.quiet(), other.quiet()])
      await world.passUntil(() => all(world).length === 28, 120_000)
      expect(all(world)).toHaveLength(28)
      expect(new Set(all(world)).size).toBe(28)
      await one.stop()
    },
  )

  test('each gives the first free one to another Node, and neither has seen the other’s write', async () => {
    await using world = await ControllerWorld.open({ pools: ['10.244.0.0/16 24'] })
    const meeting = (): (() => Promise<undefined>) => {
      const both = Promise.withResolvers<undefined>()
      let arrived = 0
      return () => {
        if (++arrived === 2) both.resolve(undefined)
        return both.promise
      }
    }
    const atStatus = meeting()
    const atWrite = meeting()
    const written = Promise.withResolvers<undefined>()
    /** Comes to its own Node first, and writes its podCIDRs when the other is about to, too. */
    const tapFor = (own: string, its: string) => ({
      before: async (call: string): Promise<void> => {
        if (call === `PATCH /api/v1/nodes/${own}/status`) await atStatus()
        if (call === `PATCH /api/v1/nodes/${its}/status`) await written.promise
        if (call === `PATCH /api/v1/nodes/${own}`) await atWrite()
      },
      after: (call: string): void => {
        if (call === `PATCH /api/v1/nodes/${own}`) written.resolve(undefined)
      },
    })
    world.join('node-1')
    world.join('node-2')
    const one = world.start({ tap: tapFor('node-1', 'node-2') })
    const other = world.start({ tap: tapFor('node-2', 'node-1') })
    await Promise.all([one.quiet(), other.quiet()])
    expect([...all(world)].sort()).toEqual(['10.244.0.0/24', '10.244.1.0/24'])
    await one.stop()
  })

  test('what the other has claimed, and not yet written, is not given', async () => {
    await using world = await ControllerWorld.open({ pools: ['10.244.0.0/16 24'] })
    const { uid } = world.join('node-1', { podCIDRs: ['192.168.0.0/24'] }).metadata
    await world.settled()
    // The record that another leader makes just before it writes; the watch has not shown it yet.
    const { simulator } = world.cluster
    const handle = simulator.handle.bind(simulator)
    let raced = false
    simulator.handle = (request, now) => {
      if (!raced && request.method === 'POST' && request.target.endsWith('/noderoutes')) {
        raced = true
        world.cluster.addRecord('10.244.0.0/24', { name: 'node-1', uid }, 'pending', [], 'intended')
      }
      return handle(request, now)
    }
    world.join('node-2')
    await world.quiet()
    expect(podCIDRsOf(world, 'node-2')).toEqual(['10.244.1.0/24'])
  })

  test('a claim whose write never came is the Node’s after a restart, and nobody else’s', async () => {
    await using world = await ControllerWorld.open({ pools: ['10.244.0.0/23 24'] })
    const running = world.start({
      tap: {
        before: (call) => {
          if (call === 'PATCH /api/v1/nodes/node-1') running.crash()
        },
      },
    })
    world.join('node-1')
    await running.ended.catch(() => undefined)
    expect(podCIDRsOf(world, 'node-1')).toEqual([])
    expect(world.records).toEqual(['10.244.0.0/24 node-1'])
    world.join('node-0')
    await world.settled()
    expect(podCIDRsOf(world, 'node-1')).toEqual(['10.244.0.0/24'])
    expect(podCIDRsOf(world, 'node-0')).toEqual(['10.244.1.0/24'])
  })

  test('a claim of a Node that went away is given up', async () => {
    await using world = await ControllerWorld.open({ pools: ['10.244.0.0/24 24'] })
    await world.settled()
    world.cluster.simulator.faults.add({
      match: { method: 'PATCH', resource: 'nodes', subresource: '', name: 'node-1' },
      times: 2,
      fault: { kind: 'status', code: 500 },
    })
    world.join('node-1')
    await world.quiet()
    expect(world.records).toEqual(['10.244.0.0/24 node-1'])
    world.leave('node-1')
    await world.quiet()
    expect(world.records).toEqual([])
    world.join('node-2')
    await world.quiet()
    expect(podCIDRsOf(world, 'node-2')).toEqual(['10.244.0.0/24'])
  })
})

describe('a Node that comes back with the same providerID', () => {
  test.each(['in one run', 'over a restart'])('gets its quarantined CIDRs back: %s', async (how) => {
    await using world = await ControllerWorld.open({ pools: ['10.244.0.0/16 24', 'fd00::/48 64'] })
    world.join('node-1')
    world.join('node-2')
    await world.settled()
    const before = podCIDRsOf(world, 'node-1')
    const { providerID } = world.cluster.node('node-1').spec
    world.cloud.fail({ at: 'delete', class: 'transient', times: Infinity })
    world.cluster.deleteNode('node-1')
    await world.quiet()
    if (how === 'over a restart') {
      await world.stop()
      await world.settled()
    }
    world.join('node-3')
    await world.quiet()
    expect(podCIDRsOf(world, 'node-3')).not.toEqual(before)
    // Another name, another uid: the machine is what counts.
    world.cluster.addNode('node-1b', { ...(providerID === undefined ? {} : { providerID }) })
    await world.quiet()
    expect(podCIDRsOf(world, 'node-1b')).toEqual(before)
    expect(world.unavailable('node-1b')).toBe('False')
  })
})

describe('another allocator at work', () => {
  test('a Node gets podCIDRs from somebody else: from then on nobody gets any, and is told why', async () => {
    await using world = await ControllerWorld.open({ pools: ['10.244.0.0/24 24'] })
    world.join('node-1')
    await world.settled()
    world.join('node-2')
    await world.pass(70_000)
    world.cluster.patchNode('node-2', { spec: { podCIDR: '10.99.0.0/24', podCIDRs: ['10.99.0.0/24'] } })
    await world.quiet()
    expect(world.told('AnotherAllocator').map((line) => line.split(':')[0])).toEqual([
      'node-2',
      'podway-controller',
    ])
    // What it has is routed; what becomes free is given to nobody.
    expect(world.unavailable('node-2')).toBe('False')
    world.leave('node-1')
    world.join('node-3')
    await world.pass(70_000)
    expect(podCIDRsOf(world, 'node-3')).toEqual([])
    expect(world.cluster.condition('node-3')).toMatchObject({ status: 'True', reason: 'AnotherAllocator' })
    await world.stop()
    await world.settled()
    expect(podCIDRsOf(world, 'node-3')).toEqual(['10.244.0.0/24'])
  })

  test('a Node that registers with podCIDRs is none', async () => {
    await using world = await ControllerWorld.open({ pools: ['10.244.0.0/16 24'] })
    world.join('node-1')
    await world.settled()
    await world.pass(70_000)
    world.join('node-2', { podCIDRs: ['10.99.0.0/24'] })
    world.join('node-3')
    await world.quiet()
    expect(world.told('AnotherAllocator')).toEqual([])
    expect(podCIDRsOf(world, 'node-3')).toEqual(['10.244.1.0/24'])
  })
})

test('a Node that got none says so in its condition, and gets one as soon as one is free', async () => {
  await using world = await ControllerWorld.open({ pools: ['10.244.0.0/24 24'] })
  world.join('node-1')
  await world.settled()
  world.join('node-2')
  await world.quiet()
  expect(world.cluster.condition('node-2')).toMatchObject({
    status: 'True',
    reason: 'CIDRNotAvailable',
    message: 'no free IPv4 podCIDR: all of 10.244.0.0/24 (1 nodes of /24) is taken',
  })
  expect(world.told('PoolNearlyExhausted')).toHaveLength(1)
  world.leave('node-1')
  await world.quiet()
  expect(podCIDRsOf(world, 'node-2')).toEqual(['10.244.0.0/24'])
})

test('never a range to which a route leads that podway did not make', async () => {
  await using world = await ControllerWorld.open({ pools: ['10.244.0.0/16 24'] })
  const target = { kind: 'other', id: 'igw-1' } as const
  for (const [network, prefixLength] of [
    [0n, 0],
    [0x0af40000n, 24],
    [0x0af40180n, 25],
  ] as const)
    world.cloud.putRoute('table-1', { destination: { family: 4, network, prefixLength }, target })
  world.join('node-1')
  await world.settled()
  expect(podCIDRsOf(world, 'node-1')).toEqual(['10.244.2.0/24'])
})
