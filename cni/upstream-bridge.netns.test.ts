import { writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { describeUnless } from '../test/install/describe-unless.ts'
import { whyNoNft } from '../test/nft/nft.ts'
import { isAtLeast } from './spec/version.ts'
import { said, specVersions } from './testing/any-version.ts'
import { type Ending, invoke, run } from './testing/binary.ts'
import { linkState, vlansOf, whyNoVlanFiltering } from './testing/bridges.ts'
import { backendNote, message } from './testing/calls.ts'
import { nft } from './testing/filter.ts'
import { TestNode, link, links, routes } from './testing/world.ts'

let testNode: TestNode
beforeEach(() => {
  testNode = new TestNode()
})
afterEach(() => testNode.remove())

/** This may be a kernel that has none: nothing is left out for that, since test/uml plays it on one that has. */
const noVlans = whyNoVlanFiltering()

/** What a case of upstream's configures, and expects. */
interface Case {
  readonly fields?: object
  readonly subnets?: readonly string[]
  /** The gateway's addresses, one a subnet. */
  readonly gateways?: readonly string[]
  readonly resolvConf?: boolean
  readonly environment?: Readonly<Record<string, string>>
  readonly vlans?: readonly string[]
}

/** Upstream's: by their numbers there. */
const layer3: readonly Case[] = [
  { subnets: ['10.1.2.0/24'], gateways: ['10.1.2.1/24'] },
  { subnets: ['2001:db8::0/64'], gateways: ['2001:db8::1/64'] },
  { subnets: ['192.168.0.0/24', 'fd00::0/64'], gateways: ['192.168.0.1/24', 'fd00::1/64'] },
  {
    subnets: ['192.168.0.0/24', 'fd00::0/64', '2001:db8::0/64'],
    gateways: ['192.168.0.1/24', 'fd00::1/64', '2001:db8::1/64'],
  },
]

/** The scenarios of upstream's bridge_test.go, by their names there. */
describe.each(specVersions)('bridge of $version', ({ version, lists, check, status }) => {
  const config = ({ fields, subnets, gateways, resolvConf }: Case): Record<string, unknown> => {
    const file = `${testNode.dataDir}/resolv.conf`
    if (resolvConf === true) writeFileSync(file, 'nameserver 192.0.2.3\n')
    const ipam = {
      type: 'host-local',
      dataDir: testNode.dataDir,
      ranges: subnets?.map((subnet) => [{ subnet }]),
      resolvConf: resolvConf === true ? file : undefined,
    }
    const name = { cniVersion: version, name: 'testConfig', type: 'bridge', bridge: 'bridge0' }
    const isDefaultGateway = gateways === undefined ? undefined : true
    return { ...name, isDefaultGateway, ...fields, ipam: subnets === undefined ? undefined : ipam }
  }

  const call = (command: string, netns: string, conf: object, environment = {}): Ending =>
    invoke({
      command,
      netns,
      config: conf,
      file: testNode.plugin('bridge'),
      containerId: 'dummy',
      environment,
    })

  const addressesOf = (name: string, netns?: string): readonly string[] =>
    link(name, netns)
      .addr_info.filter(({ local }) => !local.startsWith('fe80'))
      .map(({ local, prefixlen }) => `${local}/${prefixlen}`)

  /** cmdAddDelTest and cmdAddDelCheckTest of upstream. */
  function attach(one: Case): { readonly port: string; readonly mac: string; readonly rules: string } {
    const pod = testNode.pod('target')
    const conf = config(one)
    const { subnets = [], gateways = [] } = one
    if (status) expect(call('STATUS', pod.path, conf)).toMatchObject({ code: 0, stdout: '' })
    const added = call('ADD', pod.path, conf, one.environment)
    if (!lists && (subnets.length === 0 || subnets.length > 2)) {
      expect(message(added)).toBe(
        subnets.length === 0
          ? 'cannot convert: no valid IP addresses'
          : `CNI version ${version} does not support more than 1 address per family`,
      )
      expect(links(pod.name).map(({ ifname }) => ifname)).toEqual(['lo'])
      return { port: '', mac: '', rules: '' }
    }
    expect(added).toMatchObject({ code: 0, stderr: backendNote(conf), json: { cniVersion: version } })
    const own = link('eth0', pod.name)
    const port = links().find(({ ifname }) => ifname.startsWith('veth'))?.ifname ?? ''
    const vlan = (one.fields as { vlan?: number } | undefined)?.vlan
    const onVlan = gateways.length > 0 && vlan !== undefined
    if (lists) {
      const { interfaces } = added.json as { interfaces: readonly { name: string }[] }
      const names = [{ name: 'bridge0', mac: link('bridge0').address }]
      const host = linkState(interfaces[1]?.name ?? '')
      expect(interfaces).toEqual([
        ...names,
        { name: expect.stringMatching(/^veth/) as string, mac: host.address },
        { name: 'eth0', mac: own.address, sandbox: pod.path },
        ...(onVlan ? [{ name: `bridge0.${vlan}`, mac: link(`bridge0.${vlan}`).address }] : []),
      ])
      expect(host).toMatchObject({ master: 'bridge0', linkinfo: { info_slave_data: { hairpin: false } } })
    }
    expect(addressesOf(onVlan ? `bridge0.${vlan}` : 'bridge0').toSorted()).toEqual(gateways.toSorted())
    const { ips, routes: told } = said(added.json)
    expect(ips).toHaveLength(subnets.length)
    const families = [...new Set(gateways.map((text) => (text.includes(':') ? 6 : 4)))] as (4 | 6)[]
    expect(told).toHaveLength(families.length)
    for (const family of families)
      expect(routes(family, pod.name)).toContainEqual(expect.objectContaining({ dst: 'default' }))
    const none = isAtLeast(version, '1.0.0') ? undefined : {}
    const dns = one.resolvConf === true ? { nameservers: ['192.0.2.3'] } : none
    expect((added.json as { dns?: object }).dns).toEqual(dns)
    if (one.vlans !== undefined) expect(vlansOf(port)).toEqual(one.vlans)
    const isUp =
      (one.fields as { disableContainerInterface?: boolean } | undefined)?.disableContainerInterface !== true
    expect(linkState('eth0', pod.name).operstate).toBe(isUp ? 'UP' : 'DOWN')
    const rules = whyNoNft() === undefined ? nft(undefined, 'list', 'ruleset') : ''
    const checked = call('CHECK', pod.path, { ...conf, prevResult: added.json })
    if (check) expect(checked).toMatchObject({ code: 0, stdout: '' })
    else expect(message(checked)).toBe('config version does not allow CHECK')
    const isolated = linkState(port).linkinfo?.info_slave_data?.isolated === true
    expect(isolated).toBe((one.fields as { portIsolation?: boolean } | undefined)?.portIsolation === true)

    expect(call('DEL', pod.path, conf)).toMatchObject({ code: 0, stdout: '' })
    expect(links(pod.name).map(({ ifname }) => ifname)).toEqual(['lo'])
    expect(testNode.reservations('testConfig')).toEqual([])
    return { port, mac: own.address, rules }
  }

  it('creates a bridge, and handles an existing bridge', () => {
    run('ip', 'link', 'add', 'bridge0', 'type', 'bridge')
    const { ifindex } = link('bridge0')
    attach({ subnets: ['10.1.2.0/24'] })
    expect(link('bridge0').ifindex).toBe(ifindex)
    expect(linkState('bridge0').promiscuity).toBe(0)
  })

  it.each([...layer3, { ...layer3[0], resolvConf: true }].map((one, i) => ({ i, one })))(
    '($i) configures and deconfigures a bridge and veth with default route with ADD/DEL/CHECK',
    ({ one }) => void attach(one),
  )

  it('configures and deconfigures a l2 bridge and veth with ADD/DEL', () => void attach({}))

  it('deconfigures an unconfigured bridge with DEL', () => {
    const pod = testNode.pod('target')
    expect(call('DEL', pod.path, config({ subnets: ['10.1.2.0/24'] }))).toMatchObject({ code: 0, stdout: '' })
  })

  it('ensure promiscuous mode on bridge', () => {
    attach({ subnets: ['10.1.2.0/24'], fields: { promiscMode: true } })
    expect(linkState('bridge0').promiscuity).toBe(1)
  })

  it.each([{ subnet: '10.1.2.0/24' }, { subnet: '2001:db8:42::/64' }])(
    'creates a bridge with a stable MAC addresses: $subnet',
    ({ subnet }) => {
      attach({ subnets: [subnet], fields: { isGateway: false } })
      const { address } = link('bridge0')
      testNode.forget('target')
      attach({ subnets: [subnet] })
      expect(link('bridge0').address).toBe(address)
    },
  )

  const mac = '02:00:00:00:00:00'
  it.each([
    { from: 'CNI_ARGS', args: mac, fields: {} },
    { from: 'Args', args: '02:00:00:00:04:56', fields: { args: { cni: { mac } } } },
    {
      from: 'RuntimeConfig',
      args: '02:00:00:00:04:56',
      fields: { args: { cni: { mac: '02:00:00:00:07:89' } }, runtimeConfig: { mac } },
    },
  ])('uses an explicit MAC addresses for the container iface (from $from)', ({ args, fields }) => {
    // Their test calls the plugin's function: host-local would refuse a key that it does not know.
    const environment = { CNI_ARGS: `IgnoreUnknown=1;MAC=${args}` }
    expect(attach({ subnets: ['10.1.2.0/24'], fields, environment }).mac).toBe(mac)
  })

  it('checks ip release in case of error', () => {
    const pod = testNode.pod('target')
    run('ip', '-n', pod.name, 'link', 'add', 'eth0', 'type', 'bridge')
    expect(call('ADD', pod.path, config({ subnets: ['10.1.2.0/24'] })).code).toBe(1)
    expect(testNode.reservations('testConfig')).toEqual([])
  })

  describeUnless(whyNoNft(), 'rules', () => {
    it.each([undefined, 'iptables', 'nftables'])(
      'configures a bridge and ipMasq rules with ipMasqBackend %s',
      (ipMasqBackend) => {
        const { rules } = attach({ subnets: ['10.1.2.0/24'], fields: { ipMasq: true, ipMasqBackend } })
        expect(rules).toContain('10.1.2.2')
        expect(rules).toContain('masquerade')
        expect(nft(undefined, 'list', 'ruleset')).toBe('')
      },
    )

    it('configures mac spoof-check (no mac spoofing)', () => {
      const { rules, mac: own } = attach({ subnets: ['10.1.2.0/24'], fields: { macspoofchk: true } })
      expect(rules).toContain(`ether saddr != ${own}`)
      expect(nft(undefined, 'list', 'ruleset')).toBe('')
    })
  })

  it('should fail when both IPAM and DisableContainerInterface are set', () => {
    const pod = testNode.pod('target')
    const conf = config({ subnets: ['10.1.2.0/24'], fields: { disableContainerInterface: true } })
    expect(message(call('ADD', pod.path, conf))).toBe(
      'cannot use IPAM when DisableContainerInterface flag is set',
    )
  })

  it('should set the container veth peer state down', () => {
    attach({ fields: { disableContainerInterface: true } })
  })

  it.each([false, true])(
    'when port-isolation is %s, should set the veth peer on node with isolation so',
    (portIsolation) => void attach({ fields: { portIsolation } }),
  )

  it.each([-100, 5000])('check vlan id when loading net conf: %i', (vlan) => {
    const pod = testNode.pod('target')
    expect(message(call('ADD', pod.path, config({ fields: { vlan } })))).toBe(
      `vlan: invalid VLAN ID ${vlan} (must be between 0 and 4094)`,
    )
  })

  describe.skipIf(noVlans !== undefined)(`VLANs${noVlans ? ` (${noVlans}; test/uml has them)` : ''}`, () => {
    const trunk = [{ id: 101 }, { minID: 200, maxID: 210 }]
    const tagged = ['101', ...Array.from({ length: 11 }, (_, index) => String(200 + index))]
    const [own, usual] = ['100 PVID Egress Untagged', '1 PVID Egress Untagged']
    it.each([
      {
        name: 'vlan id 100',
        fields: { vlan: 100, preserveDefaultVlan: true },
        vlans: ['1 Egress Untagged', own],
      },
      { name: 'vlanTrunk 101,200~210', fields: { vlanTrunk: trunk }, vlans: [usual, ...tagged] },
      {
        name: 'vlan 100, and vlanTrunk 101,200~210',
        fields: { vlan: 100, vlanTrunk: trunk },
        vlans: [own, ...tagged],
      },
      { name: 'vlan id 100 and no default vlan', fields: { vlan: 100 }, vlans: [own] },
    ])('configures and deconfigures a l2 bridge with $name using ADD/DEL', ({ fields, vlans }) => {
      attach({ fields, vlans })
    })

    it.each(
      layer3.flatMap((one, i) =>
        [true, false].map((preserveDefaultVlan) => ({ i, one, preserveDefaultVlan })),
      ),
    )(
      '($i) configures and deconfigures a bridge, veth with default route and vlanID 100 with ADD/DEL, default vlan $preserveDefaultVlan',
      ({ one, preserveDefaultVlan }) => {
        attach({ ...one, fields: { vlan: 100, preserveDefaultVlan } })
      },
    )
  })
})
