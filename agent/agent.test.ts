import { describe, expect, test } from 'vitest'
import type { FoundConfiguration } from '../cni/serve/protocol.ts'
import type { PodNetworkStatus } from '../reconciler/pod-network/pod-network.ts'
import { MeshMetrics } from './mesh/mesh-metrics.ts'
import { AgentWorld } from './testing/agent-world.ts'

const podCIDRs = ['10.244.1.0/24']
const network: PodNetworkStatus = {
  provider: 'aws',
  cluster: 'prod',
  families: [{ family: 'IPv4', pools: ['10.244.0.0/16'], nativeRanges: ['10.0.0.0/16'] }],
  since: '2026-01-01T00:00:00Z',
}
const kindnet: FoundConfiguration = {
  file: '10-kindnet.conflist',
  isOurs: false,
  name: 'kindnet',
  types: ['ptp', 'portmap'],
  ranges: podCIDRs,
}

describe('a bare node', () => {
  test('gets executables, rules, the gateway’s address, and last the configuration', async () => {
    await using world = await AgentWorld.open()
    const { cluster, machine } = world
    cluster.addPodNetwork(network)
    cluster.addNode('node-1', { podCIDRs: ['10.244.1.0/24', 'fd00:1::/64'] })
    world.startAgent({ mtu: 1400 })
    await world.passUntil('the configuration', () => machine.settings !== undefined)
    expect(machine.settings).toEqual({ podCidrs: ['10.244.1.0/24', 'fd00:1::/64'], mtu: 1400 })
    expect(machine.addresses).toEqual(['10.244.1.1', 'fd00:1::1'])
    expect(machine.rules?.masquerade?.exceptions).toEqual(['10.0.0.0/16', '10.244.0.0/16', 'fd00:1::/64'])
    expect([...machine.plugins]).toContain('loopback')
    const order = ['cni.install', 'rules.set', 'addresses.hold', 'cni.configure']
    expect(machine.operations.filter((name) => order.includes(name)).slice(0, 4)).toEqual(order)
    await world.passUntil('ready', () => world.health.missing().length === 0)
    expect(world.events).toEqual([
      'NetworkConfigured pods get addresses of 10.244.1.0/24, fd00:1::/64: laid 05-podway.conflist',
    ])
    expect(await world.metric('podway_agent_configured')).toBe(1)
    expect(world.complaints).toEqual([])
  })

  test('without podCIDRs has everything but the configuration (aws-vpc-cni 282), which comes with them', async () => {
    await using world = await AgentWorld.open()
    const { cluster, machine } = world
    cluster.addNode('node-1')
    world.startAgent()
    await world.passUntil('the executables', () => machine.plugins.size > 0)
    await world.pass(30)
    expect(machine.settings).toBeUndefined()
    expect(world.health.missing()).toEqual(['the Node has no podCIDRs yet'])
    cluster.patchNode('node-1', { spec: { podCIDR: podCIDRs[0], podCIDRs } })
    await world.passUntil('the configuration', () => machine.settings !== undefined, 3)
    expect(machine.settings?.podCidrs).toEqual(podCIDRs)
    await world.passUntil('ready', () => world.health.missing().length === 0)
    expect(world.reasons()).toEqual(['NetworkConfigured'])
  })

  test('whose Node comes late', async () => {
    await using world = await AgentWorld.open()
    world.startAgent()
    await world.passUntil('a complaint', () => world.complaints.length > 0)
    expect(world.complaints).toEqual([
      'there is no Node of that name: check --node-name, or wait for the kubelet',
    ])
    await world.pass(15)
    expect(world.machine.operations.filter((name) => name !== 'garbage.collect')).toEqual([])
    world.cluster.addNode('node-1', { podCIDRs })
    await world.passUntil('the configuration', () => world.machine.settings !== undefined, 3)
  })

  test('whose rules can’t be set gets no configuration, and is told why', async () => {
    await using world = await AgentWorld.open()
    const { cluster, machine } = world
    machine.failures.set('rules.set', { code: 'system', message: 'nf_tables: ENOENT', errno: 2 })
    cluster.addNode('node-1', { podCIDRs })
    world.startAgent()
    await world.passUntil('an Event', () => world.events.length > 0)
    await world.pass(30)
    expect(machine.settings).toBeUndefined()
    expect(new Set(world.events)).toEqual(new Set(['InstallFailed rules: rules.set: nf_tables: ENOENT']))
    expect(world.complaints).toHaveLength(1)
    machine.failures.clear()
    await world.passUntil('the configuration', () => machine.settings !== undefined, 7)
  })

  test('that can’t have rules, where none are wanted', async () => {
    await using world = await AgentWorld.open()
    world.machine.failures.set('rules.set', { code: 'unsupported', message: 'rules.set' })
    world.cluster.addNode('node-1', { podCIDRs })
    world.startAgent({ masquerade: [], antiSpoofing: false })
    await world.passUntil('the configuration', () => world.machine.settings !== undefined)
    expect(world.complaints).toEqual([])
  })
})

describe('what is taken away is repaired within seconds', () => {
  test('executables (flannel 1721), loopback among them', async () => {
    await using world = await AgentWorld.open()
    const { cluster, machine } = world
    cluster.addNode('node-1', { podCIDRs })
    world.startAgent()
    await world.passUntil('ready', () => world.health.missing().length === 0)
    machine.plugins.clear()
    await world.passUntil('the executables', () => machine.plugins.has('loopback'), 6)
    await world.passUntil('an Event', () => world.events.length === 2)
    expect(world.events.at(-1)).toMatch(/^NetworkRestored plugins: installed \/opt\/cni\/bin\/podway-cni; /)
    expect(await world.metric('podway_agent_repairs_total', { part: 'plugins' })).toBe(1)
  })

  test('rules, addresses, and the configuration', async () => {
    await using world = await AgentWorld.open()
    const { cluster, machine } = world
    cluster.addNode('node-1', { podCIDRs })
    world.startAgent()
    await world.passUntil('the configuration', () => machine.settings !== undefined)
    machine.rules = undefined
    machine.addresses = []
    machine.settings = undefined
    await world.passUntil('all of it', () => machine.settings !== undefined, 6)
    expect(machine.rules).toBeDefined()
    expect(machine.addresses).toEqual(['10.244.1.1'])
    await world.passUntil('Events', () => world.events.length === 4, 2)
    expect(world.reasons().slice(1)).toEqual(['NetworkRestored', 'NetworkRestored', 'NetworkRestored'])
  })

  test('and nothing is written, in the machine or the cluster, while nothing is wrong', async () => {
    await using world = await AgentWorld.open()
    world.cluster.addNode('node-1', { podCIDRs })
    world.startAgent()
    await world.passUntil('the configuration', () => world.machine.settings !== undefined)
    await world.pass(60)
    expect(world.reasons()).toEqual(['NetworkConfigured'])
    expect(world.cluster.writes).toEqual([])
  })
})

describe('the PodNetwork', () => {
  test('is followed', async () => {
    await using world = await AgentWorld.open()
    const { cluster, machine } = world
    cluster.addPodNetwork(network)
    cluster.addNode('node-1', { podCIDRs })
    world.startAgent()
    await world.passUntil('the rules', () => machine.rules !== undefined)
    cluster.patchPodNetwork({
      status: { families: [{ family: 'IPv4', pools: ['10.244.0.0/16'], nativeRanges: [] }] },
    })
    const exceptions = (): string => String(machine.rules?.masquerade?.exceptions)
    await world.passUntil('new rules', () => exceptions() === '10.244.0.0/16', 3)
    // What somebody else decides is no repair.
    expect(await world.metric('podway_agent_repairs_total', { part: 'rules' })).toBe(0)
    cluster.deletePodNetwork()
    await world.passUntil('newer rules', () => exceptions() === '10.244.1.0/24', 3)
  })

  test('that can’t be read is not waited for, and what stands from before is left for ten seconds', async () => {
    await using world = await AgentWorld.open({ defined: false })
    const { cluster, machine } = world
    cluster.addNode('node-1', { podCIDRs })
    world.startAgent()
    await world.pass(8)
    expect(machine.operations).not.toContain('rules.set')
    await world.passUntil('the configuration', () => machine.settings !== undefined, 5)
    expect(machine.rules?.masquerade?.sources).toEqual(['10.244.1.0/24'])
  })
})

test('in a mesh, what is for pods of other nodes is not masqueraded, though nobody publishes pools', async () => {
  await using world = await AgentWorld.open()
  const { cluster, machine } = world
  cluster.addNode('node-1', { podCIDRs, addresses: ['10.0.1.5'] })
  cluster.addNode('node-2', { podCIDRs: ['10.244.2.0/24'], addresses: ['10.0.1.6'] })
  const permission = { force: false, sourceDestCheckOff: false }
  world.startAgent({}, { permission, metrics: new MeshMetrics(world.registry) })
  await world.passUntil('the configuration', () => machine.settings !== undefined)
  expect(machine.rules?.masquerade).toMatchObject({
    sources: ['10.244.1.0/24'],
    exceptions: ['10.244.1.0/24', '10.244.2.0/24'],
  })
  cluster.addNode('node-3', { podCIDRs: ['10.244.3.0/24'], addresses: ['10.0.1.7'] })
  await world.passUntil(
    'the third',
    () =>
      machine.rules?.masquerade?.exceptions.length === 2 &&
      machine.rules.masquerade.exceptions.includes('10.244.2.0/23'),
    1,
  )
})

describe('refused, with an Event and a metric', () => {
  test.each<[what: string, reason: string, cidrs: readonly string[], prepare: (world: AgentWorld) => void]>([
    ['host bits', 'PodCIDRUnusable', ['10.244.1.7/24'], () => undefined],
    ['the machine’s own network', 'PodCIDROverlaps', ['10.0.1.0/24'], () => undefined],
    [
      'a predecessor of other ranges (eve 6614)',
      'RangesDiffer',
      podCIDRs,
      ({ machine }) => machine.others.push({ ...kindnet, ranges: ['10.244.9.0/24'] }),
    ],
    [
      'another network',
      'OtherNetwork',
      podCIDRs,
      ({ machine }) => machine.others.push({ file: '10-calico.conflist', isOurs: false, types: ['calico'] }),
    ],
  ])('%s', async (_what, reason, cidrs, prepare) => {
    await using world = await AgentWorld.open()
    prepare(world)
    world.cluster.addNode('node-1')
    // A real API server refuses some of these; an old one, or another allocator, does not.
    world.cluster.patchNode('node-1', { spec: { podCIDR: cidrs[0], podCIDRs: cidrs } })
    world.startAgent()
    await world.passUntil('an Event', () => world.events.length > 0)
    await world.pass(20)
    expect(world.reasons()).toEqual([reason])
    expect(await world.metric('podway_agent_refused', { reason })).toBe(1)
    expect(world.machine.settings).toBeUndefined()
    expect(world.health.missing()).toHaveLength(1)
  })

  test('what was laid before stays, for its pods', async () => {
    await using world = await AgentWorld.open()
    const { cluster, machine } = world
    cluster.addNode('node-1', { podCIDRs })
    world.startAgent()
    await world.passUntil('the configuration', () => machine.settings !== undefined)
    machine.others.push({ file: '00-calico.conflist', isOurs: false, types: ['calico'] })
    await world.passUntil('an Event', () => world.reasons().includes('OtherNetwork'), 7)
    expect(machine.settings?.podCidrs).toEqual(podCIDRs)
    machine.others = []
    await world.passUntil('well again', () => world.health.missing().length === 0, 7)
    expect(await world.metric('podway_agent_refused', { reason: 'OtherNetwork' })).toBe(0)
  })
})

describe('the configuration follows Node.spec.podCIDRs', () => {
  test('of a Node that is made anew, the old range goes (kindnet: it only ever grew)', async () => {
    await using world = await AgentWorld.open()
    const { cluster, machine } = world
    cluster.addNode('node-1', { podCIDRs })
    world.startAgent()
    await world.passUntil('the configuration', () => machine.settings !== undefined)
    cluster.deleteNode('node-1')
    await world.pass(10)
    // Pods still run: without a Node nothing is changed.
    expect(machine.settings?.podCidrs).toEqual(podCIDRs)
    cluster.addNode('node-1', { podCIDRs: ['10.244.7.0/24'] })
    await world.passUntil('the new range', () => machine.settings?.podCidrs[0] === '10.244.7.0/24', 3)
    await world.passUntil('an Event', () => world.events.length === 2)
    expect(world.events[1]).toContain('of 10.244.7.0/24, not of 10.244.1.0/24 any more')
  })
})

describe('a predecessor', () => {
  test('is taken over', async () => {
    await using world = await AgentWorld.open()
    const { cluster, machine } = world
    machine.others.push(kindnet)
    cluster.addNode('node-1', { podCIDRs })
    world.startAgent()
    await world.passUntil('the configuration', () => machine.settings !== undefined)
    expect(machine.takenOver).toBe(kindnet.file)
    await world.passUntil('ready', () => world.health.missing().length === 0)
    // Its file stays, and may be laid again as often as its owner likes.
    await world.pass(10)
    expect(world.events).toEqual([
      'TakenOver 10-kindnet.conflist is void, and its pods go on: laid 05-podway.conflist',
    ])
  })

  test('that the other half can’t take over: an Event says why', async () => {
    await using world = await AgentWorld.open()
    const { cluster, machine } = world
    machine.others.push({ ...kindnet, file: '00-net.conflist' })
    machine.failures.set('cni.configure', { code: 'refused', message: '00-net.conflist stands before ours' })
    cluster.addNode('node-1', { podCIDRs })
    world.startAgent()
    await world.passUntil('an Event', () => world.events.length > 0)
    expect(world.events[0]).toBe(
      'InstallFailed configuration: cni.configure: 00-net.conflist stands before ours',
    )
    expect(machine.settings).toBeUndefined()
  })
})

describe('either half may restart', () => {
  test('the agent: it leaves everything in place (cilium 7772), and the next one finds it', async () => {
    await using world = await AgentWorld.open()
    const { cluster, machine } = world
    cluster.addPodNetwork(network)
    cluster.addNode('node-1', { podCIDRs })
    world.startAgent()
    await world.passUntil('the configuration', () => machine.settings !== undefined)
    const { addresses, rules, settings } = machine
    await world.stopAgent()
    expect(machine.operations).not.toContain('cni.uninstall')
    expect([machine.addresses, machine.rules, machine.settings]).toEqual([addresses, rules, settings])
    expect(world.clock.timers).toBe(0)
    world.events.length = 0
    world.startAgent()
    await world.passUntil('ready', () => world.health.missing().length === 0)
    await world.pass(10)
    expect(world.events).toEqual([])
  })

  test('the other half: what is missing is asked for as soon as it is back', async () => {
    await using world = await AgentWorld.open()
    const { cluster, machine } = world
    cluster.addNode('node-1', { podCIDRs })
    await machine.server.stop()
    world.startAgent()
    await world.pass(20)
    expect(world.health.missing()).toContain('podway-cni serve does not answer')
    expect(world.health.faults()).toEqual([])
    await machine.start()
    await world.passUntil('ready', () => world.health.missing().length === 0, 10)
    expect(machine.settings?.podCidrs).toEqual(podCIDRs)
    expect(await world.metric('podway_agent_connected')).toBe(1)
    await machine.server.stop()
    await world.passUntil('noticed', () => world.health.missing().length > 0)
    expect(await world.metric('podway_agent_connected')).toBe(0)
    await machine.start()
    await world.passUntil('well again', () => world.health.missing().length === 0)
  })

  test('the API server: what is in place stays, and is repaired', async () => {
    await using world = await AgentWorld.open()
    const { cluster, machine } = world
    cluster.addNode('node-1', { podCIDRs })
    world.startAgent()
    await world.passUntil('the configuration', () => machine.settings !== undefined)
    cluster.simulator.close()
    machine.plugins.clear()
    await world.passUntil('the executables', () => machine.plugins.size > 0, 7)
  })
})

describe('garbage', () => {
  test('is collected again and again, and told of', async () => {
    await using world = await AgentWorld.open()
    const { cluster, machine } = world
    cluster.addNode('node-1', { podCIDRs })
    machine.garbage = Array.from({ length: 7 }, (_, n) => ({
      kind: 'reservation',
      what: `10.244.1.${n + 2}`,
      why: 'its network namespace is gone',
    }))
    world.startAgent()
    await world.passUntil('an Event', () => world.reasons().includes('GarbageCollected'))
    expect(world.events.find((event) => event.startsWith('Garbage'))).toBe(
      'GarbageCollected reservation 10.244.1.2 (its network namespace is gone), reservation 10.244.1.3 (its network namespace is gone), reservation 10.244.1.4 (its network namespace is gone), reservation 10.244.1.5 (its network namespace is gone), reservation 10.244.1.6 (its network namespace is gone), and 2 more',
    )
    expect(await world.metric('podway_agent_garbage_collected_total', { kind: 'reservation' })).toBe(7)
    machine.garbage = [{ kind: 'link', what: 'veth1', why: 'its peer is gone' }]
    await world.passUntil('the link', () => machine.garbage.length === 0, 62)
  })

  test('that can’t be collected is told once', async () => {
    await using world = await AgentWorld.open()
    world.machine.failures.set('garbage.collect', { code: 'system', message: 'readdir: EIO', errno: 5 })
    world.cluster.addNode('node-1', { podCIDRs })
    world.startAgent()
    await world.pass(140)
    expect(world.complaints).toEqual(['no garbage is collected: garbage.collect: readdir: EIO'])
  })
})
