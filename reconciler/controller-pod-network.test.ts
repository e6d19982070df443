import { describe, expect, test } from 'vitest'
import { parseCidr } from '../net/cidr.ts'
import type { PoolSource } from './ipam/pool-source.ts'
import type { PodNetworkStatus } from './pod-network/pod-network.ts'
import { ControllerWorld, driftMs } from './testing/controller-world.ts'
import { failCreates } from './testing/controller-faults.ts'

/** Long enough for what is due at once, and too short for a drift interval. */
const momentMs = 5_000

const dualStack = ['10.244.0.0/16 24', 'fd00:10:244::/48 64']

/** One table that serves the nodes' subnet, and another one that serves a database's. */
async function open(options: Parameters<typeof ControllerWorld.open>[0] = {}): Promise<ControllerWorld> {
  const world = await ControllerWorld.open({ pools: dualStack, tables: ['nodes', 'database'], ...options })
  for (const range of ['10.0.0.0/24', '2001:db8::/64']) world.cloud.serve(parseCidr(range), 'nodes')
  world.cloud.serve(parseCidr('10.0.8.0/24'), 'database')
  return world
}

const status = (world: ControllerWorld): PodNetworkStatus | undefined =>
  world.cluster.podNetworks().find(({ metadata }) => metadata.name === 'default')?.status

/** `pools > native ranges`, family by family; undefined if nothing is published. */
const published = (world: ControllerWorld): readonly string[] | undefined =>
  status(world)?.families.map(({ nativeRanges, pools }) => `${pools.join()} > ${nativeRanges.join()}`)

const v6 = 'fd00:10:244::/48 > 2001:db8::/64'
const all = ['10.244.0.0/16 > 10.0.0.0/24,10.0.8.0/24', v6]
const withoutDatabase = ['10.244.0.0/16 > 10.0.0.0/24', v6]

const podNetworkWrites = (world: ControllerWorld): readonly string[] =>
  world.cluster.writes.filter((write) => write.includes('podnetworks'))

/** With two nodes, routed, and told so. */
async function settled(world: ControllerWorld): Promise<void> {
  for (const name of ['node-1', 'node-2']) world.join(name)
  await world.settled()
  await world.pass(momentMs)
  world.forgetCalls()
}

describe('what is published', () => {
  test('pools and native ranges of both families, whose they are and since when; made at once, and never written again', async () => {
    await using world = await open()
    world.join('node-1')
    await world.settled()
    await world.pass(momentMs)
    expect(status(world)).toEqual({
      provider: 'memory',
      cluster: 'test',
      families: [
        { family: 'IPv4', pools: ['10.244.0.0/16'], nativeRanges: ['10.0.0.0/24', '10.0.8.0/24'] },
        { family: 'IPv6', pools: ['fd00:10:244::/48'], nativeRanges: ['2001:db8::/64'] },
      ],
      since: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as unknown,
    })
    expect(podNetworkWrites(world)).toEqual(['POST podnetworks', 'PATCH podnetworks/default/status'])
    world.forgetCalls()
    await world.pass(10 * driftMs)
    expect(world.cluster.writes).toEqual([])
    await world.stop()
    await world.settled()
    await world.pass(10 * driftMs)
    expect(world.cluster.writes).toEqual([])
  })

  test('podCIDRs outside of the pools too, as long as a Node has them', async () => {
    await using world = await open()
    await settled(world)
    world.join('strange', { podCIDRs: ['192.168.7.0/24'] })
    await world.pass(momentMs)
    expect(published(world)?.[0]).toBe('10.244.0.0/16,192.168.7.0/24 > 10.0.0.0/24,10.0.8.0/24')
    world.leave('strange')
    await world.pass(momentMs)
    expect(published(world)).toEqual(all)
  })

  test('where somebody else allocates: what Nodes have, in as few ranges as can be, and in as few writes', async () => {
    await using world = await open({ pools: [] })
    for (let i = 0; i < 16; i++) world.join(`node-${i}`, { podCIDRs: [`10.9.${i}.0/24`] })
    await world.settled()
    await world.pass(momentMs)
    expect(published(world)).toEqual(['10.9.0.0/20 > 10.0.0.0/24,10.0.8.0/24'])
    expect(podNetworkWrites(world)).toHaveLength(2)
  })

  test('pools that change while podway runs; before they are read, what an earlier run published stands', async () => {
    await using world = await open()
    await settled(world)
    await world.stop()
    const show: ((text: string) => void)[] = []
    const poolSource: PoolSource = {
      name: 'a test',
      follow(see, signal) {
        show.push(see)
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
      },
    }
    const say = (...cidrs: readonly string[]): void =>
      show[0]?.(JSON.stringify({ pools: cidrs.map((cidr) => ({ cidr, nodePrefixLength: 24 })) }))
    await world.settled({ poolSource })
    await world.pass(momentMs)
    expect(published(world)).toEqual(all)
    say('10.244.0.0/16', '10.9.0.0/16')
    await world.pass(momentMs)
    // What Nodes have of the family that is gone stays theirs.
    const nodes = 'fd00:10:244::/63 > 2001:db8::/64'
    expect(published(world)).toEqual(['10.9.0.0/16,10.244.0.0/16 > 10.0.0.0/24,10.0.8.0/24', nodes])
    say('10.9.0.0/16')
    await world.pass(momentMs)
    expect(published(world)).toEqual(['10.9.0.0/16,10.244.0.0/23 > 10.0.0.0/24,10.0.8.0/24', nodes])
  })

  test('without any pod nothing is native, and no family is named', async () => {
    await using world = await open({ pools: [] })
    await world.settled()
    await world.pass(momentMs)
    expect(published(world)).toEqual([])
  })

  test('with routes left to somebody else: the pools, and nothing native', async () => {
    await using world = await open()
    world.join('node-1')
    await world.settled({ configureRoutes: false })
    await world.pass(momentMs)
    expect(published(world)).toEqual(['10.244.0.0/16 > ', 'fd00:10:244::/48 > '])
    expect(world.cloud.calls).toEqual([])
  })

  test('by one that only observes: nothing', async () => {
    await using world = await open()
    world.join('node-1')
    await world.settled({ policy: 'observe' })
    await world.pass(2 * driftMs)
    expect(podNetworkWrites(world)).toEqual([])
    expect(world.cloud.calls.map(({ method }) => method)).not.toContain('servedRanges')
  })
})

describe('a table', () => {
  test('that joins or leaves the cluster, or serves another subnet: told at the drift interval', async () => {
    await using world = await open({ tables: ['nodes'] })
    await settled(world)
    expect(published(world)).toEqual(withoutDatabase)
    world.cloud.addTable('database')
    await world.pass(2 * driftMs)
    expect(published(world)).toEqual(all)
    world.cloud.serve(parseCidr('10.0.9.0/24'), 'database')
    await world.pass(driftMs + momentMs)
    expect(published(world)).toEqual(['10.244.0.0/16 > 10.0.0.0/24,10.0.8.0/23', v6])
    world.cloud.removeTable('database')
    await world.pass(driftMs + momentMs)
    expect(published(world)).toEqual(withoutDatabase)
  })

  test('that is new and takes no route is not native, until it does', async () => {
    await using world = await open({ tables: ['nodes'] })
    await settled(world)
    const mend = failCreates(world, 'quota', 'database')
    world.cloud.addTable('database')
    await world.pass(5 * driftMs)
    expect(published(world)).toEqual(withoutDatabase)
    mend()
    await world.pass(3 * driftMs)
    expect(published(world)).toEqual(all)
  })

  test('to which a native subnet moves is not native before it has the routes', async () => {
    await using world = await open()
    await settled(world)
    const mend = failCreates(world, 'quota', 'other')
    world.cloud.addTable('other')
    world.cloud.serve(parseCidr('10.0.8.0/24'), 'other')
    await world.pass(driftMs + momentMs)
    expect(published(world)).toEqual(withoutDatabase)
    mend()
    await world.pass(3 * driftMs)
    expect(published(world)).toEqual(all)
  })

  test('without room for a newcomer stays native: the newcomer gets no pods', async () => {
    await using world = await open()
    await settled(world)
    failCreates(world, 'quota', 'database')
    world.join('node-3')
    await world.pass(5 * driftMs)
    expect(world.unavailable('node-3')).toBe('True')
    expect(published(world)).toEqual(all)
    expect(podNetworkWrites(world)).toEqual([])
  })

  test('whose route somebody removes is mended, and nothing is written', async () => {
    await using world = await open()
    await settled(world)
    world.cloud.removeRoute('database', parseCidr('10.244.0.0/24'))
    await world.pass(5 * driftMs)
    expect(world.routes('database')).toContain('10.244.0.0/24 node-1')
    expect(podNetworkWrites(world)).toEqual([])
  })

  test('that can’t be read is no news', async () => {
    await using world = await open()
    await settled(world)
    world.cloud.fail({ at: 'list', table: 'database', class: 'unauthorized', times: Infinity })
    await world.pass(5 * driftMs)
    await world.stop()
    await world.settled()
    await world.pass(5 * driftMs)
    expect(published(world)).toEqual(all)
    expect(podNetworkWrites(world)).toEqual([])
  })

  test('that lost the routes of many nodes, which stay routed by the brake, and can’t be mended: dropped after two minutes', async () => {
    await using world = await open({ pools: ['10.244.0.0/16 24'] })
    for (let i = 0; i < 30; i++) world.join(`node-${i}`)
    await world.settled()
    await world.pass(momentMs)
    world.forgetCalls()
    const mend = failCreates(world, 'unauthorized', 'database')
    for (const { destination } of world.cloud.routes('database'))
      world.cloud.removeRoute('database', destination)
    expect(
      await world.passUntil(() => published(world)?.join() === '10.244.0.0/16 > 10.0.0.0/24', 10 * driftMs),
    ).toBe(true)
    expect(world.unavailable('node-29')).toBe('False')
    expect(podNetworkWrites(world)).toHaveLength(1)
    mend()
    expect(await world.passUntil(() => published(world)?.[0] === all[0], 10 * driftMs)).toBe(true)
    expect(podNetworkWrites(world)).toHaveLength(2)
  }, 60_000)
})

describe('ranges that the cloud does not tell', () => {
  test('at first: pools are published, and nothing native; told once; routes are not held up', async () => {
    await using world = await open()
    world.cloud.fail({ at: 'servedRanges', class: 'unauthorized', times: 10 })
    world.join('node-1')
    await world.settled()
    await world.pass(5 * driftMs)
    expect(published(world)).toEqual(['10.244.0.0/16 > ', 'fd00:10:244::/48 > '])
    expect(world.unavailable('node-1')).toBe('False')
    expect(world.told('NativeRangesUnknown')).toEqual([
      'podway-controller: which ranges are native can’t be read, and what was published stands: the test made servedRanges fail (unauthorized)',
    ])
    await world.pass(15 * driftMs)
    expect(published(world)).toEqual(all)
  })

  test('later: what was published stands, after a restart too, and what else changes is published', async () => {
    await using world = await open()
    await settled(world)
    world.cloud.fail({ at: 'servedRanges', class: 'unauthorized', times: Infinity })
    await world.pass(3 * driftMs)
    await world.stop()
    await world.settled()
    world.join('strange', { podCIDRs: ['192.168.7.0/24'] })
    await world.pass(momentMs)
    expect(published(world)?.[0]).toBe('10.244.0.0/16,192.168.7.0/24 > 10.0.0.0/24,10.0.8.0/24')
  })

  test.each(['transient', 'throttled'] as const)(
    '%s: asked again on a schedule of its own, and no Event',
    async (cause) => {
      await using world = await open()
      world.cloud.fail({ at: 'servedRanges', class: cause, times: 3 })
      world.join('node-1')
      await world.settled()
      await world.pass(30_000)
      expect(published(world)).toEqual(all)
      expect(world.events).toEqual([])
    },
  )

  test('fatal of this question alone does not end the program', async () => {
    await using world = await open()
    world.cloud.fail({ at: 'servedRanges', class: 'fatal' })
    world.join('node-1')
    await world.settled()
    await world.pass(driftMs + momentMs)
    expect(world.unavailable('node-1')).toBe('False')
    expect(published(world)).toEqual(all)
  })

  test('that hang for ever hold up no route', async () => {
    await using world = await ControllerWorld.open({
      pools: dualStack,
      latency: ({ method }) => (method === 'servedRanges' ? 3_600_000 : 0),
    })
    world.join('node-1')
    await world.settled()
    await world.pass(momentMs)
    world.join('node-2')
    await world.pass(momentMs)
    expect(world.unavailable('node-2')).toBe('False')
  })
})

describe('what others do to the object', () => {
  test('an edit is undone', async () => {
    await using world = await open()
    await settled(world)
    world.cluster.patchPodNetwork({ status: { families: [], provider: 'me' } })
    await world.pass(momentMs)
    expect(published(world)).toEqual(all)
    expect(status(world)?.provider).toBe('memory')
    expect(podNetworkWrites(world)).toEqual(['PATCH podnetworks/default/status'])
  })

  test('another time is no edit; a label is no business of ours', async () => {
    await using world = await open()
    await settled(world)
    world.cluster.patchPodNetwork({
      status: { since: '2020-01-01T00:00:00Z' },
      metadata: { labels: { a: 'b' } },
    })
    await world.pass(momentMs)
    expect(podNetworkWrites(world)).toEqual([])
  })

  test('a deleted one is made anew', async () => {
    await using world = await open()
    await settled(world)
    world.cluster.deletePodNetwork()
    await world.pass(momentMs)
    expect(published(world)).toEqual(all)
    expect(podNetworkWrites(world)).toEqual(['POST podnetworks', 'PATCH podnetworks/default/status'])
  })

  test('an edit while no controller runs is undone by the next', async () => {
    await using world = await open()
    await settled(world)
    await world.stop()
    world.cluster.patchPodNetwork({
      status: { families: [{ family: 'IPv4', pools: ['0.0.0.0/0'], nativeRanges: ['0.0.0.0/0'] }] },
    })
    await world.settled()
    await world.pass(momentMs)
    expect(published(world)).toEqual(all)
  })
})

test('a table with gaps whose subnet leaves asks for no look without end', async () => {
  await using world = await open()
  await settled(world)
  failCreates(world, 'unauthorized', 'database')
  world.cloud.removeRoute('database', parseCidr('10.244.0.0/24'))
  await world.pass(driftMs)
  world.cloud.serve(parseCidr('10.0.8.0/24'), 'elsewhere')
  await world.pass(5 * driftMs)
  expect(published(world)).toEqual(withoutDatabase)
})

describe('a start', () => {
  test('while a table can’t be read: what an earlier run published stands', async () => {
    await using world = await open()
    await settled(world)
    await world.stop()
    world.cloud.fail({ at: 'tables', class: 'transient', times: 30 })
    world.forgetCalls()
    await world.settled()
    await world.pass(10 * driftMs)
    expect(published(world)).toEqual(all)
    expect(podNetworkWrites(world)).toEqual([])
  })

  test('in a cluster whose tables can’t be found at all: pools are published after half a minute', async () => {
    await using world = await open()
    world.cloud.fail({ at: 'tables', class: 'unauthorized', times: Infinity })
    await world.settled()
    await world.pass(20_000)
    expect(published(world)).toBeUndefined()
    await world.pass(20_000)
    expect(published(world)).toEqual(['10.244.0.0/16 > ', 'fd00:10:244::/48 > '])
  })

  test('of a controller whose routes are not all there yet drops nothing that was native', async () => {
    await using world = await open()
    await settled(world)
    await world.stop()
    for (const { destination } of world.cloud.routes('database'))
      world.cloud.removeRoute('database', destination)
    const mend = failCreates(world, 'transient', 'database')
    await world.settled()
    await world.pass(20_000)
    mend()
    await world.pass(2 * driftMs)
    expect(published(world)).toEqual(all)
    expect(podNetworkWrites(world)).toEqual([])
  })
})

describe('a cluster that', () => {
  test('does not know PodNetworks (an older installation): said once, routes are made; as soon as it does, it is published', async () => {
    await using world = await open()
    world.cluster.undefine('podnetworks')
    await settled(world)
    const warning = 'run "podway crds | kubectl apply -f -"'
    await world.pass(10 * driftMs)
    expect(world.unavailable('node-1')).toBe('False')
    expect(podNetworkWrites(world)).toEqual([])
    await world.stop()
    world.forgetCalls()
    const running = await world.settled()
    await world.pass(10 * driftMs)
    expect(world.logged(warning)).toHaveLength(1)
    running.metrics.refresh()
    const stale = await running.registry.getSingleMetric('podway_pod_network_stale_seconds')?.get()
    expect(stale?.values[0]?.value).toBeGreaterThan(500)
    world.cluster.define('podnetworks')
    await world.pass(60_000)
    expect(published(world)).toEqual(all)
    running.metrics.refresh()
    const now = await running.registry.getSingleMetric('podway_pod_network_stale_seconds')?.get()
    expect(now?.values[0]?.value).toBe(0)
  })

  test('does not let it be written: told once, tried again, routes are made', async () => {
    await using world = await open()
    const { faults } = world.cluster.simulator
    faults.add({
      match: { method: 'PATCH', resource: 'podnetworks' },
      fault: { kind: 'status', code: 403 },
      times: 8,
    })
    world.join('node-1')
    await world.settled()
    await world.pass(20_000)
    expect(world.unavailable('node-1')).toBe('False')
    expect(world.told('PodNetworkNotWritten')).toHaveLength(1)
    expect(published(world)).toBeUndefined()
    await world.pass(5 * driftMs)
    expect(published(world)).toEqual(all)
  })
})
