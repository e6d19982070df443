import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { describeUnless } from '../test/install/describe-unless.ts'
import { whyNoNft } from '../test/nft/nft.ts'
import { isAtLeast } from './spec/version.ts'
import { specVersions, said } from './testing/any-version.ts'
import { invoke } from './testing/binary.ts'
import { backendNote, message } from './testing/calls.ts'
import { exchange } from './testing/exchange.ts'
import { nft } from './testing/filter.ts'
import { TestNode, link, links, routes } from './testing/world.ts'
import { writeFileSync } from 'node:fs'

let testNode: TestNode
beforeEach(() => {
  testNode = new TestNode()
})
afterEach(() => testNode.remove())

const v4 = { ranges: [[{ subnet: '10.1.2.0/24' }]] }

/** The scenarios of upstream's ptp_test.go, by their names there. */
describe.each(specVersions)('ptp of $version', ({ version, lists, check, status }) => {
  const config = (fields: object = {}, ipam: object = v4): object =>
    testNode.config({ cniVersion: version, name: 'mynet', type: 'ptp', ...fields }, ipam)

  const call = (command: string, netns: string, conf: object): ReturnType<typeof invoke> =>
    invoke({
      command,
      netns,
      config: conf,
      file: testNode.plugin('ptp'),
      ifName: 'ptp0',
      containerId: 'dummy',
    })

  /** doTest of upstream: STATUS, ADD, the link and its gateways, CHECK, DEL. */
  async function attach(conf: object, expected: { ips: readonly string[]; dns?: object }): Promise<unknown> {
    const pod = testNode.pod('target')
    if (status) expect(call('STATUS', pod.path, conf)).toMatchObject({ code: 0, stdout: '' })
    const added = call('ADD', pod.path, conf)
    expect(added).toMatchObject({ code: 0, stderr: backendNote(conf), json: { cniVersion: version } })
    expect(said(added.json).ips).toEqual(expected.ips)
    // The reference's older results always have the key.
    const none = isAtLeast(version, '1.0.0') ? undefined : {}
    expect((added.json as { dns?: object }).dns).toEqual(expected.dns ?? none)
    const own = link('ptp0', pod.name)
    if (lists) {
      expect((added.json as { interfaces: unknown }).interfaces).toEqual([
        { name: expect.stringMatching(/^veth/) as string, mac: expect.any(String) as string },
        { name: 'ptp0', mac: own.address, sandbox: pod.path },
      ])
    }
    for (const text of expected.ips) {
      const [address = '', gateway = ''] = text.split(' ')
      const seen = await exchange(pod.name, { netns: undefined, address: gateway })
      expect(seen).toBe(address.split('/')[0])
    }
    const checked = call('CHECK', pod.path, { ...conf, prevResult: added.json })
    if (check) expect(checked).toMatchObject({ code: 0, stdout: '' })
    else expect(message(checked)).toBe('config version does not allow CHECK')
    const podRoutes = [...routes(4, pod.name), ...routes(6, pod.name)]
    const { mtu } = own
    const rules = whyNoNft() === undefined ? nft(undefined, 'list', 'ruleset') : ''
    expect(call('DEL', pod.path, conf)).toMatchObject({ code: 0, stdout: '' })
    expect(links(pod.name).map(({ ifname }) => ifname)).toEqual(['lo'])
    expect(testNode.reservations('mynet')).toEqual([])
    return { podRoutes, mtu, rules, result: added.json }
  }

  it('configures and deconfigures a ptp link with ADD/DEL', async () => {
    const made = await attach(config({ mtu: 5000 }), { ips: ['10.1.2.2/24 10.1.2.1'] })
    expect(made).toMatchObject({ mtu: 5000 })
  })

  /** masquerade.netns.test.ts looks at packets. */
  describeUnless(whyNoNft(), 'masquerading', () => {
    it.each([
      { name: 'configures and deconfigures a ptp link with ADD/DEL', backend: undefined },
      { name: 'with iptables backend', backend: 'iptables' },
      { name: 'with nftables backend', backend: 'nftables' },
    ])('$name', async ({ backend }) => {
      const ipMasq = { ipMasq: true, mtu: 5000, ...(backend === undefined ? {} : { ipMasqBackend: backend }) }
      const made = await attach(config(ipMasq), { ips: ['10.1.2.2/24 10.1.2.1'] })
      expect(made).toMatchObject({ mtu: 5000, rules: expect.stringContaining('masquerade') as string })
      expect(nft(undefined, 'list', 'ruleset')).toBe('')
    })
  })

  it('has the kernel’s MTU where the configuration names none', async () => {
    expect(await attach(config(), { ips: ['10.1.2.2/24 10.1.2.1'] })).toMatchObject({ mtu: 1500 })
  })

  it('configures and deconfigures a dual-stack ptp link + routes with ADD/DEL', async () => {
    const ranges = [[{ subnet: '10.1.2.0/24' }], [{ subnet: '2001:db8:1::0/66' }]]
    const dsts = ['0.0.0.0/0', '192.168.0.0/16', '1.2.3.4/32', '2001:db8:2::/64']
    const made = await attach(config({}, { ranges, routes: dsts.map((dst) => ({ dst })) }), {
      ips: ['10.1.2.2/24 10.1.2.1', '2001:db8:1::2/66 2001:db8:1::1'],
    })
    const { podRoutes, result } = made as { podRoutes: readonly object[]; result: unknown }
    expect(said(result).routes).toEqual(dsts)
    for (const dst of ['default', '192.168.0.0/16', '1.2.3.4', '2001:db8:2::/64'])
      expect(podRoutes).toContainEqual(
        expect.objectContaining({ dst, gateway: dst.includes(':') ? '2001:db8:1::1' : '10.1.2.1' }),
      )
  })

  describe('DNS settings', () => {
    const resolvConf = (): object => {
      const file = `${testNode.dataDir}/resolv.conf`
      writeFileSync(file, 'nameserver 192.0.2.3\n')
      return { ...v4, resolvConf: file }
    }
    const ips = ['10.1.2.2/24 10.1.2.1']

    it('does not override IPAM DNS settings if no DNS settings provided', async () => {
      await attach(config({}, resolvConf()), { ips, dns: { nameservers: ['192.0.2.3'] } })
    })

    it.each([
      { dns: { nameservers: ['192.0.2.4'] } },
      { dns: { domain: 'example.com' } },
      { dns: { search: ['example.com', 'sub.example.com'] } },
      { dns: { options: ['ndots:5'] } },
    ])('overrides IPAM DNS settings if any DNS settings provided: $dns', async ({ dns }) => {
      await attach(config({ dns }, resolvConf()), { ips, dns })
    })

    it('overrides IPAM DNS settings if any empty list DNS settings provided', async () => {
      const dns = { nameservers: [], search: [], options: [] }
      await attach(config({ dns }, resolvConf()), { ips })
    })
  })

  it('deconfigures an unconfigured ptp link with DEL', () => {
    const pod = testNode.pod('target')
    expect(call('DEL', pod.path, config())).toMatchObject({ code: 0, stdout: '' })
  })
})
