import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { podAddresses, podRanges } from '../testing/sample-pods.ts'
import { AwsPathWorld } from './aws-path-world.ts'
import { Breaks } from './breaks.ts'
import { type NodeName, type Probed, healthy, lost, only4, only6, passes } from './path-nodes.ts'

let world: AwsPathWorld
let breaks: Breaks

beforeAll(async () => {
  world = await AwsPathWorld.create('npath')
  breaks = new Breaks(world.nodes)
}, 120_000)

afterAll(() => world.close())

afterEach(async () => {
  await breaks.repair()
  expect(await world.nodes.broken('a1', 'b1')).toEqual(healthy)
})

const [v4, v6] = podRanges('b1')
const [pod4, pod6] = [podAddresses('b1')[4], podAddresses('b1')[6]]

describe('breaks on the Nodes', () => {
  const cases: readonly {
    readonly name: string
    readonly node: NodeName
    readonly line: string
    readonly repair: string
    readonly probed: Probed
    readonly broken: readonly string[]
  }[] = [
    {
      name: 'forwarding of IPv4 is off where packets leave',
      node: 'a1',
      line: 'sysctl -qw net.ipv4.ip_forward=0',
      repair: 'sysctl -qw net.ipv4.ip_forward=1',
      probed: only6,
      broken: ['there a1 ForwardingOff', 'passes'],
    },
    {
      name: 'forwarding of IPv6 is off where packets arrive',
      node: 'b1',
      line: 'sysctl -qw net.ipv6.conf.all.forwarding=0',
      repair: 'sysctl -qw net.ipv6.conf.all.forwarding=1',
      probed: only4,
      broken: ['passes', 'there b1 ForwardingOff'],
    },
    {
      name: 'forwarding of IPv4 is off at one interface',
      node: 'b1',
      line: 'sysctl -qw net.ipv4.conf.eth0.forwarding=0',
      repair: 'sysctl -qw net.ipv4.conf.eth0.forwarding=1',
      probed: only6,
      broken: ['there b1 ForwardingOff', 'passes'],
    },
    {
      name: 'the route to the pod is gone',
      node: 'b1',
      line: `ip route del ${pod4} dev vpod; ip -6 route del ${pod6} dev vpod`,
      repair: `ip route add ${pod4} dev vpod; ip -6 route add ${pod6} dev vpod`,
      probed: lost,
      broken: ['there b1 PodRouteMissing', 'there b1 PodRouteMissing'],
    },
    {
      name: 'the route to the pod that asks is gone: the answer is lost',
      node: 'a1',
      line: `ip route del ${podAddresses('a1')[4]} dev vpod`,
      repair: `ip route add ${podAddresses('a1')[4]} dev vpod`,
      probed: only6,
      broken: ['there a1 PodRouteMissing', 'passes'],
    },
    {
      name: 'the Node’s end of the pod’s interface is down',
      node: 'b1',
      line: 'ip link set vpod down',
      repair: `ip link set vpod up; ip route add ${pod4} dev vpod; ip -6 addr add fd00:10:244:3::1/128 dev vpod nodad 2>/dev/null; ip -6 route replace ${pod6} dev vpod`,
      probed: lost,
      broken: ['there b1 PodInterfaceDown', 'there b1 PodInterfaceDown'],
    },
    {
      name: 'a blackhole on the way out',
      node: 'a1',
      line: `ip route add blackhole ${v4}; ip -6 route add blackhole ${v6}`,
      repair: `ip route del blackhole ${v4}; ip -6 route del blackhole ${v6}`,
      probed: lost,
      broken: ['there a1 RouteRefuses', 'there a1 RouteRefuses'],
    },
    {
      name: 'no way out',
      node: 'a1',
      line: 'ip -4 route show default > /run/path-route; ip route del default',
      repair: 'ip route add $(cat /run/path-route) onlink',
      probed: only6,
      broken: ['there a1 NoRoute', 'passes'],
    },
    {
      name: 'a rule leads to a table that refuses',
      node: 'b1',
      line: `ip rule add pref 100 to ${v4} iif eth0 prohibit`,
      repair: `ip rule del pref 100`,
      probed: only6,
      broken: ['there b1 RouteRefuses', 'passes'],
    },
    {
      name: 'a route that an earlier pod has left leads to nobody',
      node: 'a1',
      line: `ip link add vold type veth peer name vold-end; ip link set vold up; ip link set vold-end up; ip route add ${pod4} dev vold`,
      repair: 'ip link del vold',
      probed: only6,
      broken: ['there a1 RouteAstray', 'passes'],
    },
    {
      name: 'a neighbour that was set by hand has another hardware address',
      node: 'b1',
      line: `ip neighbour replace ${pod4} lladdr 02:00:00:00:00:99 dev vpod nud permanent`,
      repair: `ip neighbour del ${pod4} dev vpod`,
      probed: only6,
      broken: ['there b1 PodHardwareAddressChanged', 'passes'],
    },
  ]
  test.each(cases)('$name', async ({ broken, line, node, probed, repair }) => {
    await breaks.line(node, line, repair)
    await world.nodes.expectProbed(probed)
    expect(await world.nodes.broken('a1', 'b1')).toEqual(broken)
  })

  test('the range is taken by the machine itself (https://github.com/cilium/cilium/issues/36817)', async () => {
    expect(await world.nodes.arrives('a1/pod', 'b1')).toBe(true)
    await breaks.line(
      'b1',
      `ip route add local ${v4} dev eth0 proto 66 table local; ip -6 route add local ${v6} dev eth0 proto 66 table local`,
      `ip route del local ${v4} dev eth0 table local; ip -6 route del local ${v6} dev eth0 table local`,
    )
    // Whoever listens on the machine answers in the pod's place.
    expect(await world.nodes.arrives('a1/pod', 'b1')).toBe(false)
    expect(await world.nodes.broken('a1', 'b1')).toEqual([
      'there b1 AddressSwallowed',
      'there b1 AddressSwallowed',
    ])
    const { hops } = await world.nodes.explain('a1', 'b1', 4)
    const swallowing = hops.find(({ finding }) => finding.code === 'AddressSwallowed')?.finding
    expect(swallowing?.message).toContain(
      'Google’s guest agent has made the route local 10.244.3.0/24 dev eth0',
    )
    expect(swallowing?.fix).toContain('ip_aliases = false')
  })
})

describe('a Node that would answer by another interface', () => {
  const asymmetric = (mode: number): Promise<void> =>
    breaks.line(
      'b1',
      `ip link add up2 type veth peer name up2-end; ip link set up2 up; ip link set up2-end up
       sysctl -qw net.ipv4.conf.eth0.rp_filter=${mode}; ip route add ${podRanges('a1')[0]} dev up2`,
      'ip link del up2; sysctl -qw net.ipv4.conf.eth0.rp_filter=0',
    )

  test('drops what comes in where rp_filter is strict', async () => {
    await asymmetric(1)
    await world.nodes.expectProbed(only6)
    expect(await world.nodes.arrives('a1', 'b1')).toBe(true)
    expect(await world.nodes.broken('a1', 'b1')).toEqual(['there b1 ReversePathFiltered', 'passes'])
  })

  test('takes it where rp_filter is loose, and sends the answer astray', async () => {
    await asymmetric(2)
    await world.nodes.expectProbed(only6)
    expect(await world.nodes.broken('a1', 'b1')).toEqual(['back b1 RouteAstray', 'passes'])
  })
})

describe('what the wire carries', () => {
  test('large packets are lost where the next Node takes smaller ones', async () => {
    await breaks.line('b1', 'ip link set eth0 mtu 1400', 'ip link set eth0 mtu 1500')
    // Small ones pass.
    await world.nodes.expectProbed(passes)
    expect(await world.nodes.carries('a1', 'b1', 1500)).toBe(false)
    expect(await world.nodes.carries('a1', 'b1', 1400)).toBe(true)
    expect(await world.nodes.broken('a1', 'b1')).toEqual(['there b1 MtuDrops', 'there b1 MtuDrops'])
  })

  test('packets shrink where the sender is told', async () => {
    await breaks.line('a1', 'ip link set eth0 mtu 1400', 'ip link set eth0 mtu 1500')
    await world.nodes.expectProbed(passes)
    const { hops } = await world.nodes.explain('a1', 'b1', 4)
    const wrong = hops.filter(({ finding }) => finding.severity !== 'ok')
    expect(wrong.map(({ at, finding, way }) => `${way} ${at} ${finding.code}`)).toEqual([
      'there a1 MtuShrinks',
      'back a1 MtuDrops',
    ])
  })
})
