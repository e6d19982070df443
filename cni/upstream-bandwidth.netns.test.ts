import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Ending, invoke } from './testing/binary.ts'
import { message } from './testing/calls.ts'
import { qdiscs, redirects } from './testing/shaping.ts'
import { transferTime } from './testing/transfer.ts'
import { TestNode, ip, link, links } from './testing/world.ts'

let testNode: TestNode
beforeEach(() => {
  testNode = new TestNode()
})
afterEach(() => testNode.remove())

/** Upstream's `bwp` and the SHA-512 of "cni-plugin-bandwidth-test" and "dummy", as its test has it. */
const ifbName = 'bwpa8eda89404b7'
const hostMtu = 1024
const versions = ['0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0']

/** The scenarios of upstream's bandwidth_linux_test.go, by their names there. */
describe.each(versions)('bandwidth of %s', (cniVersion) => {
  const hasCheck = !cniVersion.startsWith('0.3')
  let netns = ''
  beforeEach(() => {
    const pod = testNode.pod('container')
    netns = pod.path
    const peer = ['peer', 'name', 'container-veth', 'netns', pod.name, 'mtu', String(hostMtu)]
    ip(undefined, 'link', 'add', 'host-veth', 'mtu', String(hostMtu), 'type', 'veth', ...peer)
    ip(undefined, 'link', 'set', 'host-veth', 'up')
  })

  const config = (fields: object, interfaces?: readonly object[]): object => ({
    cniVersion,
    name: 'cni-plugin-bandwidth-test',
    type: 'bandwidth',
    ...fields,
    prevResult: {
      interfaces: interfaces ?? [{ name: 'host-veth' }, { name: 'container-veth', sandbox: netns }],
      ips: [{ version: '4', address: '10.0.0.2/24', gateway: '10.0.0.1', interface: 1 }],
      routes: [],
    },
  })

  const call = (command: string, conf: object, ifName = 'container-veth'): Ending =>
    invoke({ command, netns, ifName, containerId: 'dummy', config: conf, file: testNode.plugin('bandwidth') })

  const interfaceNames = ({ json }: Ending): readonly string[] =>
    (json as { interfaces: readonly { name: string }[] }).interfaces.map(({ name }) => name)

  const buckets = (dev: string): readonly unknown[] =>
    qdiscs(dev).map(({ kind, options: { rate } }) => (kind === 'tbf' ? `tbf ${rate ?? 0}` : kind))

  const all = { ingressRate: 8, ingressBurst: 8, egressRate: 16, egressBurst: 9 }

  it.each([
    { name: 'works with a Veth pair', fields: all },
    { name: 'works with a Veth pair using runtime config', fields: { runtimeConfig: { bandwidth: all } } },
  ])('$name', ({ fields }) => {
    const added = call('ADD', config(fields))
    expect(added, added.stdout).toMatchObject({ code: 0, stderr: '', json: { cniVersion } })
    expect(interfaceNames(added)).toEqual(['host-veth', 'container-veth', ifbName])
    expect(added.json).toMatchObject({
      interfaces: [{ name: 'host-veth' }, { sandbox: netns }, { mac: link(ifbName).address }],
      ips: [{ address: '10.0.0.2/24', gateway: '10.0.0.1', interface: 1 }],
    })
    expect(link(ifbName).mtu).toBe(hostMtu)
    expect(buckets(ifbName)).toEqual(['tbf 2'])
    expect(redirects('host-veth')).toEqual([ifbName])
    expect(buckets('host-veth')).toEqual(['tbf 1', 'ingress'])
    const checked = call('CHECK', { ...config(fields), prevResult: added.json })
    if (hasCheck) expect(checked).toMatchObject({ code: 0, stdout: '' })
    else expect(message(checked)).toBe('config version does not allow CHECK')
  })

  it('does not apply ingress when disabled', () => {
    const added = call('ADD', config({ ...all, ingressRate: 0, ingressBurst: 0 }))
    expect(interfaceNames(added)).toEqual(['host-veth', 'container-veth', ifbName])
    expect(buckets(ifbName)).toEqual(['tbf 2'])
    expect(buckets('host-veth')).toEqual(['ingress'])
  })

  it('does not apply egress when disabled', () => {
    const added = call('ADD', config({ ...all, egressRate: 0, egressBurst: 0 }))
    expect(interfaceNames(added)).toEqual(['host-veth', 'container-veth'])
    expect(links().some(({ ifname }) => ifname === ifbName)).toBe(false)
    expect(buckets('host-veth')).toEqual(['tbf 1'])
    expect(redirects('host-veth')).toEqual([])
  })

  const invalid = { ingressRate: 0, ingressBurst: 123, egressRate: 123, egressBurst: 123 }
  it.each([
    { name: 'fails an invalid ingress config', fields: invalid },
    {
      name: 'should apply static config when both static config and runtime config exist',
      fields: { ...invalid, runtimeConfig: { bandwidth: all } },
    },
  ])('$name', ({ fields }) => {
    const failed = call('ADD', config(fields))
    expect(failed.code).toBe(1)
    expect(message(failed)).toBe('if burst is set, rate must also be set')
  })

  it('works with a Veth pair using 0.3.0 config', () => {
    const conf = config({ ...all, egressRate: 9 })
    expect(call('ADD', conf).code).toBe(0)
    expect(call('DEL', conf)).toMatchObject({ code: 0, stdout: '' })
    expect(links().some(({ ifname }) => ifname === ifbName)).toBe(false)
  })

  it('should work with multiple host veth interfaces', () => {
    ip(undefined, 'link', 'add', 'host-veth-peer1', 'type', 'veth', 'peer', 'name', 'host-veth-peer2')
    const names = ['host-veth-peer1', 'host-veth-peer2', 'host-veth']
    const interfaces = [...names.map((name) => ({ name })), { name: 'container-veth', sandbox: netns }]
    const added = call('ADD', config(all, interfaces))
    expect(interfaceNames(added)).toEqual([...names, 'container-veth', ifbName])
    expect(link(ifbName).mtu).toBe(hostMtu)
    expect(buckets(ifbName)).toEqual(['tbf 2'])
    expect(redirects('host-veth')).toEqual([ifbName])
    expect(buckets('host-veth')).toEqual(['tbf 1', 'ingress'])
    for (const name of names.slice(0, 2)) expect(buckets(name)).toEqual([])
    ip(undefined, 'link', 'del', 'host-veth-peer1')
  })

  /** Upstream's is a macvlan: the kernels of test machines may have none. */
  it('should fail when container interface has no veth peer', () => {
    const failed = call('ADD', config(all, [{ name: 'host-veth' }, { name: 'lo', sandbox: netns }]), 'lo')
    expect(message(failed)).toBe(
      'container interface lo has no veth peer: interface "lo" was not a veth interface',
    )
    expect(message(call('ADD', config(all), 'eth9'))).toBe(
      'container interface eth9 has no veth peer: could not look up "eth9": Link not found',
    )
  })

  it('should fail when preResult has no interfaces', () => {
    expect(message(call('ADD', config(all, [])))).toBe('no interfaces provided')
  })

  it('should fail when veth peer of container interface does not match any of host interfaces in preResult', () => {
    const interfaces = [{ name: 'host-veth-fake' }, { name: 'container-veth', sandbox: netns }]
    expect(message(call('ADD', config(all, interfaces)))).toBe(
      'no veth peer of container interface found in host ns',
    )
    expect(links().some(({ ifname }) => ifname === ifbName)).toBe(false)
  })
})

/** Upstream measures 1000 bytes a second with an MTU of 512, and wants a second more. */
describe('when chaining bandwidth plugin with PTP', () => {
  it('limits ingress traffic on veth device', async () => {
    const ipam = { ranges: [[{ subnet: '10.1.2.0/24' }]] }
    const ptp = testNode.config({ type: 'ptp', name: 'myBWnet', mtu: 512 }, ipam)
    const times: number[] = []
    for (const [containerId, limited, address] of [
      ['dummy', true, '10.1.2.2'],
      ['dummy2', false, '10.1.2.3'],
    ] as const) {
      const netns = testNode.pod(containerId).path
      const common = { netns, ifName: 'ptp0', containerId }
      const { json } = invoke({ command: 'ADD', ...common, config: ptp, file: testNode.plugin('ptp') })
      if (limited) {
        const one = { ingressRate: 80_000, ingressBurst: 160_000, egressRate: 80_000, egressBurst: 160_000 }
        const bandwidth = { ...ptp, type: 'bandwidth', ipam: undefined, runtimeConfig: { bandwidth: one } }
        const file = testNode.plugin('bandwidth')
        const added = invoke({ command: 'ADD', ...common, config: { ...bandwidth, prevResult: json }, file })
        expect(added, added.stdout).toMatchObject({ code: 0 })
        const checked = invoke({
          command: 'CHECK',
          ...common,
          config: { ...bandwidth, prevResult: added.json },
          file,
        })
        expect(checked).toMatchObject({ code: 0, stdout: '' })
      }
      times.push(await transferTime({ from: undefined, to: containerId, address, skip: 1, measure: 30_000 }))
    }
    const [withLimit = 0, without = 0] = times
    expect(withLimit).toBeGreaterThan(without + 1000)
  })
})
