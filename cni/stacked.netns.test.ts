import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { invoke, run } from './testing/binary.ts'
import { linkState } from './testing/bridges.ts'
import { type Printed, add, message, succeed } from './testing/calls.ts'
import { exchange, reaches } from './testing/exchange.ts'
import { TestNode, ip, link, links, routes } from './testing/world.ts'

let testNode: TestNode
beforeEach(() => {
  testNode = new TestNode()
  // A wire to a machine outside, which has the master's other end.
  const outside = testNode.pod('outside')
  run('ip', 'link', 'add', 'up0', 'type', 'veth', 'peer', 'name', 'far0', 'netns', outside.name)
  ip(undefined, 'link', 'set', 'up0', 'up')
  ip(outside.name, 'addr', 'add', '10.1.2.1/24', 'dev', 'far0')
  ip(outside.name, 'addr', 'add', 'fd00:1::1/64', 'dev', 'far0', 'nodad')
  ip(outside.name, 'link', 'set', 'far0', 'up')
})
afterEach(() => testNode.remove())

const v4 = { ranges: [[{ subnet: '10.1.2.0/24' }]] }

const config = (fields: object = {}, ipam: object = {}): Record<string, unknown> =>
  testNode.config({ interface: 'macvlan', master: 'up0', ...fields }, ipam)

const attach = (
  name: string,
  conf: object = config(),
  environment = {},
): { readonly name: string; readonly path: string; readonly result: Printed } => {
  const pod = testNode.pod(name)
  return { ...pod, result: add({ containerId: name, netns: pod.path, config: conf, environment }) }
}

/** Kernels have macvlan far more often than ipvlan, which test/uml looks at. */
describe('a pod on a macvlan', () => {
  it('talks with who is on the wire, and with its neighbour, of both families', async () => {
    const [one, two] = [attach('one'), attach('two')]
    expect(await exchange(one.name, { netns: 'outside', address: '10.1.2.1' })).toBe('10.1.2.2')
    expect(await exchange(one.name, { netns: 'outside', address: 'fd00:1::1' })).toBe('fd00:1::2')
    expect(await exchange('outside', { netns: two.name, address: '10.1.2.3' })).toBe('10.1.2.1')
    expect(await exchange(one.name, { netns: two.name, address: 'fd00:1::3' })).toBe('fd00:1::2')
  })

  it('is told of as the kernel has it, is checked, and goes', () => {
    const conf = config({ mtu: 1400, bcqueuelen: 200 }, { routes: [{ dst: '0.0.0.0/0' }] })
    const { name, path, result } = attach('pod', conf)
    const own = link('eth0', name)
    expect(result.interfaces).toEqual([{ name: 'eth0', mac: own.address, mtu: 1400, sandbox: path }])
    expect(result.ips.map(({ interface: index }) => index)).toEqual([0, 0])
    expect(routes(4, name)).toContainEqual(
      expect.objectContaining({ dst: 'default', gateway: '10.1.2.1', dev: 'eth0' }),
    )
    expect(own.addr_info.filter(({ tentative, local }) => tentative && !local.startsWith('fe80'))).toEqual([])
    expect(linkState('eth0', name).linkinfo).toMatchObject({
      info_kind: 'macvlan',
      info_data: { mode: 'bridge', bcqueuelen: 200 },
    })
    succeed('CHECK', { containerId: 'pod', netns: path, config: { ...conf, prevResult: result } })
    for (let time = 1; time <= 2; time++) {
      succeed('DEL', { containerId: 'pod', netns: path, config: conf })
      expect(links(name).map(({ ifname }) => ifname)).toEqual(['lo'])
      expect(testNode.reservations()).toEqual([])
    }
  })

  it.each([
    { mode: 'private', meets: false },
    { mode: 'vepa', meets: false },
    { mode: 'bridge', meets: true },
  ])('in mode $mode meets its neighbour: $meets', async ({ mode, meets }) => {
    const conf = config({ mode }, v4)
    const [one, two] = [attach('one', conf), attach('two', conf)]
    expect(linkState('eth0', one.name).linkinfo?.info_data?.mode).toBe(mode)
    const seen = await reaches(one.name, { netns: two.name, address: '10.1.2.3' })
    expect(seen).toBe(meets ? '10.1.2.2' : undefined)
  })

  it('takes the whole link in mode passthru', async () => {
    const { name, result } = attach('pod', config({ mode: 'passthru' }, v4))
    expect(result.interfaces[0]?.mac).toBe(link('up0').address)
    expect(await exchange(name, { netns: 'outside', address: '10.1.2.1' })).toBe('10.1.2.2')
  })

  it.each([
    { from: 'mac', fields: { mac: '02:00:00:00:04:56' }, environment: {} },
    {
      from: 'CNI_ARGS',
      fields: { mac: '02:00:00:00:07:89' },
      environment: { CNI_ARGS: 'MAC=02:00:00:00:04:56' },
    },
    {
      from: 'runtimeConfig',
      fields: { runtimeConfig: { mac: '02:00:00:00:04:56' } },
      environment: { CNI_ARGS: 'MAC=02:00:00:00:07:89' },
    },
  ])('has the hardware address of $from', ({ fields, environment }) => {
    const { name } = attach('pod', config(fields), environment)
    expect(link('eth0', name).address).toBe('02:00:00:00:04:56')
  })

  it('is on the link of the default route if no master is named', () => {
    ip(undefined, 'addr', 'add', '192.0.2.10/24', 'dev', 'up0')
    ip(undefined, 'route', 'add', 'default', 'via', '192.0.2.1')
    const { name } = attach('pod', config({ master: undefined }))
    expect(ip(name, '-d', 'link', 'show', 'eth0')).toContain(`eth0@if${link('up0').ifindex}`)
  })

  it('is on a link of the pod (linkInContainer)', () => {
    const pod = testNode.pod('pod')
    run('ip', '-n', 'pod', 'link', 'add', 'net1', 'up', 'type', 'veth', 'peer', 'name', 'net2')
    const conf = config({ master: 'net1', linkInContainer: true })
    const result = add({ containerId: 'pod', netns: pod.path, config: conf })
    expect(ip('pod', 'link', 'show', 'eth0')).toContain('eth0@net1')
    succeed('CHECK', { containerId: 'pod', netns: pod.path, config: { ...conf, prevResult: result } })
    succeed('DEL', { containerId: 'pod', netns: pod.path, config: conf })
    expect(
      links('pod')
        .map(({ ifname }) => ifname)
        .sort(),
    ).toEqual(['lo', 'net1', 'net2'])
  })

  /** The kernel looks for the name in the master's namespace too. */
  it('may have a name that the host has', () => {
    const pod = testNode.pod('pod')
    add({ netns: pod.path, ifName: 'up0', config: config() })
    expect(linkState('up0', 'pod').linkinfo?.info_kind).toBe('macvlan')
  })

  it('has no addresses without IPAM', () => {
    const conf = { ...config(), ipam: undefined }
    const { name, path, result } = attach('pod', conf)
    expect(result.ips).toBeUndefined()
    expect(linkState('eth0', name).operstate).toBe('UP')
    succeed('CHECK', { containerId: 'pod', netns: path, config: { ...conf, prevResult: result } })
    succeed('DEL', { containerId: 'pod', netns: path, config: conf })
    expect(links(name).map(({ ifname }) => ifname)).toEqual(['lo'])
  })

  it('gives its address back without its namespace, and by GC', () => {
    const { path } = attach('pod')
    testNode.forget('pod')
    succeed('DEL', { containerId: 'pod', netns: path, config: config() })
    expect(testNode.reservations()).toEqual([])
    attach('other')
    succeed('GC', { config: { ...config(), 'cni.dev/valid-attachments': [] } })
    expect(testNode.reservations()).toEqual([])
    succeed('STATUS', { config: config() })
  })

  it.each([
    {
      name: 'a mode that there is not',
      fields: { mode: 'bridged' },
      code: 7,
      says: 'mode: unknown macvlan mode: "bridged"',
    },
    {
      name: 'more than the master carries',
      fields: { mtu: 9000 },
      code: 7,
      says: 'mtu: invalid MTU 9000, must be [0, master MTU(1500)]',
    },
    {
      name: 'a master that there is not',
      fields: { master: 'none0' },
      code: 999,
      says: 'failed to lookup master "none0": Link not found',
    },
    {
      name: 'no master, and no default route',
      fields: { master: undefined },
      code: 999,
      says: 'no default route interface found',
    },
    {
      name: 'addresses that are not to be had',
      fields: { runtimeConfig: { ips: ['192.0.2.7'] } },
      code: 999,
      says: 'failed to allocate all requested IPs: 192.0.2.7',
    },
  ])('is not made with $name', ({ fields, code, says }) => {
    const pod = testNode.pod('pod')
    const refused = invoke({ command: 'ADD', netns: pod.path, config: config(fields) })
    expect(refused.json).toMatchObject({ code, msg: says })
    expect(links('pod').map(({ ifname }) => ifname)).toEqual(['lo'])
    expect(testNode.reservations()).toEqual([])
  })

  it('is not made twice, and what is there stays', () => {
    const { path } = attach('pod')
    const refused = invoke({ command: 'ADD', containerId: 'other', netns: path, config: config() })
    expect(message(refused)).toMatch(/^failed to rename macvlan to "eth0": .*file exists/)
    expect(
      links('pod')
        .map(({ ifname }) => ifname)
        .sort(),
    ).toEqual(['eth0', 'lo'])
    expect(testNode.reservations()).toEqual(['10.1.2.2', 'fd00:1::2'])
  })

  it.each([
    {
      name: 'it is gone',
      spoil: () => ip('pod', 'link', 'del', 'eth0'),
      says: 'container Interface name in prevResult: eth0 not found',
    },
    {
      name: 'it is down',
      spoil: () => ip('pod', 'link', 'set', 'eth0', 'down'),
      says: 'macvlan: Interface eth0 is down',
    },
    {
      name: 'its mode is another',
      spoil: () => ip('pod', 'link', 'set', 'eth0', 'type', 'macvlan', 'mode', 'private'),
      says: 'container macvlan mode private does not match expected value: bridge',
    },
    {
      name: 'its address is gone',
      spoil: () => ip('pod', 'addr', 'del', '10.1.2.2/24', 'dev', 'eth0'),
      says: 'Failed to match addr 10.1.2.2/24 on interface eth0',
    },
  ])('is said by CHECK: $name', ({ spoil, says }) => {
    const { path, result } = attach('pod', config({}, v4))
    spoil()
    const conf = { ...config({}, v4), prevResult: result }
    expect(message(invoke({ command: 'CHECK', containerId: 'pod', netns: path, config: conf }))).toBe(says)
  })
})
