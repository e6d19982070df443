import { describe, expect, test } from 'vitest'
import { parseCidr } from '../net/cidr.ts'
import type { Target } from '../providers/route.ts'
import { ControllerWorld, driftMs } from './testing/controller-world.ts'

/** What people are told, and when: each trouble once, with both sides named, and again only if it was over in between. */

const hour = 3_600_000
const gateway: Target = { kind: 'other', id: 'gateway' }
const podCIDRs = ['10.244.0.0/24']
interface Trouble {
  readonly reason: string
  readonly about: string
  readonly note: RegExp
  /** Whether the node has its routes all the same. */
  readonly routed: boolean
  readonly begin: (world: ControllerWorld) => void
  readonly end: (world: ControllerWorld) => void
}

/** The Node of an instance that was there all the time. */
const enter = ({ cluster }: ControllerWorld, podCIDR: string): void =>
  void cluster.addNode('node-2', { providerID: 'memory:///node-2', podCIDRs: [podCIDR] })

const troubles: Readonly<Record<string, Trouble>> = {
  // https://github.com/kubernetes/kubernetes/issues/29058, https://github.com/antrea-io/antrea/issues/7893
  'two Nodes claim one CIDR': {
    reason: 'PodCIDRConflict',
    about: 'node-2',
    note: /^node-2: 10\.244\.0\.0\/24 belongs to node node-1, which claims it too$/,
    routed: false,
    begin: (world) => enter(world, '10.244.0.0/24'),
    end: (world) => world.cluster.deleteNode('node-2'),
  },
  'a CIDR inside another node’s': {
    reason: 'PodCIDROverlap',
    about: 'node-2',
    note: /^node-2: 10\.244\.0\.128\/25 overlaps 10\.244\.0\.0\/24 of node node-1, which goes first$/,
    routed: false,
    begin: (world) => enter(world, '10.244.0.128/25'),
    end: (world) => world.cluster.deleteNode('node-2'),
  },
  // https://github.com/kubernetes/kubernetes/issues/84541
  'host bits': {
    reason: 'InvalidPodCIDR',
    about: 'node-2',
    note: /^node-2: spec\.podCIDRs of node node-2: .*"10\.244\.8\.9\/24": has bits set behind the prefix/,
    routed: false,
    begin: (world) => enter(world, '10.244.8.9/24'),
    end: (world) => world.cluster.deleteNode('node-2'),
  },
  // https://github.com/gardener/gardener-extension-provider-aws/issues/466
  'a foreign route equal to our destination': {
    reason: 'ForeignRoute',
    about: 'node-2',
    note: /^node-2: 10\.244\.7\.0\/24 in table table-1: .*other\/gateway/,
    routed: false,
    begin: (world) => enter(world, '10.244.7.0/24'),
    end: (world) => world.cluster.deleteNode('node-2'),
  },
  'a foreign route inside our destination': {
    reason: 'ForeignRouteInside',
    about: 'node-1',
    note: /^node-1: 10\.244\.0\.64\/26 in table table-1, .*other\/gateway.*10\.244\.0\.0\/24/,
    routed: true,
    begin: (world) =>
      void world.cloud.putRoute('table-1', { destination: parseCidr('10.244.0.64/26'), target: gateway }),
    end: (world) => world.cloud.removeRoute('table-1', parseCidr('10.244.0.64/26')),
  },
}

describe.each(Object.entries(troubles))('%s', (_name, { reason, about, note, routed, begin, end }) => {
  async function troubled(): Promise<ControllerWorld> {
    const world = await ControllerWorld.open()
    world.join('node-1', { podCIDRs })
    world.cloud.addInstance('node-2')
    world.cloud.putRoute('table-1', { destination: parseCidr('10.244.7.0/24'), target: gateway })
    await world.settled()
    begin(world)
    await world.pass(driftMs)
    return world
  }

  test('an Event names both sides, once and not again in an hour', async () => {
    await using world = await troubled()
    expect(world.told(reason)).toEqual([expect.stringMatching(note)])
    expect(world.events).toMatchObject([{ type: 'Warning', regarding: { kind: 'Node', name: about } }])
    expect(world.events[0]?.regarding.uid).toBe(world.cluster.node(about).metadata.uid)
    await world.pass(hour)
    expect(world.told(reason)).toHaveLength(1)
  })

  test('the condition says it too, unless the node is routed all the same; node-1 keeps its route', async () => {
    await using world = await troubled()
    expect(world.cluster.condition(about)).toMatchObject(
      routed ? { status: 'False', reason: 'RouteCreated' } : { status: 'True', reason },
    )
    expect(world.unavailable('node-1')).toBe('False')
    expect(world.routes()).toContain('10.244.0.0/24 node-1')
  })

  test('over, and then there again: told again', async () => {
    await using world = await troubled()
    end(world)
    await world.pass(driftMs)
    expect(world.told(reason)).toHaveLength(1)
    begin(world)
    await world.pass(driftMs)
    expect(world.told(reason)).toHaveLength(2)
  })

  test('a heartbeat every ten seconds does not repeat it', async () => {
    await using world = await troubled()
    for (let beat = 0; beat < 30; beat++) {
      world.cluster.patchNode(about, { metadata: { labels: { beat: String(beat) } } })
      await world.pass(10_000)
    }
    expect(world.told(reason)).toHaveLength(1)
  })
})

describe('overlapping CIDRs: the first keeps its route, the second gets none until the first is gone', () => {
  const wide = '10.244.0.0/23'
  const narrow = '10.244.1.0/24'
  /** The first one's name comes last, so that no order of names decides. */
  const orders: readonly {
    name: string
    first: string
    second: string
    how: 'recorded' | 'older' | 'recorded, though newer'
  }[] = [
    { name: 'wide, then narrow', first: wide, second: narrow, how: 'recorded' },
    { name: 'narrow, then wide', first: narrow, second: wide, how: 'recorded' },
    { name: 'wide and narrow at once, the wide one’s node older', first: wide, second: narrow, how: 'older' },
    {
      name: 'wide and narrow at once, the narrow one’s node older',
      first: narrow,
      second: wide,
      how: 'older',
    },
    {
      name: 'wide, then narrow, of an older node',
      first: wide,
      second: narrow,
      how: 'recorded, though newer',
    },
    {
      name: 'narrow, then wide, of an older node',
      first: narrow,
      second: wide,
      how: 'recorded, though newer',
    },
  ]

  test.each(orders)('$name ($how)', async ({ first, second, how }) => {
    await using world = await ControllerWorld.open()
    const joinFirst = (): unknown => world.join('z-first', { podCIDRs: [first] })
    switch (how) {
      case 'recorded':
        joinFirst()
        await world.settled()
        world.join('a-second', { podCIDRs: [second] })
        break
      case 'older':
        joinFirst()
        await world.clock.advance(2_000)
        world.join('a-second', { podCIDRs: [second] })
        await world.settled()
        break
      case 'recorded, though newer':
        world.join('a-second')
        await world.clock.advance(2_000)
        joinFirst()
        await world.settled()
        world.cluster.patchNode('a-second', { spec: { podCIDR: second, podCIDRs: [second] } })
        break
    }
    await world.quiet()
    await world.pass(5 * driftMs)
    expect(world.routes()).toEqual([`${first} z-first`])
    expect(world.unavailable('z-first')).toBe('False')
    expect(world.cluster.condition('a-second')).toMatchObject({ status: 'True', reason: 'PodCIDROverlap' })
    expect(world.told('PodCIDROverlap')).toEqual([
      `a-second: ${second} overlaps ${first} of node z-first, which goes first`,
    ])

    world.leave('z-first')
    await world.quiet()
    expect(world.routes()).toEqual([`${second} a-second`])
    expect(world.unavailable('a-second')).toBe('False')
    expect(world.routeWrites.filter((write) => write.startsWith('create'))).toHaveLength(2)
  })

  test('a restart does not change who is first', async () => {
    await using world = await ControllerWorld.open()
    world.join('a-second')
    await world.clock.advance(2_000)
    world.join('z-first', { podCIDRs: [wide] })
    await world.settled()
    world.cluster.patchNode('a-second', { spec: { podCIDR: narrow, podCIDRs: [narrow] } })
    await world.quiet()
    await world.stop()
    await world.settled()
    await world.pass(2 * driftMs)
    expect(world.routeWrites).toEqual([`create table-1 ${wide}`])
  })

  test.each(['provider.targets', 'POST /apis/podway.dev/v1alpha1/noderoutes'])(
    'the older one comes while the newer one is at %s: never both',
    async (where) => {
      await using world = await ControllerWorld.open()
      world.join('older')
      await world.clock.advance(2_000)
      let come = false
      await world.settled({
        tap: {
          before: async (call) => {
            if (come || call !== where) return
            come = true
            world.cluster.patchNode('older', { spec: { podCIDR: wide, podCIDRs: [wide] } })
            // Until the watch has told it, and somebody could have acted on it.
            for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
          },
        },
      })
      world.join('newer', { podCIDRs: [narrow] })
      await world.quiet()
      await world.pass(2 * driftMs)
      expect(come).toBe(true)
      expect(world.routes()).toHaveLength(1)
      expect(world.told('PodCIDROverlap')).toHaveLength(1)
    },
  )

  // One bad node must not keep others from being routed.
  test('a range that is not routed itself stands in nobody’s way', async () => {
    await using world = await ControllerWorld.open()
    world.join('node-1', { podCIDRs: ['10.244.0.0/24'] })
    await world.settled()
    await world.clock.advance(2_000)
    world.join('too-wide', { podCIDRs: ['10.244.0.0/16'] })
    await world.clock.advance(2_000)
    world.join('node-2', { podCIDRs: ['10.244.1.0/24'] })
    world.join('node-3', { podCIDRs: ['10.244.2.0/24'] })
    await world.quiet()
    expect(world.routes()).toEqual(['10.244.0.0/24 node-1', '10.244.1.0/24 node-2', '10.244.2.0/24 node-3'])
    expect(['node-1', 'node-2', 'node-3'].map((name) => world.unavailable(name))).toEqual([
      'False',
      'False',
      'False',
    ])
    expect(world.told('PodCIDROverlap')).toEqual([expect.stringMatching(/^too-wide: /)])
  })
})

// route_controller.go of upstream: with a nil recorder the failure is swallowed, and the route counts as made.
describe('nil recorder swallows the error and marks the route created: here an event sink changes nothing', () => {
  const sinks = {
    'that throws': {
      record: () => {
        throw new Error('no Events today')
      },
    },
    'that never comes back': { record: () => new Promise<void>(() => undefined) },
  }

  test.each(Object.entries(sinks))(
    'a sink %s: the route stays failed, the condition True',
    async (_, events) => {
      await using world = await ControllerWorld.open()
      world.cloud.fail({ at: 'create', class: 'unauthorized', times: 3 })
      world.join('node-1', { podCIDRs })
      await world.settled({ events })
      expect(world.routes()).toEqual([])
      expect(world.cluster.condition('node-1')).toMatchObject({ status: 'True', reason: 'CloudUnauthorized' })
      expect(world.cluster.record('v4-10-244-0-0-24')?.status?.tables).toMatchObject([{ state: 'Failed' }])
      await world.pass(61_000)
      expect(world.unavailable('node-1')).toBe('True')
      expect(await world.passUntil(() => world.unavailable('node-1') === 'False', 180_000)).toBe(true)
      expect(world.routes()).toEqual(['10.244.0.0/24 node-1'])
    },
  )

  test.each(Object.entries(sinks))('a sink %s: the brake holds, and tables are read', async (_, events) => {
    await using world = await ControllerWorld.open({ tables: [], pools: ['10.244.0.0/16 24'] })
    world.cloud.addTable('table-1', { routeLimit: 35 })
    for (let i = 0; i < 30; i++) world.join(`node-${i}`)
    await world.settled({ events })
    expect(world.routes()).toHaveLength(30)
    await world.pass(driftMs)
    for (const { metadata } of world.cluster.nodes()) world.cluster.deleteNode(metadata.name)
    await world.pass(600_000)
    expect(world.routes()).toHaveLength(30)
    world.join('new')
    await world.quiet()
    expect(world.unavailable('new')).toBe('False')
  })
})

describe('a table that fills up', () => {
  async function filled(count: number, routeLimit = 10): Promise<ControllerWorld> {
    const world = await ControllerWorld.open({ tables: [] })
    world.cloud.addTable('table-1', { routeLimit })
    for (let i = 0; i < count; i++) world.join(`node-${i}`, { podCIDRs: [`10.244.${i}.0/24`] })
    await world.settled()
    await world.pass(driftMs)
    return world
  }

  // https://github.com/gardener/gardener-extension-provider-aws/issues/691
  test('limits unknown to the user: at 80 % of the limit it is told, once an hour of it', async () => {
    await using world = await filled(7)
    expect(world.told('RouteTableNearlyFull')).toEqual([])
    world.join('node-7', { podCIDRs: ['10.244.7.0/24'] })
    await world.pass(driftMs)
    expect(world.told('RouteTableNearlyFull')).toEqual([
      'podway-controller: table table-1 holds 8 of 10 IPv4 routes: raise its quota before it is full',
    ])
    world.join('node-8', { podCIDRs: ['10.244.8.0/24'] })
    await world.pass(hour)
    expect(world.told('RouteTableNearlyFull')).toHaveLength(1)
    expect(world.told('RouteTableFull')).toEqual([])
  })

  test('below 80 % in between, it is told again; the other family has its own limit', async () => {
    await using world = await filled(8)
    world.leave('node-0')
    await world.pass(2 * driftMs)
    world.join('node-9', { podCIDRs: ['10.244.9.0/24', 'fd00::/64'] })
    await world.pass(2 * driftMs)
    expect(world.told('RouteTableNearlyFull')).toHaveLength(2)
    expect(world.told('RouteTableNearlyFull').join()).not.toContain('IPv6')
  })

  // https://github.com/kubernetes/kubernetes/issues/40307, https://github.com/kubernetes/kops/issues/4918
  test('full: every node that waits is told why, by Event and condition, also one that was never tried', async () => {
    await using world = await filled(14)
    const waiting = world.cluster
      .nodes()
      .map(({ metadata }) => metadata.name)
      .filter((name) => world.unavailable(name) === 'True')
    expect(waiting).toHaveLength(4)
    for (const name of waiting) {
      expect(world.cluster.condition(name)?.reason).toBe('RouteTableFull')
      expect(world.cluster.condition(name)?.message).toContain('in table table-1: ')
    }
    const told = world.told('RouteTableFull')
    expect(new Set(told.map((text) => text.split(':')[0]))).toEqual(new Set(waiting))
    await world.pass(hour)
    // Once by our words, and once by the cloud's.
    expect(world.told('RouteTableFull').length).toBeLessThanOrEqual(8)
  })
})
