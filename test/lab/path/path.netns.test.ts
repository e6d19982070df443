import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

import { nft, nftScript } from '../../../cni/testing/filter.ts'
import { parseAddress } from '../../../net/address.ts'
import { podAddresses, podRanges } from '../testing/sample-pods.ts'
import { PathWorld } from './path-world.ts'

let world: PathWorld

beforeAll(async () => {
  world = await PathWorld.create('path')
}, 120_000)

afterAll(() => world.close())

const passes = ['ok', 'ok']
const lost = ['lost', 'lost']
const only4 = ['ok', 'lost']
const only6 = ['lost', 'ok']
const healthy = ['passes', 'passes']

/** What mends the break of a test. */
const repairs: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const repair of repairs.splice(0).toReversed()) await repair()
  // Each break is one of its own only if the one before is gone.
  await world.settled()
  expect(await world.broken('a1', 'b1')).toEqual(healthy)
})

/** Breaks by a line on a node; the other one mends. */
async function breaks(node: 'a1' | 'b1', line: string, repair: string): Promise<void> {
  repairs.push(() => world.on(node, repair))
  await world.on(node, line)
}

const [v4, v6] = podRanges('b1')
const [pod4, pod6] = [podAddresses('b1')[4], podAddresses('b1')[6]]

describe('a way that is whole', () => {
  test('has no finding that is not ok, there and back, in both families', async () => {
    await world.expectProbed(passes)
    for (const family of [4, 6] as const) {
      const { hops } = await world.explain(world.pod('a1', family), world.pod('b1', family))
      expect(hops.filter(({ finding }) => finding.severity !== 'ok')).toEqual([])
      expect(hops.map(({ at, finding, way }) => `${way} ${at} ${finding.code}`)).toEqual([
        'there a1 PodInterfaceUp',
        'there a1 ForwardingOn',
        'there a1 RouteFound',
        'there a1 FirewallPasses',
        'there a1 AddressKept',
        'there cloud SenderMayForward',
        'there cloud CloudRouteFound',
        'there cloud ReceiverMayForward',
        'there b1 UplinkUp',
        'there b1 ForwardingOn',
        'there b1 RouteFound',
        'there b1 FirewallPasses',
        'there b1 PodInterfaceUp',
        'there b1 MtuFits',
        'back b1 PodInterfaceUp',
        'back b1 ForwardingOn',
        'back b1 RouteFound',
        'back b1 FirewallPasses',
        'back cloud SenderMayForward',
        'back cloud CloudRouteFound',
        'back cloud ReceiverMayForward',
        'back a1 UplinkUp',
        'back a1 ForwardingOn',
        'back a1 RouteFound',
        'back a1 FirewallPasses',
        'back a1 PodInterfaceUp',
        'back a1 MtuFits',
      ])
    }
  })
})

/** A table with one chain. */
const chainOf = (family: string, hook: string, ...rules: readonly string[]): string =>
  `table ${family} other { chain guard { type filter hook ${hook} priority 0; ${rules.map((rule) => `${rule};`).join(' ')} } }`

/** Lays a table `other` that mends when it is gone. */
async function breaksRules(node: 'a1' | 'b1', rules: string): Promise<void> {
  const { name } = world.stage.machine(node)
  const [, family = ''] = rules.split(/\s+/)
  repairs.push(() => Promise.resolve(nft(name, 'delete', 'table', family, 'other')))
  nftScript(name, `${rules.replaceAll('; }', '\n}').replaceAll('} }', '}\n}')}\n`)
  return Promise.resolve()
}

const arrivesNot = async (): Promise<void> => expect(await world.arrives('a1/pod', 'b1')).toBe(false)

describe('breaks on the Nodes', () => {
  const cases: readonly {
    readonly name: string
    readonly node: 'a1' | 'b1'
    readonly line: string
    readonly repair: string
    readonly probed: readonly string[]
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
    await breaks(node, line, repair)
    await world.expectProbed(probed)
    expect(await world.broken('a1', 'b1')).toEqual(broken)
  })

  test('the range is taken by the machine itself (https://github.com/cilium/cilium/issues/36817)', async () => {
    expect(await world.arrives('a1/pod', 'b1')).toBe(true)
    await breaks(
      'b1',
      `ip route add local ${v4} dev eth0 proto 66 table local; ip -6 route add local ${v6} dev eth0 proto 66 table local`,
      `ip route del local ${v4} dev eth0 table local; ip -6 route del local ${v6} dev eth0 table local`,
    )
    // Whoever listens on the machine answers in the pod's place.
    await arrivesNot()
    expect(await world.broken('a1', 'b1')).toEqual(['there b1 AddressSwallowed', 'there b1 AddressSwallowed'])
    const { hops } = await world.explain(world.pod('a1', 4), world.pod('b1', 4))
    const swallowing = hops.find(({ finding }) => finding.code === 'AddressSwallowed')?.finding
    expect(swallowing?.message).toContain(
      'Google’s guest agent has made the route local 10.244.3.0/24 dev eth0',
    )
    expect(swallowing?.fix).toContain('ip_aliases = false')
  })
})

describe('a Node that would answer by another interface', () => {
  const asymmetric = (mode: number): Promise<void> =>
    breaks(
      'b1',
      `ip link add up2 type veth peer name up2-end; ip link set up2 up; ip link set up2-end up
       sysctl -qw net.ipv4.conf.eth0.rp_filter=${mode}; ip route add ${podRanges('a1')[0]} dev up2`,
      'ip link del up2; sysctl -qw net.ipv4.conf.eth0.rp_filter=0',
    )

  test('drops what comes in where rp_filter is strict', async () => {
    await asymmetric(1)
    await world.expectProbed(only6)
    expect(await world.arrives('a1', 'b1')).toBe(true)
    expect(await world.broken('a1', 'b1')).toEqual(['there b1 ReversePathFiltered', 'passes'])
  })

  test('takes it where rp_filter is loose, and sends the answer astray', async () => {
    await asymmetric(2)
    await world.expectProbed(only6)
    expect(await world.broken('a1', 'b1')).toEqual(['back b1 RouteAstray', 'passes'])
  })
})

describe('an address that is on no Node', () => {
  const explain = () =>
    world.explain(world.pod('a1', 4), {
      name: 'the database',
      address: parseAddress(world.placed.db.addresses[4]),
      node: undefined,
      isHost: false,
    })
  const codes = async (): Promise<readonly string[]> =>
    (await explain()).hops
      .filter(({ finding }) => !/Forward|Uplink|Interface|Firewall|Mtu/.test(finding.code))
      .map(({ at, finding, way }) => `${way} ${at} ${finding.code}`)

  test('is followed as far as it can be seen, there and back', async () => {
    const { 4: db } = world.placed.db.addresses
    expect(await codes()).toEqual([
      'there a1 RouteFound',
      'there a1 AddressKept',
      'there cloud CloudRouteFound',
      `there ${db} OutOfSight`,
      `back ${db} OutOfSight`,
      'back a1 RouteFound',
    ])
  })

  test('answers to the Node where pods are masqueraded', async () => {
    const { 4: db } = world.placed.db.addresses
    await breaksRules(
      'a1',
      `table ip other { chain hide { type nat hook postrouting priority 100;
        ip saddr 10.244.0.0/16 ip daddr != 10.244.0.0/16 masquerade
      } }`,
    )
    expect(await world.stage.probe('a1/pod', 'db')).toContain('natted')
    expect(await codes()).toEqual([
      'there a1 RouteFound',
      'there a1 AddressMasqueraded',
      'there cloud CloudRouteFound',
      `there ${db} OutOfSight`,
      `back ${db} OutOfSight`,
      'back a1 RouteFound',
    ])
  })
})

describe('breaks in the firewall', () => {
  const cases: readonly {
    readonly name: string
    readonly node: 'a1' | 'b1'
    readonly rules: string
    readonly probed: readonly string[]
    readonly found: readonly string[]
  }[] = [
    {
      name: 'a policy that drops what is forwarded',
      node: 'b1',
      rules: chainOf('inet', 'forward', 'policy drop'),
      probed: lost,
      found: ['there b1 FirewallDrops', 'there b1 FirewallDrops'],
    },
    {
      name: 'a rule that names the range the pod is in',
      node: 'a1',
      rules: chainOf('ip', 'forward', 'ip daddr 10.244.0.0/16 counter drop'),
      probed: only6,
      found: ['there a1 FirewallDrops', 'passes'],
    },
    {
      name: 'a rule that asks a set of ranges, in a chain of its own',
      node: 'b1',
      rules: `table ip6 other {
        set bad { type ipv6_addr; flags interval; elements = { fd00:99::/32, fd00:10:244::/48 } }
        chain deep { ip6 saddr @bad reject; }
        chain guard { type filter hook forward priority 0; meta l4proto { tcp, udp, icmpv6 } accept; }
        chain early { type filter hook prerouting priority -200; iifname "eth0" jump deep; }
      }`,
      probed: only4,
      found: ['passes', 'there b1 FirewallDrops'],
    },
    {
      name: 'what answers is let through, and nothing that begins',
      node: 'b1',
      rules: chainOf(
        'inet',
        'forward',
        'policy drop',
        'ct state vmap { established : accept, related : accept, invalid : drop }',
      ),
      probed: lost,
      found: ['there b1 FirewallDrops', 'there b1 FirewallDrops'],
    },
    {
      name: 'answers are let through where the connection began',
      node: 'a1',
      rules: chainOf(
        'inet',
        'forward',
        'policy drop',
        'ct state established,related accept',
        'ip saddr 10.244.1.0/24 accept',
        'ip6 saddr fd00:10:244:1::/64 accept',
      ),
      probed: passes,
      found: healthy,
    },
    {
      name: 'others are dropped, and these pods are not',
      node: 'b1',
      rules: `table inet other {
        set bad { type ipv4_addr; flags interval; elements = { 10.244.0.0-10.244.0.255, 10.244.2.0/24 } }
        chain guard { type filter hook forward priority 0;
          ip saddr @bad drop
          ip daddr != 10.244.3.0/24 ip saddr 10.244.1.2 drop
          oifname != "vpod" iifname "eth0" ip6 nexthdr tcp drop
        }
      }`,
      probed: passes,
      found: healthy,
    },
  ]
  test.each(cases)('$name', async ({ found, node, probed, rules }) => {
    await breaksRules(node, rules)
    await world.expectProbed(probed)
    expect(await world.broken('a1', 'b1')).toEqual(found)
  })

  test('what a rule for a port does is not known, and is named', async () => {
    await breaksRules('b1', chainOf('inet', 'forward', 'tcp dport 7777 drop'))
    await world.expectProbed(passes)
    const { hops } = await world.explain(world.pod('a1', 4), world.pod('b1', 4))
    const [unclear] = hops.filter(({ finding }) => finding.severity !== 'ok')
    expect(unclear).toMatchObject({ at: 'b1', finding: { code: 'FirewallUnclear', severity: 'unknown' } })
    expect(unclear?.finding.message).toContain(
      'chain guard of table inet other (hook forward) (the rule with handle',
    )
  })

  test('pods are hidden behind their Node on the way to other pods', async () => {
    await breaksRules(
      'a1',
      `table inet other { chain hide { type nat hook postrouting priority 100;
        ip saddr 10.244.0.0/16 ip daddr != 10.244.1.0/24 masquerade
        ip6 saddr fd00:10:244::/48 masquerade
      } }`,
    )
    await world.expectProbed(['natted', 'natted'])
    expect(await world.broken('a1', 'b1')).toEqual(healthy)
    for (const family of [4, 6] as const) {
      const { hops } = await world.explain(world.pod('a1', family), world.pod('b1', family))
      const wrong = hops.filter(({ finding }) => finding.severity !== 'ok')
      expect(wrong.map(({ at, finding, way }) => `${way} ${at} ${finding.code}`)).toEqual([
        'there a1 AddressHidden',
      ])
    }
  })
})

describe('breaks in the cloud', () => {
  const route = (to: 'a1' | 'b1', table: 'a1' | 'b1') => ({
    RouteTableId: world.placed[table].table,
    DestinationCidrBlock: podRanges(to)[0],
  })
  const mended = (work: () => Promise<unknown>): void => {
    repairs.push(async () => {
      await work()
      await world.sync()
    })
  }

  test('the route there is missing', async () => {
    mended(() => world.ec2.createRoute({ ...route('b1', 'a1'), NetworkInterfaceId: world.placed.b1.eni }))
    await world.ec2.deleteRoute(route('b1', 'a1'))
    await world.sync()
    await world.expectProbed(only6)
    expect(await world.broken('a1', 'b1')).toEqual(['there cloud CloudRouteMissing', 'passes'])
  })

  test('the route back is missing, in the other subnet’s table', async () => {
    mended(() => world.ec2.createRoute({ ...route('a1', 'b1'), NetworkInterfaceId: world.placed.a1.eni }))
    await world.ec2.deleteRoute(route('a1', 'b1'))
    await world.sync()
    await world.expectProbed(only6)
    expect(await world.broken('a1', 'b1')).toEqual(['back cloud CloudRouteMissing', 'passes'])
  })

  test('the route leads to another machine', async () => {
    mended(() => world.ec2.replaceRoute({ ...route('b1', 'a1'), NetworkInterfaceId: world.placed.b1.eni }))
    await world.ec2.replaceRoute({ ...route('b1', 'a1'), NetworkInterfaceId: world.placed.db.eni })
    await world.sync()
    await world.expectProbed(only6)
    expect(await world.broken('a1', 'b1')).toEqual(['there cloud CloudRouteElsewhere', 'passes'])
  })

  test.each(['a1', 'b1'] as const)('the source/destination check of %s is on', async (node) => {
    const check = (on: boolean): Promise<unknown> =>
      world.ec2.modifyNetworkInterfaceAttribute({
        NetworkInterfaceId: world.placed[node].eni,
        SourceDestCheck: { Value: on },
      })
    mended(() => check(false))
    await check(true)
    await world.sync()
    await world.expectProbed(lost)
    const code = node === 'a1' ? 'SenderMayNotForward' : 'ReceiverMayNotForward'
    expect(await world.broken('a1', 'b1')).toEqual([`there cloud ${code}`, `there cloud ${code}`])
  })

  test('the instance does not run: its routes are black holes', async () => {
    mended(() => world.ec2.startInstances({ InstanceIds: [world.placed.b1.instance] }))
    await world.ec2.stopInstances({ InstanceIds: [world.placed.b1.instance] })
    await world.sync()
    await world.expectProbed(lost)
    expect(await world.broken('a1', 'b1')).toEqual([
      'there cloud CloudRouteBlackhole',
      'there cloud CloudRouteBlackhole',
    ])
  })
})

describe('what the wire carries', () => {
  test('large packets are lost where the next Node takes smaller ones', async () => {
    await breaks('b1', 'ip link set eth0 mtu 1400', 'ip link set eth0 mtu 1500')
    // Small ones pass.
    await world.expectProbed(passes)
    expect(await world.carries('a1', 'b1', 1500)).toBe(false)
    expect(await world.carries('a1', 'b1', 1400)).toBe(true)
    expect(await world.broken('a1', 'b1')).toEqual(['there b1 MtuDrops', 'there b1 MtuDrops'])
  })

  test('packets shrink where the sender is told', async () => {
    await breaks('a1', 'ip link set eth0 mtu 1400', 'ip link set eth0 mtu 1500')
    await world.expectProbed(passes)
    const { hops } = await world.explain(world.pod('a1', 4), world.pod('b1', 4))
    const wrong = hops.filter(({ finding }) => finding.severity !== 'ok')
    expect(wrong.map(({ at, finding, way }) => `${way} ${at} ${finding.code}`)).toEqual([
      'there a1 MtuShrinks',
      'back a1 MtuDrops',
    ])
  })
})
