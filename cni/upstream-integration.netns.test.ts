import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { invoke } from './testing/binary.ts'
import { transferTime } from './testing/transfer.ts'
import { TestNode, ip, links } from './testing/world.ts'

type Plugin = Readonly<Record<string, unknown>>

interface NetworkList {
  readonly cniVersion: string
  readonly name: string
  readonly plugins: readonly Plugin[]
}

let testNode: TestNode
beforeEach(() => {
  testNode = new TestNode()
})
afterEach(() => testNode.remove())

const hostLocal = (subnet: string): Plugin => ({ type: 'host-local', subnet, dataDir: testNode.dataDir })

/** The files of upstream's integration/testdata. Two of them say `bandWidth`, which Go reads as if it were written right. */
const basicPtp = (): NetworkList => ({
  cniVersion: '0.3.0',
  name: 'basic-ptp',
  plugins: [{ type: 'ptp', ipMasq: true, mtu: 512, ipam: hostLocal('10.1.2.0/24') }],
})

const chainedPtpBandwidth = (): NetworkList => ({
  cniVersion: '0.3.1',
  name: 'chained-ptp-bandwidth',
  plugins: [
    { type: 'ptp', ipMasq: true, mtu: 512, ipam: hostLocal('10.9.2.0/24') },
    {
      type: 'bandwidth',
      runtimeConfig: {
        bandwidth: { ingressRate: 800, ingressBurst: 200, egressRate: 800, egressBurst: 200 },
      },
    },
  ],
})

const bridged = (bridge: string, subnet: string): Plugin => ({
  type: 'bridge',
  bridge,
  isDefaultGateway: true,
  ipam: hostLocal(subnet),
})

const basicBridge = (): NetworkList => ({
  cniVersion: '0.3.1',
  name: 'network-chain-test',
  plugins: [bridged('test-bridge-0', '10.11.2.0/24')],
})

const limits = { ingressRate: 8000, ingressBurst: 16_000, egressRate: 8000, egressBurst: 16_000 }
const chainedBridgeBandwidth = (): NetworkList => ({
  cniVersion: '0.3.1',
  name: 'network-chain-test',
  plugins: [
    bridged('test-bridge-1', '10.12.2.0/24'),
    { type: 'bandwidth', runtimeConfig: { bandwidth: limits } },
  ],
})

/**
 * Goes through a list as cnitool does by libcni: for an ADD each plugin gets the result of the one before, for a DEL they
 * come the other way round. libcni hands DEL the last result from CNI 0.4.0 on, which none of these lists is.
 */
function cnitool(command: 'add' | 'del', { cniVersion, name, plugins }: NetworkList, netns: string): void {
  let prevResult: unknown
  for (const plugin of command === 'add' ? plugins : plugins.toReversed()) {
    const config = { ...plugin, cniVersion, name, ...(prevResult === undefined ? {} : { prevResult }) }
    const ended = invoke({
      command: command.toUpperCase(),
      containerId: `cnitool-${netns}`,
      netns: `/run/netns/${netns}`,
      config,
      file: testNode.plugin(String(plugin.type)),
    })
    expect(ended, ended.stdout).toMatchObject({ code: 0, stderr: '' })
    if (command === 'add') prevResult = ended.json
  }
}

const addressOf = (netns: string): string =>
  links(netns)
    .filter(({ ifname }) => ifname !== 'lo')
    .flatMap(({ addr_info }) => addr_info.map(({ local }) => local))
    .find((address) => address.startsWith('10.')) ?? ''

/** The scenarios of upstream's integration_linux_test.go, by their names there. */
describe('Basic PTP using cnitool', () => {
  it.each([
    { name: 'supports basic network add and del operations', list: basicPtp, expected: '10.1.2.' },
    { name: 'supports add and del with ptp + bandwidth', list: chainedPtpBandwidth, expected: '10.9.2.' },
  ])('$name', ({ list, expected }) => {
    const before = testNode.traces()
    const { name } = testNode.pod('cni-test-cont')
    cnitool('add', list(), name)
    expect(addressOf(name)).toContain(expected)
    cnitool('del', list(), name)
    expect(testNode.traces()).toEqual(before)
    expect(links(name).map(({ ifname }) => ifname)).toEqual(['lo'])
  })

  describe('when the bandwidth plugin is chained with a plugin that returns multiple adapters', () => {
    it('limits traffic only on the restricted bandwidth veth device', async () => {
      const [restricted, basic] = ['cni-test-cont1', 'cni-test-cont2'].map((one) => testNode.pod(one).name)
      cnitool('add', chainedBridgeBandwidth(), restricted ?? '')
      cnitool('add', basicBridge(), basic ?? '')
      const [limited, free] = [addressOf(restricted ?? ''), addressOf(basic ?? '')]
      expect(limited).toContain('10.12.2.')
      expect(free).toContain('10.11.2.')
      // Past what the burst lets through at once: 20 000 bytes take over a second with 8000 bits in one.
      const time = (to: string | undefined, address: string): Promise<number> =>
        transferTime({ from: undefined, to, address, skip: 1000, measure: 3000 })
      const withLimit = await time(restricted, limited)
      expect(withLimit).toBeGreaterThan((await time(basic, free)) + 1000)
      cnitool('del', chainedBridgeBandwidth(), restricted ?? '')
      cnitool('del', basicBridge(), basic ?? '')
      expect(links(restricted).map(({ ifname }) => ifname)).toEqual(['lo'])
      const left = links().map(({ ifname }) => ifname)
      expect(left.filter((ifname) => /^(veth|bwp)/.test(ifname))).toEqual([])
      for (const bridge of ['test-bridge-0', 'test-bridge-1']) ip(undefined, 'link', 'del', bridge)
    })
  })
})
