import { readFileSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { invoke } from './testing/binary.ts'
import { add, message, succeed } from './testing/calls.ts'
import { exchange } from './testing/exchange.ts'
import { TestNode, ip, link } from './testing/world.ts'

let testNode: TestNode
beforeEach(() => {
  testNode = new TestNode()
})
afterEach(() => testNode.remove())

const v4 = { ranges: [[{ subnet: '10.1.2.0/24' }]] }

/**
 * https://github.com/moby/moby/issues/22028, https://github.com/cloudfoundry/guardian/issues/46 (1460 on Google Cloud),
 * https://github.com/moby/moby/issues/49398 (1450 at Hetzner)
 */
describe('the MTU of a pod', () => {
  beforeEach(() => {
    ip(undefined, 'link', 'add', 'uplink', 'mtu', '1460', 'type', 'bridge')
    ip(undefined, 'link', 'set', 'uplink', 'up')
    ip(undefined, 'addr', 'add', '192.0.2.2/24', 'dev', 'uplink')
    ip(undefined, 'addr', 'add', 'fd00:7::2/64', 'dev', 'uplink', 'nodad')
  })
  const mtuOf = (fields: object = {}, ipam: object = v4): number => {
    const pod = testNode.pod('mtu')
    const result = add({ netns: pod.path, config: testNode.config(fields, ipam) })
    expect(link(result.interfaces[0]?.name ?? '').mtu).toBe(link('eth0', pod.name).mtu)
    return link('eth0', pod.name).mtu
  }

  it('is that of the interface that leads out', () => {
    ip(undefined, 'route', 'add', 'default', 'via', '192.0.2.1')
    expect(mtuOf()).toBe(1460)
  })

  it('is that of the route that leads out', () => {
    ip(undefined, 'route', 'add', 'default', 'via', '192.0.2.1', 'mtu', '1400')
    expect(mtuOf()).toBe(1400)
  })

  it('is the smaller one of both families', () => {
    ip(undefined, 'route', 'add', 'default', 'via', '192.0.2.1')
    ip(undefined, '-6', 'route', 'add', 'default', 'via', 'fd00:7::1', 'mtu', '1300')
    expect(mtuOf({}, {})).toBe(1300)
  })

  it('is what the configuration says, if it does', () => {
    ip(undefined, 'route', 'add', 'default', 'via', '192.0.2.1')
    expect(mtuOf({ mtu: 1234 })).toBe(1234)
  })

  it('is the kernel’s where nothing leads out, and called as ptp', () => {
    expect(mtuOf()).toBe(1500)
    ip(undefined, 'route', 'add', 'default', 'via', '192.0.2.1')
    const pod = testNode.pod('as-ptp')
    add({
      containerId: 'as-ptp',
      netns: pod.path,
      config: testNode.config({ type: 'ptp' }, v4),
      file: testNode.plugin('ptp'),
    })
    expect(link('eth0', pod.name).mtu).toBe(1500)
  })

  it('too small for IPv6 is an error that says so, and leaves nothing', () => {
    const traces = testNode.traces()
    const config = testNode.config({ mtu: 1000 }, {})
    const ended = invoke({ command: 'ADD', netns: testNode.pod('small').path, config })
    expect(ended.json).toMatchObject({ code: 7, msg: 'mtu must be at least 1280 for IPv6' })
    expect(testNode.traces()).toEqual(traces)
  })
})

describe('the hardware address of a pod', () => {
  const mac = '02:42:00:00:00:07'

  it.each([
    { name: 'CNI_ARGS', fields: {}, environment: { CNI_ARGS: `IgnoreUnknown=1;MAC=${mac}` } },
    { name: 'args.cni', fields: { args: { cni: { mac } } }, environment: {} },
    { name: 'runtimeConfig', fields: { runtimeConfig: { mac } }, environment: {} },
  ])('is what $name asks for', ({ fields, environment }) => {
    const pod = testNode.pod('mac')
    const result = add({ netns: pod.path, config: testNode.config(fields), environment })
    expect(result.interfaces[1]?.mac).toBe(mac)
    expect(link('eth0', pod.name).address).toBe(mac)
  })

  it('that another call has is no reason to take that one’s interface', () => {
    const netns = testNode.pod('twice').path
    const config = testNode.config({ runtimeConfig: { mac } })
    add({ netns, config })
    const traces = testNode.traces()
    const other = testNode.config({ runtimeConfig: { mac, ips: ['10.1.2.9', 'fd00:1::9'] } })
    expect(message(invoke({ command: 'ADD', netns, config: other }))).toMatch(/^container veth name/)
    expect(testNode.traces()).toEqual(traces)
  })
})

describe('DNS settings', () => {
  it('are what the runtime says', () => {
    const dns = { servers: ['192.0.2.53'], searches: ['x.example'], options: ['ndots:2'] }
    const config = testNode.config({ dns: { domain: 'y.example' }, runtimeConfig: { dns, bandwidth: {} } })
    expect(add({ netns: testNode.pod('dns').path, config })).toMatchObject({
      dns: { nameservers: ['192.0.2.53'], search: ['x.example'], options: ['ndots:2'] },
    })
  })
})

/**
 * https://github.com/containernetworking/plugins/issues/134, https://github.com/kubernetes/kubernetes/issues/71555,
 * https://github.com/kubernetes-sigs/kind/pull/3881, https://github.com/containernetworking/plugins/pull/135
 */
describe('the gateway', () => {
  const setting = (name: string): string => `/proc/sys/net/ipv4/conf/all/${name}`
  const changed = ['arp_ignore', 'rp_filter'].map(
    (name) => [name, readFileSync(setting(name), 'utf8')] as const,
  )
  afterEach(() => {
    for (const [name, value] of changed) writeFileSync(setting(name), value)
  })

  it.each([
    { name: 'arp_ignore', value: '1' },
    { name: 'arp_ignore', value: '2' },
    { name: 'arp_ignore', value: '8' },
    { name: 'rp_filter', value: '0' },
    { name: 'rp_filter', value: '1' },
    { name: 'rp_filter', value: '2' },
  ])('is reached with $name $value', async ({ name, value }) => {
    writeFileSync(setting(name), value)
    const pod = testNode.pod('arp')
    add({ netns: pod.path, config: testNode.config() })
    expect(await exchange(pod.name, { netns: undefined, address: '10.1.2.1' })).toBe('10.1.2.2')
    expect(await exchange(pod.name, { netns: undefined, address: 'fd00:1::1' })).toBe('fd00:1::2')
  })

  it('has its hardware address for good in the pod, and the pod’s none on the host', () => {
    const pod = testNode.pod('neighbours')
    const result = add({ netns: pod.path, config: testNode.config() })
    const [host] = result.interfaces
    const neighbours = JSON.parse(ip(pod.name, '-j', 'neigh', 'show', 'nud', 'permanent')) as unknown
    expect(neighbours).toEqual(
      expect.arrayContaining(
        ['10.1.2.1', 'fd00:1::1'].map((dst) => ({
          dst,
          dev: 'eth0',
          lladdr: host?.mac,
          state: ['PERMANENT'],
        })),
      ),
    )
    expect(JSON.parse(ip(undefined, '-j', 'neigh', 'show', 'nud', 'permanent') || '[]')).toEqual([])
  })

  /** tuning, or Cilium as a chained plugin, does that. */
  it('still finds a pod whose hardware address was changed', async () => {
    const pod = testNode.pod('changed')
    add({ netns: pod.path, config: testNode.config() })
    ip(pod.name, 'link', 'set', 'eth0', 'address', '02:00:00:00:00:77')
    expect(await exchange(undefined, { netns: pod.name, address: '10.1.2.2' })).toBe('10.1.2.1')
  })
})

describe('static addresses', () => {
  const ipam = (addresses: readonly object[]): object => ({
    ...testNode.config(),
    ipam: { type: 'static', addresses, routes: [{ dst: '0.0.0.0/0' }] },
  })

  it('are given without a reservation', () => {
    const pod = testNode.pod('static')
    const config = ipam([{ address: '10.5.0.7/16', gateway: '10.5.0.1' }])
    const result = add({ netns: pod.path, config })
    expect(result.ips).toEqual([{ address: '10.5.0.7/16', gateway: '10.5.0.1', interface: 1 }])
    succeed('CHECK', { netns: pod.path, config: { ...config, prevResult: result } })
    succeed('STATUS', { config })
    succeed('DEL', { netns: pod.path, config })
    expect(testNode.reservations()).toEqual([])
  })

  it.each([
    { addresses: [], msg: 'IPAM plugin returned missing IP config' },
    { addresses: [{ address: '10.5.0.7/16' }], msg: 'the address 10.5.0.7/16 needs a gateway of its family' },
  ])('$addresses are refused', ({ addresses, msg }) => {
    const traces = testNode.traces()
    const ended = invoke({ command: 'ADD', netns: testNode.pod('none').path, config: ipam(addresses) })
    expect(ended.json).toMatchObject({ code: 7, msg })
    expect(testNode.traces()).toEqual(traces)
  })
})
