import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { describeUnless } from '../test/install/describe-unless.ts'
import { whyNoNft } from '../test/nft/nft.ts'
import { run } from './testing/binary.ts'
import { add } from './testing/calls.ts'
import { Receiver, send } from './testing/datagrams.ts'
import { reaches } from './testing/exchange.ts'
import { counters, nft } from './testing/filter.ts'
import { RulesServer, nodeRules } from './testing/rules.ts'
import { TestNode, ip, links } from './testing/world.ts'

let testNode: TestNode
let receiver: Receiver | undefined
let rules: RulesServer
beforeAll(async () => {
  rules = await RulesServer.start()
})
afterAll(() => rules.stop())
beforeEach(() => {
  testNode = new TestNode()
  // Whatever the machine's own settings are: what is dropped here is dropped by our rules.
  run('sh', '-c', 'for file in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 > $file; done')
})
afterEach(async () => {
  receiver?.stop()
  receiver = undefined
  await rules.set(nodeRules())
  testNode.remove()
})

const [gateway4, gateway6] = ['10.1.2.1', 'fd00:1::1']

/** A pod as runtimes make one. */
function attach(name: string): string {
  const pod = testNode.pod(name)
  add({ containerId: name, netns: pod.path, config: testNode.config() })
  return pod.name
}

describeUnless(whyNoNft(), 'anti-spoofing', () => {
  /** What arrives of a datagram under that source, and of one that is sent honestly behind it. */
  async function arrivesFrom(pod: string, source: string): Promise<boolean> {
    const [own, target] = source.includes(':') ? ['fd00:1::2', gateway6] : ['10.1.2.2', gateway4]
    receiver ??= await Receiver.start()
    send(pod, { source, target, text: 'forged' })
    send(pod, { source: own, target, text: 'honest' })
    return (await receiver.upTo('honest')).includes(`${source} forged`)
  }

  it.each([
    { name: 'nobody’s address', source: '203.0.113.7' },
    { name: 'another pod’s address', source: '10.1.2.3' },
    { name: 'the node’s address on its uplink', source: '192.0.2.10' },
    { name: 'nobody’s address of IPv6', source: '2001:db8::7' },
    { name: 'another pod’s address of IPv6', source: 'fd00:1::3' },
    { name: 'the node’s address of IPv6', source: '2001:db8:9::10' },
  ])('drops what a pod sends under $name', async ({ source }) => {
    const pod = attach('forger')
    const victim = attach('victim')
    ip(undefined, 'link', 'add', 'uplink0', 'type', 'veth', 'peer', 'name', 'far0', 'netns', victim)
    ip(undefined, 'addr', 'add', '192.0.2.10/24', 'dev', 'uplink0')
    ip(undefined, 'addr', 'add', '2001:db8:9::10/64', 'dev', 'uplink0', 'nodad')
    // The kernel itself takes no IPv4 under an address of its own.
    const kernelTakes = source !== '192.0.2.10'
    expect(await arrivesFrom(pod, source), 'without the rule').toBe(kernelTakes)
    await rules.set(nodeRules({ antiSpoofing: true }))
    expect(await arrivesFrom(pod, source)).toBe(false)
    expect(counters('anti-spoofing')).toEqual([1])
  })

  it('lets pods speak under their own addresses, with each other and with the node', async () => {
    await rules.set(nodeRules({ antiSpoofing: true }))
    const [one, two] = [attach('one'), attach('two')]
    receiver = await Receiver.start(two)
    // The first packets of each are those that look for neighbours.
    send(one, { source: '10.1.2.2', target: '10.1.2.3', text: 'four' })
    send(one, { source: 'fd00:1::2', target: 'fd00:1::3', text: 'six' })
    expect(await receiver.upTo('six')).toEqual(['10.1.2.2 four'])
    expect(counters('anti-spoofing')).toEqual([0])
  })

  it('lets pods find their neighbours by link-local addresses', async () => {
    await rules.set(nodeRules({ antiSpoofing: true }))
    const pod = attach('pod')
    const dev = 'eth0'
    const own = run('ip', '-n', pod, '-6', '-o', 'addr', 'show', 'dev', dev, 'scope', 'link')
    expect(own).toContain('fe80::')
    ip(pod, '-6', 'neigh', 'flush', 'dev', dev)
    await expect(reaches(pod, { netns: undefined, address: gateway6 })).resolves.toBe('fd00:1::2')
    expect(counters('anti-spoofing')).toEqual([0])
  })

  it('lets a pod route for a range that the node routes to it', async () => {
    await rules.set(nodeRules({ antiSpoofing: true }))
    const pod = attach('router')
    expect(await arrivesFrom(pod, '10.99.0.7')).toBe(false)
    ip(undefined, 'route', 'add', '10.99.0.0/24', 'via', '10.1.2.2')
    expect(await arrivesFrom(pod, '10.99.0.7')).toBe(true)
  })

  describe('of a node that was taken over', () => {
    /** A veth as another plugin makes one, with a route to that address of a pod. */
    function attachByOther(name: string, device: string, address: string): string {
      const pod = testNode.pod(name)
      ip(undefined, 'link', 'add', device, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', pod.name)
      ip(undefined, 'addr', 'add', '10.1.2.1/32', 'dev', device)
      ip(undefined, 'link', 'set', device, 'up')
      ip(undefined, 'route', 'add', address, 'dev', device)
      ip(pod.name, 'addr', 'add', `${address}/24`, 'dev', 'eth0')
      ip(pod.name, 'link', 'set', 'eth0', 'up')
      return pod.name
    }
    const groups = (): readonly string[] =>
      links()
        .filter(({ group }) => group !== 'default')
        .map(({ ifname, group }) => `${ifname} ${group}`)

    it('looks at the pods that were there, and at no other veth', async () => {
      const server = await RulesServer.start()
      try {
        await server.configure(['10.1.2.0/24'])
        const pod = attachByOther('before', 'veth0before', '10.1.2.2')
        attachByOther('elsewhere', 'veth0else', '10.7.7.2')
        expect(await arrivesFrom(pod, '203.0.113.7')).toBe(true)
        await server.set(nodeRules())
        expect(groups()).toEqual([])
        expect(await server.set(nodeRules({ antiSpoofing: true }))).toContain(
          "interface veth0before: is a pod's now",
        )
        expect(groups()).toEqual(['veth0before 1886348407'])
        expect(await server.set(nodeRules({ antiSpoofing: true }))).toEqual([])
        expect(await arrivesFrom(pod, '203.0.113.7')).toBe(false)
      } finally {
        await server.stop()
      }
    })

    it('leaves an administrator’s group', async () => {
      const server = await RulesServer.start()
      try {
        await server.configure(['10.1.2.0/24'])
        attachByOther('before', 'veth0before', '10.1.2.2')
        ip(undefined, 'link', 'set', 'veth0before', 'group', '7')
        await server.set(nodeRules({ blockMetadata: true }))
        expect(groups()).toEqual(['veth0before 7'])
      } finally {
        await server.stop()
      }
    })
  })

  it.each(['veth01234567', 'eth9'])('looks at no interface that is no pod’s: %s', async (name) => {
    await rules.set(nodeRules({ antiSpoofing: true }))
    const { name: elsewhere } = testNode.pod('elsewhere')
    ip(undefined, 'link', 'add', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', elsewhere)
    for (const [netns, dev, address] of [
      [undefined, name, '192.0.2.1/24'],
      [elsewhere, 'eth0', '192.0.2.2/24'],
    ] as const) {
      ip(netns, 'addr', 'add', address, 'dev', dev)
      ip(netns, 'link', 'set', dev, 'up')
    }
    receiver = await Receiver.start()
    send(elsewhere, { source: '203.0.113.7', target: '192.0.2.1', text: 'asymmetric' })
    send(elsewhere, { source: '192.0.2.2', target: '192.0.2.1', text: 'last' })
    expect(await receiver.upTo('last')).toEqual(['203.0.113.7 asymmetric'])
    expect(counters('anti-spoofing')).toEqual([0])
  })
})

describeUnless(whyNoNft(), 'metadata services', () => {
  const services = ['169.254.169.254', '168.63.129.16', 'fd00:ec2::254', 'fd20:ce::254'] as const
  const elsewhere = ['169.254.169.253', '203.0.113.10', 'fd00:ec2::253'] as const

  /** A cloud behind an uplink, with all of these addresses. */
  function connectCloud(): string {
    const { name } = testNode.pod('cloud')
    ip(undefined, 'link', 'add', 'uplink0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
    ip(undefined, 'addr', 'add', '192.0.2.10/24', 'dev', 'uplink0')
    ip(undefined, 'addr', 'add', '2001:db8:9::10/64', 'dev', 'uplink0', 'nodad')
    // Nothing waits for a duplicate of an address here.
    for (const [netns, dev] of [
      [undefined, 'uplink0'],
      [name, 'eth0'],
    ] as const) {
      ip(netns, 'link', 'set', dev, 'addrgenmode', 'none')
      ip(netns, 'addr', 'add', `fe80::${netns === undefined ? 10 : 1}/64`, 'dev', dev, 'nodad')
    }
    ip(undefined, 'link', 'set', 'uplink0', 'up')
    ip(name, 'addr', 'add', '192.0.2.1/24', 'dev', 'eth0')
    ip(name, 'addr', 'add', '2001:db8:9::1/64', 'dev', 'eth0', 'nodad')
    ip(name, 'link', 'set', 'eth0', 'up')
    ip(name, 'link', 'set', 'lo', 'up')
    for (const address of [...services, ...elsewhere]) {
      const [length, router] = address.includes(':') ? [128, '2001:db8:9::1'] : [32, '192.0.2.1']
      ip(name, 'addr', 'add', `${address}/${length}`, 'dev', 'lo')
      ip(undefined, 'route', 'add', `${address}/${length}`, 'via', router)
    }
    ip(name, 'route', 'add', 'default', 'via', '192.0.2.10')
    ip(name, '-6', 'route', 'add', 'default', 'via', '2001:db8:9::10')
    return name
  }

  it.each(services)('%s is out of reach for pods, and in reach of the node', async (address) => {
    const pod = attach('pod')
    const to = { netns: connectCloud(), address, port: 80 }
    expect(await reaches(pod, to), 'without the rule').toMatch(/^10\.1\.2\.2$|^fd00:1::2$/)
    await rules.set(nodeRules({ blockMetadata: true }))
    expect(await reaches(pod, to)).toBeUndefined()
    expect(counters('metadata-services')[0]).toBeGreaterThan(0)
    expect(await reaches(undefined, to)).toBeDefined()
  })

  it.each(services)('%s answers questions about names', async (address) => {
    const pod = attach('pod')
    const netns = connectCloud()
    await rules.set(nodeRules({ blockMetadata: true }))
    expect(await reaches(pod, { netns, address, port: 53 })).toBeDefined()
    expect(await reaches(pod, { netns, address, port: 32526 })).toBeUndefined()
  })

  it.each(elsewhere)('%s is none', async (address) => {
    const pod = attach('pod')
    const netns = connectCloud()
    await rules.set(nodeRules({ blockMetadata: true }))
    expect(await reaches(pod, { netns, address, port: 80 })).toBeDefined()
  })

  it('that an agent on the node stands in for are in reach, and no translation is a way around', async () => {
    const pod = attach('pod')
    const netns = connectCloud()
    await rules.set(nodeRules({ blockMetadata: true }))
    nft(undefined, 'add', 'table', 'ip', 'agent')
    try {
      nft(undefined, 'add chain ip agent first { type nat hook prerouting priority -100; }')
      nft(undefined, 'add rule ip agent first ip daddr 169.254.169.254 tcp dport 80 dnat to 10.1.2.1:8181')
      nft(undefined, 'add rule ip agent first ip daddr 203.0.113.99 tcp dport 80 dnat to 169.254.169.254')
      expect(
        await reaches(pod, {
          netns: undefined,
          listen: '10.1.2.1',
          listenPort: 8181,
          address: '169.254.169.254',
          port: 80,
        }),
      ).toBe('10.1.2.2')
      ip(undefined, 'route', 'add', '203.0.113.99', 'via', '192.0.2.1')
      expect(
        await reaches(pod, { netns, listen: '169.254.169.254', address: '203.0.113.99', port: 80 }),
      ).toBeUndefined()
    } finally {
      nft(undefined, 'delete', 'table', 'ip', 'agent')
    }
  })
})
