import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { invoke, invokeAsync, run } from './testing/binary.ts'
import { type Printed, add, message, succeed } from './testing/calls.ts'
import { exchange } from './testing/exchange.ts'
import { TestNode, ip, link, links, routes } from './testing/world.ts'

let testNode: TestNode
beforeEach(() => {
  testNode = new TestNode()
})
afterEach(() => testNode.remove())

const v4 = { ranges: [[{ subnet: '10.1.2.0/24' }]] }
const v6 = { ranges: [[{ subnet: 'fd00:1::/64' }]] }

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
    // The kernel makes the link-local ones itself, in its own time; nobody waits for those.
    expect(addresses.filter(({ tentative, local }) => tentative && !local.startsWith('fe80'))).toEqual([])
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
    const before = testNode.traces()
    const ended = invoke({ command: 'ADD', ...invocation })
    expect(ended.code).toBe(1)
    expect(message(ended)).toBe(
      'failed to allocate for range 0: 10.1.2.2 has been allocated to same, duplicate allocation is not allowed',
    )
    expect(testNode.traces()).toEqual(before)
    succeed('DEL', invocation)
    expect(add(invocation).ips[0]?.address).toBe('10.1.2.3/24')
  })

  it('of an attachment that is there takes nothing from it, asking for another address either', () => {
    const invocation = { netns: testNode.pod('again').path, config: testNode.config() }
    add(invocation)
    const before = testNode.traces()
    const runtimeConfig = { ips: ['10.1.2.77', 'fd00:1::77'] }
    const ended = invoke({ command: 'ADD', ...invocation, config: testNode.config({ runtimeConfig }) })
    expect(message(ended)).toMatch(/^container veth name/)
    expect(testNode.traces()).toEqual(before)
  })

  it('of a name that the pod has already is an error with upstream’s text, and changes nothing', () => {
    const pod = testNode.pod('taken')
    ip(pod.name, 'link', 'add', 'eth0', 'type', 'bridge')
    const before = testNode.traces()
    const ended = invoke({ command: 'ADD', netns: pod.path, config: testNode.config() })
    expect(ended.code).toBe(1)
    expect(message(ended)).toMatch(
      /^container veth name \("eth0"\) peer provided \("veth[0-9a-f]{8}"\) already exists$/,
    )
    expect(testNode.traces()).toEqual(before)
    expect(links(pod.name).map(({ ifname }) => ifname)).toEqual(['lo', 'eth0'])
  })

  it('takes another name for the host’s end when the first one is taken, and DEL finds it', () => {
    const invocation = { containerId: 'clash', netns: testNode.pod('clash').path, config: testNode.config() }
    const name = add(invocation).interfaces[0]?.name ?? ''
    succeed('DEL', invocation)
    ip(undefined, 'link', 'add', name, 'type', 'bridge')
    try {
      const before = testNode.traces()
      expect(add(invocation).interfaces[0]?.name).not.toBe(name)
      succeed('DEL', { ...invocation, netns: '' })
      // The other one is not ours: DEL has left it.
      expect(testNode.traces()).toEqual(before)
    } finally {
      ip(undefined, 'link', 'del', name)
    }
  })

  it('in the plugin’s own namespace is refused, and changes nothing', () => {
    const before = testNode.traces()
    const ended = invoke({ command: 'ADD', netns: '/proc/self/ns/net', config: testNode.config() })
    expect(ended.json).toMatchObject({
      code: 8,
      msg: "plugin's netns and netns from CNI_NETNS should not be the same",
    })
    expect(testNode.traces()).toEqual(before)
  })

  it.each(['/run/netns/missing', '/dev/null'])('into %s, which is no namespace, changes nothing', (netns) => {
    const before = testNode.traces()
    const ended = invoke({ command: 'ADD', netns, config: testNode.config() })
    expect(ended.code).toBe(1)
    expect(message(ended)).toMatch(/netns|setns/)
    expect(testNode.traces()).toEqual(before)
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
    const result = add({
      file: testNode.plugin('ptp'),
      netns: pod.path,
      config: testNode.config({ type: 'ptp' }, v4),
    })
    expect(result.routes).toBeUndefined()
    expect(routes(4, pod.name).map(({ dst }) => dst)).toEqual(['10.1.2.0/24', '10.1.2.1'])
  })
})

describe('the format on disk', () => {
  it('is host-local’s, byte for byte, but for what we note ourselves', () => {
    add({ containerId: 'cid', netns: testNode.pod('disk').path, config: testNode.config() })
    const folder = `${testNode.dataDir}/net`
    expect(readdirSync(folder).sort()).toEqual([
      '10.1.2.2',
      'fd00:1::2',
      'last_reserved_ip.0',
      'last_reserved_ip.1',
      'lock',
      'podway.boot',
    ])
    expect(readFileSync(`${folder}/10.1.2.2`, 'utf8')).toBe('cid\r\neth0')
    expect(readFileSync(`${folder}/last_reserved_ip.1`, 'utf8')).toBe('fd00:1::2')
    expect(readFileSync(`${folder}/lock`, 'utf8')).toBe('')
    expect(run('stat', '-c', '%a', folder, `${folder}/10.1.2.2`, `${folder}/lock`)).toBe('755\n600\n750\n')
  })
})
