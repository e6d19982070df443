import { mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Ending, type Invocation, binary, invoke, invokeAsync, run } from './testing/binary.ts'
import { exchange } from './testing/exchange.ts'
import { type IpLink, TestNode, ip, links, routes } from './testing/world.ts'

interface Printed {
  readonly interfaces: readonly { readonly name: string; readonly mac: string; readonly sandbox?: string }[]
  readonly ips: readonly { readonly address: string; readonly gateway: string; readonly interface: number }[]
  readonly routes?: readonly { readonly dst: string }[]
}

let testNode: TestNode
beforeEach(() => {
  testNode = new TestNode()
})
afterEach(() => testNode.remove())

const v4 = { ranges: [[{ subnet: '10.1.2.0/24' }]] }
const v6 = { ranges: [[{ subnet: 'fd00:1::/64' }]] }

/** An ADD that must succeed: its result. */
function add(invocation: Omit<Invocation, 'command'>): Printed {
  const ended = invoke({ command: 'ADD', ...invocation })
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  return ended.json as Printed
}

function succeed(command: string, invocation: Omit<Invocation, 'command'>): void {
  const ended = invoke({ command, ...invocation })
  expect(ended).toMatchObject({ code: 0, stdout: '', stderr: '' })
}

const message = (ended: Ending): unknown => (ended.json as { msg?: unknown } | undefined)?.msg

function link(name: string, netns?: string): IpLink {
  const found = links(netns).find(({ ifname }) => ifname === name)
  if (found === undefined) throw new Error(`no link ${name}`)
  return found
}

/** All that an attachment can leave behind on the host. */
const traces = (): object => ({
  links: links().map(({ ifname }) => ifname),
  v4: routes(4),
  v6: routes(6).filter(({ dst }) => !dst.startsWith('fe80') && !dst.startsWith('ff')),
  files: testNode.reservations(),
})

describe('ADD', () => {
  it('attaches a pod with IPv4', () => {
    const pod = testNode.pod('v4')
    const result = add({ netns: pod.path, config: testNode.config({}, v4) })
    expect(result.ips).toEqual([{ address: '10.1.2.2/24', gateway: '10.1.2.1', interface: 1 }])
    expect(result.routes).toEqual([{ dst: '0.0.0.0/0' }])
    const own = link('eth0', pod.name)
    expect(own.addr_info).toContainEqual(
      expect.objectContaining({ local: '10.1.2.2', prefixlen: 24, broadcast: '10.1.2.255' }),
    )
    expect(routes(4, pod.name)).toEqual([
      expect.objectContaining({ dst: 'default', gateway: '10.1.2.1', dev: 'eth0' }),
      expect.objectContaining({ dst: '10.1.2.0/24', gateway: '10.1.2.1', prefsrc: '10.1.2.2' }),
      expect.objectContaining({ dst: '10.1.2.1', scope: 'link', prefsrc: '10.1.2.2' }),
    ])
    const hostName = result.interfaces[0]?.name ?? ''
    expect(hostName).toMatch(/^veth[0-9a-f]{8}$/)
    expect(link(hostName).addr_info).toContainEqual(
      expect.objectContaining({ local: '10.1.2.1', prefixlen: 32 }),
    )
    expect(routes(4)).toContainEqual(expect.objectContaining({ dst: '10.1.2.2', dev: hostName }))
  })

  it('attaches a pod with IPv6', () => {
    const pod = testNode.pod('v6')
    const result = add({ netns: pod.path, config: testNode.config({}, v6) })
    expect(result.ips).toEqual([{ address: 'fd00:1::2/64', gateway: 'fd00:1::1', interface: 1 }])
    expect(result.routes).toEqual([{ dst: '::/0' }])
    expect(routes(6, pod.name)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ dst: 'default', gateway: 'fd00:1::1' }),
        expect.objectContaining({ dst: 'fd00:1::/64', gateway: 'fd00:1::1' }),
        expect.objectContaining({ dst: 'fd00:1::1', prefsrc: 'fd00:1::2' }),
      ]),
    )
  })

  /**
   * https://github.com/containernetworking/plugins/issues/680, https://github.com/kubernetes/kubernetes/issues/54651,
   * https://github.com/bottlerocket-os/bottlerocket/issues/3878: seconds of waiting for duplicate-address detection, and
   * a gateway on the host that is still tentative when ADD returns.
   */
  it('leaves no address tentative on either side, and does not wait for that', () => {
    const pod = testNode.pod('dual')
    const started = performance.now()
    const result = add({ netns: pod.path, config: testNode.config() })
    const took = performance.now() - started
    const addresses = [link('eth0', pod.name), link(result.interfaces[0]?.name ?? '')].flatMap(
      ({ addr_info }) => addr_info,
    )
    expect(addresses.map(({ local }) => local)).toEqual(
      expect.arrayContaining(['10.1.2.2', 'fd00:1::2', '10.1.2.1', 'fd00:1::1']),
    )
    expect(addresses.filter(({ tentative }) => tentative)).toEqual([])
    // Detection takes one to two seconds.
    expect(took).toBeLessThan(700)
  })

  it('gives a pod that can talk at once, in both directions and to its neighbour', async () => {
    const [one, two] = [testNode.pod('one'), testNode.pod('two')]
    add({ containerId: 'one', netns: one.path, config: testNode.config() })
    expect(await exchange(undefined, { netns: one.name, address: 'fd00:1::2' })).toBe('fd00:1::1')
    expect(await exchange(undefined, { netns: one.name, address: '10.1.2.2' })).toBe('10.1.2.1')
    add({ containerId: 'two', netns: two.path, config: testNode.config() })
    expect(await exchange(two.name, { netns: undefined, address: '10.1.2.1' })).toBe('10.1.2.3')
    expect(await exchange(two.name, { netns: one.name, address: '10.1.2.2' })).toBe('10.1.2.3')
    expect(await exchange(one.name, { netns: two.name, address: 'fd00:1::3' })).toBe('fd00:1::2')
  })

  /** https://github.com/flatcar/init/pull/33, https://github.com/moby/libnetwork/pull/2380 */
  it('reports the hardware addresses that the kernel has', () => {
    const pod = testNode.pod('mac')
    const [host, own] = add({ netns: pod.path, config: testNode.config() }).interfaces
    expect(own).toMatchObject({ name: 'eth0', sandbox: pod.path, mac: link('eth0', pod.name).address })
    expect(host?.mac).toBe(link(host?.name ?? '').address)
    expect(host?.sandbox).toBeUndefined()
    // Locally administered, unicast.
    expect(Number.parseInt(own?.mac.slice(0, 2) ?? '', 16) & 3).toBe(2)
  })

  it('sets the MTU of both ends', () => {
    const pod = testNode.pod('mtu')
    const result = add({ netns: pod.path, config: testNode.config({ mtu: 1400 }) })
    expect(link('eth0', pod.name).mtu).toBe(1400)
    expect(link(result.interfaces[0]?.name ?? '').mtu).toBe(1400)
    expect(result.interfaces).toEqual([
      expect.objectContaining({ mtu: 1400 }),
      expect.objectContaining({ mtu: 1400 }),
    ])
  })

  /** Upstream prints the attributes and ignores them: plugins/main/ptp/ptp.go. */
  it('sets configured routes with all their attributes', () => {
    const pod = testNode.pod('routes')
    const configured = [
      { dst: '192.168.0.0/16' },
      { dst: '0.0.0.0/0', gw: '10.1.2.1', mtu: 1300, advmss: 1200, priority: 7 },
    ]
    const result = add({ netns: pod.path, config: testNode.config({}, { ...v4, routes: configured }) })
    expect(result.routes).toEqual(configured)
    expect(routes(4, pod.name)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ dst: '192.168.0.0/16', gateway: '10.1.2.1' }),
        expect.objectContaining({ dst: 'default', metric: 7, metrics: [{ mtu: 1300, advmss: 1200 }] }),
      ]),
    )
  })

  it('turns IPv6 on where a container engine turned it off', () => {
    const pod = testNode.pod('off')
    run('ip', 'netns', 'exec', pod.name, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6')
    add({ netns: pod.path, config: testNode.config() })
    expect(link('eth0', pod.name).addr_info).toContainEqual(expect.objectContaining({ local: 'fd00:1::2' }))
  })

  it('turns forwarding on', () => {
    for (const name of ['ipv4/ip_forward', 'ipv6/conf/all/forwarding'])
      writeFileSync(`/proc/sys/net/${name}`, '0')
    add({ netns: testNode.pod('forward').path, config: testNode.config() })
    expect(readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8')).toBe('1\n')
    expect(readFileSync('/proc/sys/net/ipv6/conf/all/forwarding', 'utf8')).toBe('1\n')
  })

  it('takes no advertisements of the pod for the host’s routing', () => {
    const result = add({ netns: testNode.pod('ra').path, config: testNode.config() })
    const file = `/proc/sys/net/ipv6/conf/${result.interfaces[0]?.name ?? ''}/accept_ra`
    expect(readFileSync(file, 'utf8')).toBe('0\n')
  })

  /** https://github.com/containernetworking/plugins/issues/327, https://github.com/containerd/containerd/issues/6604 */
  it('of an attachment that is there is an error with upstream’s text, and works again after DEL', () => {
    const invocation = { containerId: 'same', netns: testNode.pod('same').path, config: testNode.config() }
    add(invocation)
    const before = traces()
    const ended = invoke({ command: 'ADD', ...invocation })
    expect(ended.code).toBe(1)
    expect(message(ended)).toBe(
      'failed to allocate for range 0: 10.1.2.2 has been allocated to same, duplicate allocation is not allowed',
    )
    expect(traces()).toEqual(before)
    succeed('DEL', invocation)
    expect(add(invocation).ips[0]?.address).toBe('10.1.2.3/24')
  })

  it('of a name that the pod has already is an error with upstream’s text, and changes nothing', () => {
    const pod = testNode.pod('taken')
    ip(pod.name, 'link', 'add', 'eth0', 'type', 'bridge')
    const before = traces()
    const ended = invoke({ command: 'ADD', netns: pod.path, config: testNode.config() })
    expect(ended.code).toBe(1)
    expect(message(ended)).toMatch(
      /^container veth name \("eth0"\) peer provided \("veth[0-9a-f]{8}"\) already exists$/,
    )
    expect(traces()).toEqual(before)
    expect(links(pod.name).map(({ ifname }) => ifname)).toEqual(['lo', 'eth0'])
  })

  it('takes another name for the host’s end when the first one is taken', () => {
    const invocation = { containerId: 'clash', netns: testNode.pod('clash').path, config: testNode.config() }
    const name = add(invocation).interfaces[0]?.name ?? ''
    succeed('DEL', invocation)
    ip(undefined, 'link', 'add', name, 'type', 'bridge')
    try {
      expect(add(invocation).interfaces[0]?.name).not.toBe(name)
      succeed('DEL', invocation)
      // Not ours: DEL has left it.
      expect(links().map(({ ifname }) => ifname)).toContain(name)
    } finally {
      ip(undefined, 'link', 'del', name)
    }
  })

  it('in the plugin’s own namespace is refused, and changes nothing', () => {
    const before = traces()
    const ended = invoke({ command: 'ADD', netns: '/proc/self/ns/net', config: testNode.config() })
    expect(ended.json).toMatchObject({
      code: 8,
      msg: "plugin's netns and netns from CNI_NETNS should not be the same",
    })
    expect(traces()).toEqual(before)
  })

  it.each(['/run/netns/missing', '/dev/null'])('into %s, which is no namespace, changes nothing', (netns) => {
    const before = traces()
    const ended = invoke({ command: 'ADD', netns, config: testNode.config() })
    expect(ended.code).toBe(1)
    expect(message(ended)).toMatch(/netns|setns/)
    expect(traces()).toEqual(before)
  })

  it('gives twenty pods at once twenty addresses', async () => {
    const pods = Array.from({ length: 20 }, (_, i) => testNode.pod(`many${i}`))
    const config = testNode.config()
    const endings = await Promise.all(
      pods.map(({ name, path }) => invokeAsync({ command: 'ADD', containerId: name, netns: path, config })),
    )
    expect(endings.map(({ code }) => code)).toEqual(pods.map(() => 0))
    const addresses = endings.flatMap(({ json }) => (json as Printed).ips.map(({ address }) => address))
    expect(new Set(addresses).size).toBe(40)
    expect(testNode.reservations()).toHaveLength(40)
    const names = endings.map(({ json }) => (json as Printed).interfaces[0]?.name)
    expect(new Set(names).size).toBe(20)
    await Promise.all(
      pods.map(({ name, path }) => invokeAsync({ command: 'DEL', containerId: name, netns: path, config })),
    )
    expect(testNode.reservations()).toEqual([])
    expect(links().map(({ ifname }) => ifname)).toEqual(['lo'])
  })

  it('answers in the configuration’s version', () => {
    const pod = testNode.pod('old')
    const config = testNode.config({ cniVersion: '0.2.0' })
    expect(invoke({ command: 'ADD', netns: pod.path, config }).json).toMatchObject({
      cniVersion: '0.2.0',
      ip4: { ip: '10.1.2.2/24', gateway: '10.1.2.1', routes: [{ dst: '0.0.0.0/0' }] },
      ip6: { ip: 'fd00:1::2/64', gateway: 'fd00:1::1', routes: [{ dst: '::/0' }] },
    })
  })

  it('called as ptp behaves as that: no routes are none', () => {
    const pod = testNode.pod('ptp')
    const folder = `${testNode.dataDir}/bin`
    mkdirSync(folder)
    symlinkSync(binary(), `${folder}/ptp`)
    const result = add({
      file: `${folder}/ptp`,
      netns: pod.path,
      config: testNode.config({ type: 'ptp' }, v4),
    })
    expect(result.routes).toBeUndefined()
    expect(routes(4, pod.name).map(({ dst }) => dst)).toEqual(['10.1.2.0/24', '10.1.2.1'])
  })
})

describe('DEL', () => {
  it('takes everything back, and can be repeated', () => {
    const before = traces()
    const pod = testNode.pod('del')
    const invocation = { netns: pod.path, config: testNode.config() }
    add(invocation)
    expect(traces()).not.toEqual(before)
    for (let i = 0; i < 2; i++) {
      succeed('DEL', invocation)
      expect(traces()).toEqual(before)
      expect(links(pod.name).map(({ ifname }) => ifname)).toEqual(['lo'])
    }
  })

  it('of what was never added succeeds', () => {
    succeed('DEL', { netns: testNode.pod('never').path, config: testNode.config() })
    succeed('DEL', { netns: '/run/netns/missing', config: testNode.config({ name: 'never-used' }) })
  })

  /**
   * https://github.com/containernetworking/plugins/issues/810, https://github.com/containerd/nerdctl/issues/1872,
   * https://github.com/aws/amazon-vpc-cni-k8s/pull/1941: what leaks when the namespace is not there to look into.
   */
  it.each([
    { name: 'an empty CNI_NETNS', netns: '', deleted: false },
    { name: 'no CNI_NETNS', netns: undefined, deleted: false },
    { name: 'a path that is gone', netns: '/run/netns/gone', deleted: true },
    { name: 'a path into nowhere', netns: '/dev/null/gone', deleted: false },
  ])('with $name takes everything back', ({ netns, deleted }) => {
    const before = traces()
    run('ip', 'netns', 'add', 'gone')
    const config = testNode.config()
    add({ netns: '/run/netns/gone', config })
    if (deleted) run('ip', 'netns', 'del', 'gone')
    succeed('DEL', { config, environment: { CNI_NETNS: netns } })
    if (!deleted) run('ip', 'netns', 'del', 'gone')
    expect(testNode.reservations()).toEqual([])
    expect(traces()).toEqual(before)
  })

  it.each([
    { name: 'no ranges', ipam: { ranges: [] } },
    { name: 'ranges that are invalid now', ipam: { ranges: [[{ subnet: '10.1.2.3/24' }]] } },
    { name: 'another type of IPAM', ipam: { type: 'dhcp' } },
  ])('with $name in the configuration takes everything back', ({ ipam }) => {
    const pod = testNode.pod('changed')
    add({ netns: pod.path, config: testNode.config() })
    succeed('DEL', { netns: pod.path, config: testNode.config({}, ipam) })
    expect(testNode.reservations()).toEqual([])
  })

  it('in the plugin’s own namespace touches no interface of the host', () => {
    ip(undefined, 'link', 'add', 'eth7', 'type', 'bridge')
    try {
      const config = testNode.config()
      const ended = invoke({ command: 'DEL', netns: '/proc/self/ns/net', ifName: 'eth7', config })
      expect(ended.json).toMatchObject({ code: 8 })
      expect(links().map(({ ifname }) => ifname)).toContain('eth7')
    } finally {
      ip(undefined, 'link', 'del', 'eth7')
    }
  })

  it('leaves the pods beside it alone', () => {
    const [one, two] = [testNode.pod('stays'), testNode.pod('goes')]
    const config = testNode.config()
    add({ containerId: 'stays', netns: one.path, config })
    const before = traces()
    add({ containerId: 'goes', netns: two.path, config })
    succeed('DEL', { containerId: 'goes', netns: two.path, config })
    expect(traces()).toEqual(before)
    expect(link('eth0', one.name).addr_info).toContainEqual(expect.objectContaining({ local: '10.1.2.2' }))
  })
})

describe('CHECK', () => {
  /** The first four are what upstream sees, the others what it doesn't (plugins/main/ptp/ptp.go). */
  const tampering: readonly { name: string; tamper: (pod: string, host: string) => void; text: RegExp }[] = [
    {
      name: 'the interface is gone',
      tamper: (pod) => ip(pod, 'link', 'del', 'eth0'),
      text: /Container Interface name in prevResult: eth0 not found/,
    },
    {
      name: 'an address is gone',
      tamper: (pod) => ip(pod, 'addr', 'del', '10.1.2.2/24', 'dev', 'eth0'),
      text: /Failed to match addr 10\.1\.2\.2\/24 on interface eth0/,
    },
    {
      name: 'a route is gone',
      tamper: (pod) => ip(pod, '-6', 'route', 'del', 'default'),
      text: /Expected Route ::\/0 not found in routing table/,
    },
    {
      name: 'the reservation is gone',
      tamper: () => {
        for (const file of testNode.reservations()) rmSync(`${testNode.dataDir}/net/${file}`)
      },
      text: /host-local: Failed to find address added by container pod/,
    },
    {
      name: 'the interface has another hardware address',
      tamper: (pod) => ip(pod, 'link', 'set', 'eth0', 'address', '02:00:00:00:00:99'),
      text: /doesn't match container Mac: 02:00:00:00:00:99/,
    },
    {
      name: 'the host’s route is gone',
      tamper: () => ip(undefined, 'route', 'del', '10.1.2.2'),
      text: /Expected Route 10\.1\.2\.2\/32 dev veth/,
    },
    {
      name: 'the gateway’s address is gone',
      tamper: (_pod, host) => ip(undefined, 'addr', 'del', 'fd00:1::1/128', 'dev', host),
      text: /Failed to match addr fd00:1::1\/128 on interface veth/,
    },
    {
      name: 'the host’s end is down',
      tamper: (_pod, host) => ip(undefined, 'link', 'set', host, 'down'),
      text: /Host interface veth[0-9a-f]+ is down/,
    },
  ]

  it('succeeds after ADD, and prints nothing', () => {
    const netns = testNode.pod('check').path
    const prevResult = add({ netns, config: testNode.config() })
    succeed('CHECK', { netns, config: { ...testNode.config(), prevResult } })
  })

  it.each(tampering)('fails when $name', ({ tamper, text }) => {
    const pod = testNode.pod('tampered')
    const prevResult = add({ netns: pod.path, config: testNode.config() })
    tamper(pod.name, prevResult.interfaces[0]?.name ?? '')
    const ended = invoke({
      command: 'CHECK',
      netns: pod.path,
      config: { ...testNode.config(), prevResult },
    })
    expect(ended.code).toBe(1)
    expect(message(ended)).toMatch(text)
  })

  it('needs the previous result, of this namespace', () => {
    const netns = testNode.pod('previous').path
    const prevResult = add({ netns, config: testNode.config() })
    const without = invoke({ command: 'CHECK', netns, config: testNode.config() })
    expect(message(without)).toBe('ptp: Required prevResult missing')
    const other = testNode.pod('other').path
    const elsewhere = invoke({
      command: 'CHECK',
      netns: other,
      config: { ...testNode.config(), prevResult },
    })
    expect(message(elsewhere)).toMatch(/doesn't match configured netns/)
  })
})

describe('the format on disk', () => {
  it('is host-local’s, byte for byte', () => {
    add({ containerId: 'cid', netns: testNode.pod('disk').path, config: testNode.config() })
    const folder = `${testNode.dataDir}/net`
    expect(readdirSync(folder).sort()).toEqual([
      '10.1.2.2',
      'fd00:1::2',
      'last_reserved_ip.0',
      'last_reserved_ip.1',
      'lock',
    ])
    expect(readFileSync(`${folder}/10.1.2.2`, 'utf8')).toBe('cid\r\neth0')
    expect(readFileSync(`${folder}/last_reserved_ip.1`, 'utf8')).toBe('fd00:1::2')
    expect(readFileSync(`${folder}/lock`, 'utf8')).toBe('')
    expect(run('stat', '-c', '%a', folder, `${folder}/10.1.2.2`, `${folder}/lock`)).toBe('755\n600\n750\n')
  })
})
