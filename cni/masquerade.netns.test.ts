import { readFileSync, readdirSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { describeUnless } from '../test/install/describe-unless.ts'
import { whyNoNft } from '../test/nft/nft.ts'
import { invoke, invokeAsync, run } from './testing/binary.ts'
import { type Printed, add, message, succeed } from './testing/calls.ts'
import { exchange, reaches } from './testing/exchange.ts'
import { elementsOf, nft, nftScript, ruleset } from './testing/filter.ts'
import { makeOutside, node4, node6, outside4, outside6 } from './testing/outside.ts'
import { RulesServer, nodeRules } from './testing/rules.ts'
import { TestServer } from './testing/server.ts'
import { trace, whyNoTrace } from './testing/trace.ts'
import { TestNode, ip } from './testing/world.ts'

let testNode: TestNode
let rules: RulesServer
beforeAll(async () => {
  rules = await RulesServer.start()
})
afterAll(() => rules.stop())
beforeEach(() => {
  nft(undefined, 'flush', 'ruleset')
  testNode = new TestNode()
})
afterEach(() => {
  testNode.remove()
  nft(undefined, 'flush', 'ruleset')
})

const config = (fields: object = {}, ipam: object = {}): Record<string, unknown> =>
  testNode.config({ ipMasq: true, ...fields }, ipam)

const attach = (containerId: string, conf: object = config()): Printed =>
  add({ containerId, netns: testNode.pod(containerId).path, config: conf })

const detach = (containerId: string, conf: object = config()): void =>
  succeed('DEL', { containerId, netns: `/run/netns/${containerId}`, config: conf })

const connectOutside = (...more: readonly string[]): string => makeOutside(testNode, ...more)

const tables = (): string => nft(undefined, 'list', 'tables')
const chains = (): readonly string[] => ruleset().filter((line) => line.startsWith('chain '))

describeUnless(whyNoNft(), 'masquerading by the plugin', () => {
  it('gives connections to elsewhere the node’s address, of both families', async () => {
    attach('pod')
    const netns = connectOutside()
    expect(await exchange('pod', { netns, address: outside4 })).toBe(node4)
    expect(await exchange('pod', { netns, address: outside6 })).toBe(node6)
    expect(ruleset()).toMatchSnapshot()
  })

  it('without it nobody out there finds back', async () => {
    attach('pod', config({ ipMasq: false }))
    const netns = connectOutside()
    expect(await reaches('pod', { netns, address: outside4 })).toBeUndefined()
    expect(tables()).toBe('')
  })

  it('leaves connections to pods of the same subnet and to the node alone', async () => {
    attach('pod')
    attach('other')
    expect(await exchange('pod', { netns: 'other', address: '10.1.2.3' })).toBe('10.1.2.2')
    expect(await exchange('pod', { netns: 'other', address: 'fd00:1::3' })).toBe('fd00:1::2')
    connectOutside()
    expect(await exchange('pod', { netns: undefined, address: node4 })).toBe('10.1.2.2')
  })

  /** https://github.com/kubernetes/kubernetes/issues/11204, https://github.com/kubernetes-sigs/ip-masq-agent/issues/9 */
  it('leaves connections to nonMasqueradeCIDRs alone', async () => {
    const conf = config({ nonMasqueradeCIDRs: ['203.0.113.0/28', '198.51.100.0/24', '2001:db8:ffff::/64'] })
    attach('pod', conf)
    const netns = connectOutside('203.0.113.99')
    ip(netns, 'route', 'add', '10.1.2.0/24', 'via', node4)
    ip(netns, 'route', 'add', 'fd00:1::/64', 'via', node6)
    expect(await exchange('pod', { netns, address: outside4 })).toBe('10.1.2.2')
    expect(await exchange('pod', { netns, address: outside6 })).toBe('fd00:1::2')
    expect(await exchange('pod', { netns, address: '203.0.113.99' })).toBe(node4)
    // A network with another list, and one pod of it, has its own.
    attach('plain', config({ name: 'other' }, { ranges: [[{ subnet: '10.1.3.0/24' }]] }))
    expect(await exchange('plain', { netns, address: outside4 })).toBe(node4)
    expect(await exchange('pod', { netns, address: outside4 })).toBe('10.1.2.2')
  })

  it('leaves what the node’s rules except alone, and is done with or without them', async () => {
    const masquerade = { sources: ['10.9.0.0/16'], exceptions: ['203.0.113.0/28'], randomFully: true }
    await rules.set(nodeRules({ masquerade, antiSpoofing: true }))
    const attached = attach('pod')
    const netns = connectOutside('203.0.113.99')
    ip(netns, 'route', 'add', '10.1.2.0/24', 'via', node4)
    expect(await exchange('pod', { netns, address: outside4 })).toBe('10.1.2.2')
    expect(await exchange('pod', { netns, address: '203.0.113.99' })).toBe(node4)
    await rules.set(nodeRules())
    expect(chains()).toHaveLength(3)
    expect(await exchange('pod', { netns, address: outside4 })).toBe(node4)
    expect(await rules.set(nodeRules())).toEqual([])
    await rules.set(nodeRules({ masquerade }))
    expect(await exchange('pod', { netns, address: outside4 })).toBe('10.1.2.2')
    // A range that grows makes the set anew, which the pod's own chain asks too.
    const wider = { ...masquerade, exceptions: ['203.0.113.0/25'] }
    await rules.set(nodeRules({ masquerade: wider }))
    expect(await exchange('pod', { netns, address: outside4 })).toBe('10.1.2.2')
    expect(await exchange('pod', { netns, address: '203.0.113.99' })).toBe('10.1.2.2')
    const prevResult = { cniVersion: '1.1.0', ...attached }
    succeed('CHECK', { containerId: 'pod', netns: '/run/netns/pod', config: config({ prevResult }) })
    await rules.set(nodeRules({ masquerade }))
    expect(await exchange('pod', { netns, address: '203.0.113.99' })).toBe(node4)
    detach('pod')
    expect(chains()).toEqual(['chain node-masquerade {'])
    expect(await rules.set(nodeRules({ masquerade }))).toEqual([])
  })

  describe('is over with the pod', () => {
    it('by DEL, which can be repeated; the last one takes everything', () => {
      attach('one')
      attach('two')
      expect(elementsOf('pod-sources-v4')).toEqual(
        ['10.1.2.2', '10.1.2.3'].map((one) => expect.stringContaining(one) as string),
      )
      const both = ruleset().length
      detach('one')
      detach('one')
      expect(ruleset().join(' ')).not.toContain('10.1.2.2')
      expect(chains()).toHaveLength(3)
      expect(ruleset().length).toBeLessThanOrEqual(both)
      detach('two')
      expect(tables()).toBe('')
    })

    it('the last of a network takes that network’s chain', () => {
      const other = config(
        { nonMasqueradeCIDRs: ['10.0.0.0/8'], name: 'other' },
        { ranges: [[{ subnet: '10.1.3.0/24' }]] },
      )
      attach('one')
      attach('two', other)
      expect(chains()).toHaveLength(4)
      detach('two', other)
      expect(chains()).toHaveLength(3)
      expect(ruleset().filter((line) => line.startsWith('set pod-exceptions-'))).toHaveLength(2)
    })

    /**
     * https://github.com/containernetworking/plugins/issues/810, https://github.com/containernetworking/plugins/pull/1078,
     * https://github.com/containerd/nerdctl/issues/1872
     */
    it.each([
      { name: 'an empty CNI_NETNS', netns: '', deleted: false },
      { name: 'no CNI_NETNS', netns: undefined, deleted: false },
      { name: 'a path that is gone', netns: '/run/netns/gone', deleted: true },
    ])('by DEL with $name', ({ netns, deleted }) => {
      run('ip', 'netns', 'add', 'gone')
      add({ netns: '/run/netns/gone', config: config() })
      expect(tables()).toBe('table inet podway\n')
      if (deleted) run('ip', 'netns', 'del', 'gone')
      succeed('DEL', { config: config(), environment: { CNI_NETNS: netns } })
      if (!deleted) run('ip', 'netns', 'del', 'gone')
      expect(tables()).toBe('')
      expect(testNode.reservations()).toEqual([])
    })

    it('by DEL with a configuration that asks for none any more', () => {
      attach('pod')
      attach('other')
      detach('pod', config({ ipMasq: false }))
      expect(elementsOf('pod-sources-v4')).toEqual([expect.stringContaining('10.1.2.3')])
      detach('other', config({ ipMasq: false }))
      expect(elementsOf('pod-sources-v4')).toEqual([])
      // What only they needed goes with the next pod that is masqueraded, or with GC.
      succeed('GC', { config: config({ 'cni.dev/valid-attachments': [] }) })
      expect(tables()).toBe('')
    })

    it('by GC, which keeps those that live, and other networks', () => {
      for (const name of ['lives', 'dead']) attach(name)
      attach('elsewhere', config({ name: 'other' }, { ranges: [[{ subnet: '10.1.3.0/24' }]] }))
      const valid = { 'cni.dev/valid-attachments': [{ containerID: 'lives', ifname: 'eth0' }] }
      succeed('GC', { config: config(valid) })
      const printed = ruleset().join('\n')
      expect(printed).toContain('podway net lives/eth0')
      expect(printed).toContain('podway other elsewhere/eth0')
      expect(printed).not.toContain('dead')
      succeed('GC', { config: config({ 'cni.dev/valid-attachments': [] }) })
      expect(ruleset().join('\n')).not.toContain('lives')
      expect(chains()).toHaveLength(2)
    })
  })

  it('of an ADD that fails is taken back', () => {
    const { path } = testNode.pod('pod')
    const before = testNode.traces()
    const ended = invoke({
      command: 'ADD',
      netns: path,
      config: config(),
      by: ['sh', '-c', 'exec "$0" > /dev/full'],
    })
    expect(ended.code).not.toBe(0)
    expect(tables()).toBe('')
    expect(testNode.traces()).toEqual(before)
  })

  it('that the kernel refuses makes the ADD fail, and leaves nothing', () => {
    nftScript(
      undefined,
      'add table inet podway; add chain inet podway pod-sources-v4; add set inet podway pod-sources-v4 { type ipv4_addr; }',
    )
    nftScript(undefined, 'add rule inet podway pod-sources-v4 ip saddr @pod-sources-v4 drop')
    const { path } = testNode.pod('pod')
    const before = testNode.traces()
    const ended = invoke({ command: 'ADD', netns: path, config: config() })
    expect(ended.code).toBe(1)
    expect(message(ended)).toBe('delete set pod-sources-v4: device or resource busy')
    expect(testNode.traces()).toEqual(before)
    // Names that begin with pod- are pods', and no pod is left.
    expect(tables()).toBe('')
  })

  it('of an address that a dead pod had is the new one’s', () => {
    attach('first')
    const left = nft(undefined, 'list', 'ruleset')
    detach('first')
    nftScript(undefined, left)
    expect(ruleset().join('\n')).toContain('podway net first/eth0')
    attach(
      'second',
      config(
        {},
        {
          ranges: [
            [{ subnet: '10.1.2.0/24', rangeEnd: '10.1.2.2' }],
            [{ subnet: 'fd00:1::/64', rangeEnd: 'fd00:1::2' }],
          ],
        },
      ),
    )
    expect(ruleset().join('\n')).not.toContain('first')
    expect(elementsOf('pod-sources-v4')).toHaveLength(1)
    // And the first one's DEL, that comes late, does not end it.
    detach('first')
    expect(ruleset().join('\n')).toContain('podway net second/eth0')
    detach('second')
    expect(tables()).toBe('')
  })

  it('of many at once is all there, and all gone', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `pod${index}`)
    for (const name of names) testNode.pod(name)
    const all = (
      command: string,
    ): Promise<readonly { readonly code: number | null; readonly stdout: string }[]> =>
      Promise.all(
        names.map((containerId) =>
          invokeAsync({ command, containerId, netns: `/run/netns/${containerId}`, config: config() }),
        ),
      )
    for (const { code, stdout } of await all('ADD')) expect(code, stdout).toBe(0)
    expect(elementsOf('pod-sources-v4')).toHaveLength(names.length)
    expect(elementsOf('pod-sources-v6')).toHaveLength(names.length)
    expect(ruleset().filter((line) => line.includes('vmap'))).toHaveLength(2)
    for (const { code, stdout } of await all('DEL')) expect(code, stdout).toBe(0)
    expect(tables()).toBe('')
  })

  it.each([
    {
      name: 'an address',
      script: 'delete element inet podway pod-sources-v4 { 10.1.2.2 }',
      says: 'address 10.1.2.2',
    },
    {
      name: 'all addresses of a family',
      script: 'flush map inet podway pod-sources-v6',
      says: 'address fd00:1::2',
    },
    {
      name: 'the base chain’s rules',
      script: 'flush chain inet podway pod-masquerade',
      says: 'chain pod-masquerade',
    },
    { name: 'everything', script: 'flush ruleset', says: 'set exceptions-v4' },
  ])('is looked at by CHECK: it lacks $name', ({ script, says }) => {
    const prevResult = attach('pod')
    const invocation = { containerId: 'pod', netns: '/run/netns/pod', config: config({ prevResult }) }
    succeed('CHECK', invocation)
    nftScript(undefined, script)
    const ended = invoke({ command: 'CHECK', ...invocation })
    expect(ended.code).toBe(1)
    expect(message(ended)).toBe(`ptp: masquerading is not set up any more: ${says}`)
  })

  it.each(['iptables', 'nftables'])('of the reference plugin by %s is the same', async (ipMasqBackend) => {
    const routes = [{ dst: '0.0.0.0/0' }]
    const conf = config({ type: 'ptp', ipMasqBackend, nonMasqueradeCIDRs: ['0.0.0.0/0'] }, { routes })
    const { path } = testNode.pod('pod')
    const file = testNode.plugin('ptp')
    add({ netns: path, config: conf, file })
    const netns = connectOutside()
    expect(await exchange('pod', { netns, address: outside4 })).toBe(node4)
    succeed('DEL', { netns: path, config: conf, file })
    expect(tables()).toBe('')
  })

  it('is what the server’s configuration list asks for, if it shall', async () => {
    const server = new TestServer()
    await server.start()
    try {
      const client = await server.connect()
      await client.ask('cni.install', {})
      await client.ask('cni.configure', { podCidrs: ['10.1.2.0/24'], masquerade: true })
      const [file = ''] = readdirSync(server.confDir)
      const list = JSON.parse(readFileSync(`${server.confDir}/${file}`, 'utf8')) as Record<
        string,
        unknown
      > & {
        readonly plugins: readonly object[]
      }
      const [plugin] = list.plugins
      const conf = { ...plugin, cniVersion: '1.1.0', name: list.name }
      attach('pod', conf)
      const netns = connectOutside()
      expect(await exchange('pod', { netns, address: outside4 })).toBe(node4)
      detach('pod', conf)
      await client.ask('cni.configure', { podCidrs: ['10.1.2.0/24'] })
      expect(readFileSync(`${server.confDir}/${file}`, 'utf8')).not.toContain('ipMasq')
      client.end()
    } finally {
      await server.remove()
    }
  })

  it('works with addresses of the configuration, too', () => {
    const ipam = { type: 'static', addresses: [{ address: '10.7.7.7/24', gateway: '10.7.7.1' }] }
    attach('pod', config({}, ipam))
    expect(ruleset().join('\n')).toContain('10.7.7.7')
    detach('pod', config({}, ipam))
    expect(tables()).toBe('')
  })

  it.skipIf(whyNoTrace() !== undefined)(
    'costs a look for each family and one change, and lists nothing, for all pods but the first',
    () => {
      attach('first')
      const { ending, calls } = trace({
        command: 'ADD',
        containerId: 'second',
        netns: testNode.pod('second').path,
        config: config(),
      })
      expect(ending.code).toBe(0)
      const { line: opening = '' } = calls.find(({ line }) => line.includes('NETLINK_NETFILTER')) ?? {}
      const descriptor = opening.split('= ').at(-1)
      const sent = calls.filter(({ line }) => line.startsWith(`sendto(${descriptor},`))
      expect(sent).toHaveLength(3)
      const listings = calls.filter(({ line }) => /NLM_F_DUMP|NLM_F_ROOT|NLM_F_REQUEST\|0x300/.test(line))
      expect(listings).toEqual([])
    },
  )
})
