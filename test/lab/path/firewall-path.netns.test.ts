import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { AwsPathWorld } from './aws-path-world.ts'
import { Breaks } from './breaks.ts'
import { type NodeName, type Probed, healthy, lost, nodeNames, only4, only6, passes } from './path-nodes.ts'

let world: AwsPathWorld
let breaks: Breaks

beforeAll(async () => {
  world = await AwsPathWorld.create('fpath')
  breaks = new Breaks(world.nodes)
}, 120_000)

afterAll(() => world.close())

afterEach(async () => {
  await breaks.repair()
  expect(await world.nodes.broken('a1', 'b1')).toEqual(healthy)
})

/** A table with one chain. */
const chainOf = (family: string, hook: string, ...rules: readonly string[]): string =>
  `table ${family} other { chain guard { type filter hook ${hook} priority 0; ${rules.map((rule) => `${rule};`).join(' ')} } }`

describe('breaks in the firewall', () => {
  const cases: readonly {
    readonly name: string
    readonly node: NodeName
    readonly rules: string
    readonly probed: Probed
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
    breaks.rules(node, rules)
    await world.nodes.expectProbed(probed)
    expect(await world.nodes.broken('a1', 'b1')).toEqual(found)
  })

  test('what a rule for a port does is not known, and is named', async () => {
    breaks.rules('b1', chainOf('inet', 'forward', 'tcp dport 7777 drop'))
    await world.nodes.expectProbed(passes)
    const { hops } = await world.nodes.explain('a1', 'b1', 4)
    const [unclear] = hops.filter(({ finding }) => finding.severity !== 'ok')
    expect(unclear).toMatchObject({ at: 'b1', finding: { code: 'FirewallUnclear', severity: 'unknown' } })
    expect(unclear?.finding.message).toContain(
      'chain guard of table inet other (hook forward) (the rule with handle',
    )
  })

  test('pods are hidden behind their Node on the way to other pods', async () => {
    breaks.rules(
      'a1',
      `table inet other { chain hide { type nat hook postrouting priority 100;
        ip saddr 10.244.0.0/16 ip daddr != 10.244.1.0/24 masquerade
        ip6 saddr fd00:10:244::/48 masquerade
      } }`,
    )
    await world.nodes.expectProbed(['natted', 'natted'])
    expect(await world.nodes.broken('a1', 'b1')).toEqual(healthy)
    for (const family of [4, 6] as const) {
      const { hops } = await world.nodes.explain('a1', 'b1', family)
      const wrong = hops.filter(({ finding }) => finding.severity !== 'ok')
      expect(wrong.map(({ at, finding, way }) => `${way} ${at} ${finding.code}`)).toEqual([
        'there a1 AddressHidden',
      ])
    }
  })
})

describe('the rules that podway itself lays', () => {
  const rules = {
    masquerade: {
      sources: ['10.244.0.0/16', 'fd00:10:244::/48'],
      exceptions: ['10.244.0.0/16', 'fd00:10:244::/48'],
      linkLocal: true,
      randomFully: true,
    },
    antiSpoofing: true,
    blockMetadata: true,
  }
  const nothing = { antiSpoofing: false, blockMetadata: false }

  test('let pods pass to pods under their own addresses, and are clear about it', async () => {
    for (const node of nodeNames) {
      breaks.mendBy(() => world.nodes.setRules(node, nothing))
      await world.nodes.setRules(node, rules)
    }
    await world.nodes.expectProbed(passes)
    for (const family of [4, 6] as const) {
      const { hops } = await world.nodes.explain('a1', 'b1', family)
      expect(hops.filter(({ finding }) => finding.severity !== 'ok')).toEqual([])
      const firewall = hops.find(({ finding }) => finding.code === 'FirewallPasses')
      expect(firewall?.finding.message).toContain(
        'chain anti-spoofing of table inet podway (hook prerouting)',
      )
    }
  })

  test('without the pods’ own ranges among their exceptions they hide pods from pods', async () => {
    breaks.mendBy(() => world.nodes.setRules('a1', nothing))
    await world.nodes.setRules('a1', {
      ...rules,
      masquerade: { ...rules.masquerade, exceptions: ['10.244.1.0/24'] },
    })
    await world.nodes.expectProbed(['natted', 'natted'])
    const { hops } = await world.nodes.explain('a1', 'b1', 4)
    expect(hops.find(({ finding }) => finding.severity !== 'ok')).toMatchObject({
      at: 'a1',
      finding: { code: 'AddressHidden' },
    })
  })
})
