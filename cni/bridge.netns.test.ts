import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { describeUnless } from '../test/install/describe-unless.ts'
import { whyNoNft } from '../test/nft/nft.ts'
import { invoke, invokeAsync, run } from './testing/binary.ts'
import { linkState, sendSpoofed } from './testing/bridges.ts'
import { type Printed, add, message, succeed } from './testing/calls.ts'
import { exchange, reaches } from './testing/exchange.ts'
import { nft } from './testing/filter.ts'
import { TestNode, ip, link, links, routes } from './testing/world.ts'

let testNode: TestNode
beforeEach(() => {
  testNode = new TestNode()
})
afterEach(() => testNode.remove())

const v4 = { ranges: [[{ subnet: '10.1.2.0/24' }]] }

/** A configuration for a bridge that is the gateway. */
const config = (fields: object = {}, ipam: object = {}): Record<string, unknown> =>
  testNode.config({ interface: 'bridge', bridge: 'br0', isDefaultGateway: true, ...fields }, ipam)

/** One without addresses. */
const bare = (fields: object = {}): Record<string, unknown> => ({
  ...testNode.config({ interface: 'bridge', bridge: 'br0', ...fields }),
  ipam: undefined,
})

interface Attached {
  readonly name: string
  readonly path: string
  readonly result: Printed
  /** The host's end. */
  readonly port: string
}

function attach(name: string, conf: object = config(), environment = {}): Attached {
  const pod = testNode.pod(name)
  const result = add({ containerId: name, netns: pod.path, config: conf, environment })
  return { ...pod, result, port: result.interfaces[1]?.name ?? '' }
}

const detach = ({ name, path }: Attached, conf: object = config()): void =>
  succeed('DEL', { containerId: name, netns: path, config: conf })

const check = ({ name, path, result }: Attached, conf: object = config()): ReturnType<typeof invoke> =>
  invoke({ command: 'CHECK', containerId: name, netns: path, config: { ...conf, prevResult: result } })

const addressesOf = (name: string, netns?: string): readonly string[] =>
  link(name, netns)
    .addr_info.filter(({ local }) => !local.startsWith('fe80'))
    .map(({ local, prefixlen }) => `${local}/${prefixlen}`)

describe('a pod on a bridge', () => {
  it('talks with its gateway and with its neighbour at once, of both families', async () => {
    const one = attach('one')
    expect(await exchange(undefined, { netns: one.name, address: '10.1.2.2' })).toBe('10.1.2.1')
    expect(await exchange(one.name, { netns: undefined, address: 'fd00:1::1' })).toBe('fd00:1::2')
    const two = attach('two')
    expect(await exchange(two.name, { netns: one.name, address: '10.1.2.2' })).toBe('10.1.2.3')
    expect(await exchange(one.name, { netns: two.name, address: 'fd00:1::3' })).toBe('fd00:1::2')
    expect(check(two)).toMatchObject({ code: 0, stdout: '' })
    for (const pod of [one, two]) {
      detach(pod)
      detach(pod)
      expect(links(pod.name).map(({ ifname }) => ifname)).toEqual(['lo'])
    }
    expect(testNode.reservations()).toEqual([])
    expect(addressesOf('br0')).toEqual(['10.1.2.1/24', 'fd00:1::1/64'])
  })

  it('is told of with the bridge, its port and itself, as the kernel has them', () => {
    const { result, path, name } = attach('pod', config({ mtu: 1400 }))
    const [bridge, port, own] = result.interfaces
    expect(bridge).toEqual({ name: 'br0', mac: link('br0').address, mtu: 1400 })
    expect(port).toEqual({
      name: expect.stringMatching(/^veth[0-9a-f]{8}$/) as string,
      mac: link(port?.name ?? '').address,
      mtu: 1400,
    })
    expect(own).toEqual({ name: 'eth0', mac: link('eth0', name).address, mtu: 1400, sandbox: path })
    expect(result.ips.map((ip) => ip.interface)).toEqual([2, 2])
    expect(result.routes).toEqual([
      { dst: '0.0.0.0/0', gw: '10.1.2.1' },
      { dst: '::/0', gw: 'fd00:1::1' },
    ])
    expect(routes(4, name)).toEqual([
      expect.objectContaining({ dst: 'default', gateway: '10.1.2.1' }),
      expect.objectContaining({ dst: '10.1.2.0/24', dev: 'eth0', scope: 'link' }),
    ])
    expect(linkState(port?.name ?? '')).toMatchObject({
      master: 'br0',
      operstate: 'UP',
      linkinfo: { info_slave_data: { hairpin: false, isolated: false, state: 'forwarding' } },
    })
    expect(link(port?.name ?? '').ifalias).toBe('podway net pod/eth0')
  })

  /** The reference waits 1.8 seconds for an address that nobody else could have. */
  it('does not wait for duplicate-address detection, and leaves nothing tentative', () => {
    attach('first')
    const started = performance.now()
    const { name } = attach('pod')
    expect(performance.now() - started).toBeLessThan(700)
    const addresses = [link('eth0', name), link('br0')].flatMap(({ addr_info }) => addr_info)
    expect(addresses.filter(({ tentative, local }) => tentative && !local.startsWith('fe80'))).toEqual([])
  })

  it('waits for it where that is asked for (enabledad), and says who has the address', () => {
    const one = attach('one', config({ enabledad: true }))
    expect(link('eth0', one.name).addr_info.filter(({ tentative }) => tentative)).toEqual([])
    // Somebody takes the next address without asking.
    ip(one.name, 'addr', 'add', 'fd00:1::3/64', 'dev', 'eth0', 'nodad')
    const two = testNode.pod('two')
    const before = testNode.traces()
    const refused = invoke({
      command: 'ADD',
      containerId: 'two',
      netns: two.path,
      config: config({ enabledad: true }),
    })
    expect(message(refused)).toBe(
      'failed to settle addresses for "eth0": somebody else on the link has fd00:1::3/64',
    )
    expect(testNode.traces()).toEqual(before)
  })

  /** A neighbour that remembers the address's last pod would talk to nobody for a minute. */
  it('is reached at once under an address that another pod had', async () => {
    const one = attach('one')
    const place = { netns: 'two', address: '10.1.2.3' }
    const two = attach('two')
    expect(await exchange(one.name, place)).toBe('10.1.2.2')
    detach(two)
    testNode.forget('two')
    const wanted = config({ args: { cni: { ips: ['10.1.2.3'] } } })
    attach('two', { ...wanted, ipam: { ...(wanted.ipam as object), cooldownSeconds: 0 } })
    expect(await reaches(one.name, place)).toBe('10.1.2.2')
  })

  it.each([
    { name: 'CNI_ARGS', fields: {}, environment: { CNI_ARGS: 'MAC=02:00:00:00:04:56' } },
    { name: 'args', fields: { args: { cni: { mac: '02:00:00:00:04:56' } } }, environment: {} },
    { name: 'runtimeConfig', fields: { runtimeConfig: { mac: '02:00:00:00:04:56' } }, environment: {} },
  ])('has the hardware address of $name', ({ fields, environment }) => {
    const pod = attach('pod', config(fields), environment)
    expect(link('eth0', pod.name).address).toBe('02:00:00:00:04:56')
  })

  it('needs no gateway', async () => {
    const conf = config({ isDefaultGateway: false }, v4)
    const [one, two] = [attach('one', conf), attach('two', conf)]
    expect(two.result.routes).toBeUndefined()
    expect(addressesOf('br0')).toEqual([])
    expect(await exchange(one.name, { netns: two.name, address: '10.1.2.3' })).toBe('10.1.2.2')
  })

  it('gets the routes of the configuration, by the gateway', () => {
    const conf = config(
      { isDefaultGateway: false, isGateway: true },
      { ...v4, routes: [{ dst: '10.9.0.0/16' }] },
    )
    const { name, result } = attach('pod', conf)
    expect(result.routes).toEqual([{ dst: '10.9.0.0/16' }])
    expect(routes(4, name)).toContainEqual(
      expect.objectContaining({ dst: '10.9.0.0/16', gateway: '10.1.2.1' }),
    )
  })

  it('has an interface without addresses if there is no IPAM', () => {
    const pod = attach('pod', bare())
    expect(pod.result.ips).toBeUndefined()
    expect(linkState('eth0', pod.name).operstate).toBe('UP')
    expect(addressesOf('eth0', pod.name)).toEqual([])
    expect(check(pod, bare())).toMatchObject({ code: 0 })
    detach(pod, bare())
    expect(links(pod.name).map(({ ifname }) => ifname)).toEqual(['lo'])
  })

  it('has it left down (disableContainerInterface)', () => {
    const pod = attach('pod', bare({ disableContainerInterface: true }))
    expect(linkState('eth0', pod.name).operstate).toBe('DOWN')
    expect(linkState(pod.port).master).toBe('br0')
  })

  it('may hear itself (hairpinMode)', () => {
    const { port } = attach('pod', config({ hairpinMode: true }))
    expect(linkState(port).linkinfo?.info_slave_data?.hairpin).toBe(true)
  })

  it('reaches the gateway, but not its neighbour, where ports are isolated', async () => {
    const conf = config({ portIsolation: true }, v4)
    const [one, two] = [attach('one', conf), attach('two', conf)]
    expect(linkState(one.port).linkinfo?.info_slave_data?.isolated).toBe(true)
    expect(await exchange(one.name, { netns: undefined, address: '10.1.2.1' })).toBe('10.1.2.2')
    expect(await reaches(one.name, { netns: two.name, address: '10.1.2.3' })).toBeUndefined()
    const free = attach('free', config({}, v4))
    expect(await exchange(one.name, { netns: free.name, address: '10.1.2.4' })).toBe('10.1.2.2')
  })

  it.each([{ static: true }, { static: false }])('has addresses of its own (static: $static)', (row) => {
    const addresses = [{ address: '10.1.2.50/24' }]
    const conf = row.static
      ? { ...config(), ipam: { type: 'static', addresses } }
      : config({ args: { cni: { ips: ['10.1.2.50/24'] } } }, v4)
    const pod = attach('pod', conf)
    expect(addressesOf('eth0', pod.name)).toEqual(['10.1.2.50/24'])
    // Without a word of a gateway, it is the subnet's first address.
    expect(pod.result.ips[0]?.gateway).toBe('10.1.2.1')
    expect(check(pod, conf)).toMatchObject({ code: 0 })
    detach(pod, conf)
  })

  it('is put away without its namespace', () => {
    const pod = attach('pod')
    testNode.forget('pod')
    succeed('DEL', { containerId: 'pod', netns: pod.path, config: config() })
    succeed('DEL', { containerId: 'pod', netns: '', config: config() })
    expect(testNode.reservations()).toEqual([])
    expect(links().map(({ ifname }) => ifname)).not.toContain(pod.port)
  })

  it('comes with others at the same time', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `pod${index}`)
    const pods = names.map((name) => testNode.pod(name))
    const ended = await Promise.all(
      pods.map(({ name, path }) =>
        invokeAsync({ command: 'ADD', containerId: name, netns: path, config: config() }),
      ),
    )
    expect(ended.filter(({ code }) => code !== 0)).toEqual([])
    expect(addressesOf('br0')).toEqual(['10.1.2.1/24', 'fd00:1::1/64'])
    const macs = new Set(ended.map(({ json }) => (json as Printed).interfaces[0]?.mac))
    expect(macs.size).toBe(1)
  })

  it('is collected when it is not valid any more, and only then', () => {
    const [one, two] = [attach('one'), attach('two')]
    const valid = [{ containerID: 'two', ifname: 'eth0' }]
    succeed('GC', { config: { ...config(), 'cni.dev/valid-attachments': valid } })
    expect(links(one.name).map(({ ifname }) => ifname)).toEqual(['lo'])
    expect(testNode.reservations()).toEqual(['10.1.2.3', 'fd00:1::3'])
    expect(check(two)).toMatchObject({ code: 0 })
  })

  it('says by STATUS whether there are addresses', () => {
    succeed('STATUS', { config: config() })
    const ended = invoke({ command: 'STATUS', config: config({}, { ranges: [] }) })
    expect(ended.code).toBe(1)
    succeed('STATUS', { config: bare() })
  })
})

describe('the bridge', () => {
  it('keeps its hardware address whoever comes and goes', () => {
    const one = attach('one')
    const { address } = link('br0')
    const two = attach('two')
    detach(one)
    expect(link('br0').address).toBe(address)
    detach(two)
    expect(link('br0').address).toBe(address)
  })

  it('that was there keeps what it is like, and gets the gateway’s address', async () => {
    run('ip', 'link', 'add', 'br0', 'type', 'bridge')
    const { ifindex, mtu, group } = link('br0')
    const one = attach('one', config({ mtu: 1400 }))
    expect(link('br0')).toMatchObject({ ifindex, group })
    expect(mtu).toBe(1500)
    const { address } = link('br0')
    expect(one.result.interfaces[0]?.mac).toBe(address)
    for (const name of ['two', 'three', 'four', 'five']) attach(name, config({ mtu: 1400 }))
    expect(link('br0').address).toBe(address)
    expect(await exchange(one.name, { netns: undefined, address: '10.1.2.1' })).toBe('10.1.2.2')
  })

  it('is none of ours if it is no bridge', () => {
    const pod = testNode.pod('pod')
    const refused = invoke({
      command: 'ADD',
      netns: pod.path,
      config: config({ bridge: 'lo' }),
    })
    expect(message(refused)).toBe('failed to create bridge "lo": "lo" already exists but is not a bridge')
    expect(links(pod.name).map(({ ifname }) => ifname)).toEqual(['lo'])
    expect(testNode.reservations()).toEqual([])
  })

  it('hears all (promiscMode)', () => {
    const conf = config({ promiscMode: true })
    const pod = attach('pod', conf)
    expect(linkState('br0').promiscuity).toBe(1)
    expect(check(pod, conf)).toMatchObject({ code: 0 })
    expect(message(check(pod))).toBe(
      "Bridge interface br0 configured Promisc Mode false doesn't match current state: true ",
    )
  })

  it.each([
    { name: 'IPv4', first: '10.0.0.1/8', second: '10.1.0.0/16', gateway: '10.1.2.3', conflicts: true },
    {
      name: 'IPv6, overlapping',
      first: '2001:db8:1::1/48',
      second: '2001:db8:1:2::/64',
      gateway: '2001:db8:1:2::1',
      conflicts: true,
    },
    {
      name: 'IPv6, apart',
      first: '2001:db8:1:2::1/64',
      second: 'fd00:1234::/64',
      gateway: 'fd00:1234::1',
      conflicts: false,
    },
  ])('has one address that pods have for their gateway: $name', ({ first, second, gateway, conflicts }) => {
    run('ip', 'link', 'add', 'br0', 'up', 'type', 'bridge')
    ip(undefined, 'addr', 'add', first, 'dev', 'br0', ...(first.includes(':') ? ['nodad'] : []))
    const ranges = [[{ subnet: second, gateway }]]
    const pod = testNode.pod('pod')
    const wanted = `${gateway}/${second.split('/')[1] ?? ''}`
    const ended = invoke({ command: 'ADD', netns: pod.path, config: config({}, { ranges }) })
    if (conflicts) {
      expect(message(ended)).toBe(
        `failed to set bridge addr: "br0" already has an IP address different from ${wanted}`,
      )
      expect(addressesOf('br0')).toEqual([first])
      expect(links(pod.name).map(({ ifname }) => ifname)).toEqual(['lo'])
      expect(testNode.reservations()).toEqual([])
      add({ netns: pod.path, config: config({ forceAddress: true }, { ranges }) })
      expect(addressesOf('br0')).toEqual([wanted])
    } else {
      expect(ended.code).toBe(0)
      expect([...addressesOf('br0')].sort()).toEqual([first, wanted].sort())
    }
  })

  it.each([
    {
      fields: { hairpinMode: true, promiscMode: true },
      says: 'cannot set hairpin mode and promiscuous mode at the same time',
    },
    {
      fields: { disableContainerInterface: true },
      says: 'cannot use IPAM when DisableContainerInterface flag is set',
    },
    { fields: { vlan: 5000 }, says: 'vlan: invalid VLAN ID 5000 (must be between 0 and 4094)' },
    { fields: { bridge: '../x' }, says: 'bridge: interface name contains / or : or whitespace characters' },
    {
      fields: { interface: 'token-ring' },
      says: 'interface must be one of "ptp", "bridge", "macvlan", "ipvlan", not "token-ring"',
    },
  ])('is not made for $fields', ({ fields, says }) => {
    const pod = testNode.pod('pod')
    const before = testNode.traces()
    const refused = invoke({ command: 'ADD', netns: pod.path, config: config(fields) })
    expect(refused.json).toMatchObject({ code: 7, msg: says })
    expect(testNode.traces()).toEqual(before)
  })

  it('stays when an ADD fails, and nothing else does', () => {
    attach('pod')
    const before = testNode.traces()
    const refused = invoke({
      command: 'ADD',
      containerId: 'other',
      netns: '/run/netns/pod',
      config: config(),
    })
    expect(message(refused)).toMatch(/^container veth name \("eth0"\) peer provided \(".*"\) already exists$/)
    expect(testNode.traces()).toEqual(before)
  })
})

describe('CHECK of a pod on a bridge', () => {
  it.each([
    {
      name: 'the bridge is gone',
      spoil: () => ip(undefined, 'link', 'del', 'br0'),
      says: 'Interface name br0 not found',
    },
    {
      name: 'the bridge is down',
      spoil: () => ip(undefined, 'link', 'set', 'br0', 'down'),
      says: 'Bridge interface br0 is down',
    },
    {
      name: 'the port left the bridge',
      spoil: (port: string) => ip(undefined, 'link', 'set', port, 'nomaster'),
      says: 'CNI veth created for bridge br0 was not found',
    },
    {
      name: 'the gateway’s address is gone',
      spoil: () => ip(undefined, 'addr', 'del', '10.1.2.1/24', 'dev', 'br0'),
      says: 'Failed to match addr 10.1.2.1/24 on interface br0',
    },
    {
      name: 'the pod’s address is gone',
      spoil: () => ip('pod', 'addr', 'del', '10.1.2.2/24', 'dev', 'eth0'),
      says: 'Failed to match addr 10.1.2.2/24 on interface eth0',
    },
    {
      name: 'a route is gone',
      spoil: () => ip('pod', 'route', 'del', 'default'),
      says: 'Expected Route 0.0.0.0/0 not found in routing table',
    },
    {
      name: 'the pod’s interface is gone',
      spoil: () => ip('pod', 'link', 'del', 'eth0'),
      says: 'Interface name eth0 not found',
    },
  ])('says that $name', ({ spoil, says }) => {
    const pod = attach('pod', config({}, v4))
    expect(check(pod, config({}, v4))).toMatchObject({ code: 0 })
    spoil(pod.port)
    expect(message(check(pod, config({}, v4)))).toBe(says)
  })

  it('needs a previous result', () => {
    const pod = attach('pod')
    const ended = invoke({ command: 'CHECK', containerId: 'pod', netns: pod.path, config: config() })
    expect(message(ended)).toBe('Required prevResult missing')
  })
})

describeUnless(whyNoNft(), 'rules of a bridge', () => {
  const guarded = (): Record<string, unknown> => config({ macspoofchk: true }, v4)

  it('let a pod send under its own hardware address only (macspoofchk)', async () => {
    const pod = attach('pod', guarded())
    const other = attach('other', config({}, v4))
    expect(await exchange(pod.name, { netns: other.name, address: '10.1.2.3' })).toBe('10.1.2.2')
    const dropped = (): number => {
      const rules = JSON.parse(nft(undefined, '-j', 'list', 'table', 'bridge', 'podway')) as {
        readonly nftables: readonly {
          readonly rule?: { readonly expr: readonly { readonly counter?: { readonly packets: number } }[] }
        }[]
      }
      return rules.nftables
        .flatMap(({ rule }) => rule?.expr ?? [])
        .reduce((sum, { counter }) => sum + (counter?.packets ?? 0), 0)
    }
    expect(dropped()).toBe(0)
    sendSpoofed(pod.name, 'eth0', '02:00:00:00:00:99', '10.1.2.1')
    expect(dropped()).toBe(1)
    sendSpoofed(other.name, 'eth0', '02:00:00:00:00:99', '10.1.2.1')
    expect(dropped()).toBe(1)
    const forwarded = run('bridge', 'fdb', 'show', 'dev', pod.port)
    expect(forwarded).not.toContain('02:00:00:00:00:99')
    expect(check(pod, guarded())).toMatchObject({ code: 0 })
    const two = attach('two', guarded())
    detach(pod, guarded())
    const left = nft(undefined, 'list', 'table', 'bridge', 'podway')
    expect(left).toContain('podway net two/eth0')
    expect(left).not.toContain('podway net pod/eth0')
    expect(check(two, guarded())).toMatchObject({ code: 0 })
    nft(undefined, 'delete', 'table', 'bridge', 'podway')
    expect(message(check(two, guarded()))).toBe(
      'bridge: the check of hardware addresses is not set up any more',
    )
    detach(two, guarded())
  })

  it('go with the last pod, whatever the configuration says by then, and by GC', () => {
    const [one] = [attach('one', guarded()), attach('two', guarded())]
    detach(one, config({}, v4))
    expect(nft(undefined, 'list', 'tables')).toContain('table bridge podway')
    succeed('GC', { config: { ...config({}, v4), 'cni.dev/valid-attachments': [] } })
    expect(nft(undefined, 'list', 'tables')).toBe('')
  })

  it('are taken back with all else when an ADD fails', () => {
    run('ip', 'link', 'add', 'br0', 'up', 'type', 'bridge')
    ip(undefined, 'addr', 'add', '10.9.9.9/24', 'dev', 'br0')
    const pod = testNode.pod('pod')
    const before = testNode.traces()
    const refused = invoke({ command: 'ADD', netns: pod.path, config: guarded() })
    expect(message(refused)).toMatch(/already has an IP address different/)
    expect(testNode.traces()).toEqual(before)
    expect(nft(undefined, 'list', 'tables')).toBe('')
  })

  it('map ports to the pod and limit its rates, in the same process', async () => {
    const outside = testNode.pod('outside')
    run('ip', 'link', 'add', 'out0', 'type', 'veth', 'peer', 'name', 'up0', 'netns', outside.name)
    ip(undefined, 'addr', 'add', '192.0.2.1/24', 'dev', 'out0')
    ip(undefined, 'link', 'set', 'out0', 'up')
    ip(outside.name, 'addr', 'add', '192.0.2.2/24', 'dev', 'up0')
    ip(outside.name, 'link', 'set', 'up0', 'up')
    const portMappings = [{ hostPort: 9080, containerPort: 8080, protocol: 'tcp' }]
    const bandwidth = { ingressRate: 8_000_000, ingressBurst: 800_000 }
    const conf = config({ runtimeConfig: { portMappings, bandwidth } }, v4)
    const pod = attach('pod', conf)
    const place = { netns: pod.name, listen: '10.1.2.2', listenPort: 8080, port: 9080 }
    expect(await exchange('outside', { ...place, address: '192.0.2.1' })).toBe('192.0.2.2')
    expect(await exchange(undefined, { ...place, address: '192.0.2.1' })).toMatch(
      /^(10\.1\.2\.1|192\.0\.2\.1)$/,
    )
    expect(run('tc', 'qdisc', 'show', 'dev', pod.port)).toContain('tbf')
    expect(check(pod, conf)).toMatchObject({ code: 0 })
    run('tc', 'qdisc', 'del', 'dev', pod.port, 'root')
    expect(check(pod, conf).code).toBe(1)
    detach(pod, conf)
    expect(nft(undefined, 'list', 'ruleset')).toBe('')
  })

  it('masquerade what leaves the bridge (ipMasq), and not what stays on it', async () => {
    const outside = testNode.pod('outside')
    run('ip', 'link', 'add', 'out0', 'type', 'veth', 'peer', 'name', 'up0', 'netns', outside.name)
    ip(undefined, 'addr', 'add', '192.0.2.1/24', 'dev', 'out0')
    ip(undefined, 'link', 'set', 'out0', 'up')
    ip(outside.name, 'addr', 'add', '192.0.2.2/24', 'dev', 'up0')
    ip(outside.name, 'link', 'set', 'up0', 'up')
    const conf = config({ ipMasq: true }, v4)
    const [one, two] = [attach('one', conf), attach('two', conf)]
    expect(await exchange(one.name, { netns: outside.name, address: '192.0.2.2' })).toBe('192.0.2.1')
    expect(await exchange(one.name, { netns: two.name, address: '10.1.2.3' })).toBe('10.1.2.2')
    expect(check(one, conf)).toMatchObject({ code: 0 })
    for (const pod of [one, two]) detach(pod, conf)
    expect(nft(undefined, 'list', 'ruleset')).toBe('')
  })
})
