import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { describeUnless } from '../test/install/describe-unless.ts'
import { whyNoNft } from '../test/nft/nft.ts'
import { type Ending, invoke, invokeAsync, run } from './testing/binary.ts'
import { type Printed, add, message, succeed } from './testing/calls.ts'
import { EchoClient, startEcho } from './testing/echo.ts'
import { exchange, reaches } from './testing/exchange.ts'
import { nft, nftScript, ruleset } from './testing/filter.ts'
import { makeOutside, node4, node6, outside4, outside6, router4, router6 } from './testing/outside.ts'
import { RulesServer, nodeRules } from './testing/rules.ts'
import { trace, whyNoTrace } from './testing/trace.ts'
import { TestNode, ip, links } from './testing/world.ts'

let testNode: TestNode
beforeEach(() => {
  nft(undefined, 'flush', 'ruleset')
  testNode = new TestNode()
})
afterEach(() => {
  testNode.remove()
  nft(undefined, 'flush', 'ruleset')
})

const tcp = { hostPort: 8080, containerPort: 80, protocol: 'tcp' }

const config = (portMappings: readonly object[] = [tcp], fields: object = {}): Record<string, unknown> =>
  testNode.config({ runtimeConfig: { portMappings }, ...fields })

const attach = (containerId: string, conf: object = config()): Printed => {
  const { name, path } = testNode.pod(containerId)
  const result = add({ containerId, netns: path, config: conf })
  ip(name, 'link', 'set', 'lo', 'up')
  return result
}

const detach = (containerId: string, conf: object = config()): void =>
  succeed('DEL', { containerId, netns: `/run/netns/${containerId}`, config: conf })

/** A server of the pod on port 80, asked for at 8080 of that address. */
const at = (address: string, listen: string, netns = 'pod'): Parameters<typeof exchange>[1] => ({
  netns,
  address,
  listen,
  listenPort: 80,
})

/** Of the node that lead somewhere over IPv4. */
const ports = (): readonly string[] =>
  ruleset()
    .flatMap((line) => /(?:tcp|udp) \. (\d+) comment .* : 10\./.exec(line)?.[1] ?? [])
    .sort()

const tables = (): string => nft(undefined, 'list', 'tables')

describeUnless(whyNoNft(), 'port mappings by the plugin', () => {
  it.each([
    { interface: 'ptp', backend: 'iptables', notes: ['ipMasqBackend', 'backend'] },
    { interface: 'bridge', backend: 'iptables', notes: ['ipMasqBackend', 'backend'] },
    { interface: 'ptp', backend: 'nftables', notes: [] },
    { interface: 'ptp', backend: undefined, notes: [] },
  ])('of a $interface tell of nf_tables who asks for $backend', ({ interface: name, backend, notes }) => {
    const fields = { interface: name, ipMasq: true, ipMasqBackend: backend, backend }
    const call = { netns: testNode.pod('pod').path, config: config([tcp], fields) }
    const added = invoke({ ...call, command: 'ADD' })
    expect(added).toMatchObject({ code: 0, json: { cniVersion: '1.1.0' } })
    expect(added.stderr.split('\n')).toEqual([
      ...notes.map(
        (key) => `${key} "iptables" is answered with rules of nf_tables (nft list table inet podway)`,
      ),
      '',
    ])
    expect(invoke({ ...call, command: 'DEL' })).toMatchObject({ code: 0, stderr: '' })
  })

  it('lead from outside to the pod, which sees who asks, for both families', async () => {
    attach('pod')
    const outside = makeOutside(testNode)
    expect(await exchange(outside, at(node4, '10.1.2.2'))).toBe(router4)
    expect(await exchange(outside, at(node6, 'fd00:1::2'))).toBe(router6)
    expect(ruleset()).toMatchSnapshot()
    detach('pod')
    expect(await reaches(outside, at(node4, '0.0.0.0'))).toBeUndefined()
    expect(tables()).toBe('')
  })

  it('lead from the node itself, by its addresses and 127.0.0.1, and spare ::1', async () => {
    attach('pod')
    makeOutside(testNode)
    expect(await exchange(undefined, at(node4, '10.1.2.2'))).toBe(node4)
    expect(await exchange(undefined, at(node6, 'fd00:1::2'))).toBe(node6)
    expect(await exchange(undefined, at('127.0.0.1', '10.1.2.2'))).toBe('10.1.2.1')
    // A server of the node itself, which no mapping hides: the kernel could not send from ::1 to a pod.
    expect(await exchange(undefined, { netns: undefined, address: '::1' })).toBe('::1')
    detach('pod')
  })

  it('lead from other pods, and from the pod itself', async () => {
    attach('pod')
    attach('other', config([]))
    makeOutside(testNode)
    expect(await exchange('other', at(node4, '10.1.2.2'))).toBe('10.1.2.3')
    expect(await exchange('other', at(node6, 'fd00:1::2'))).toBe('fd00:1::3')
    expect(await exchange('pod', at(node4, '10.1.2.2'))).toBe('10.1.2.1')
    expect(await exchange('pod', at(node6, 'fd00:1::2'))).toBe('fd00:1::1')
  })

  it('of UDP lead the same client to the next pod, for both families', async () => {
    const udp = config([{ ...tcp, protocol: 'udp' }])
    // The kernel goes on to track connections between the two, which it does only as long as rules ask for it.
    attach('neighbour', config([{ ...tcp, hostPort: 9090 }]))
    attach('one', udp)
    const outside = makeOutside(testNode)
    const clients = [
      await EchoClient.start(outside, { from: 54_321, address: node4, port: 8080 }),
      await EchoClient.start(outside, { from: 54_322, address: node6, port: 8080 }),
      await EchoClient.start(undefined, { from: 54_323, address: '127.0.0.1', port: 8080 }),
    ]
    const servers = [await startEcho('one', 'one', 80)]
    try {
      for (const client of clients) expect(await client.ask()).toBe('one')
      detach('one', udp)
      // To nobody: the kernel remembers that, too.
      for (const client of clients) client.send()
      attach('two', udp)
      servers.push(await startEcho('two', 'two', 80))
      for (const client of clients) expect(await client.ask()).toBe('two')
    } finally {
      for (const one of [...clients, ...servers]) one.stop()
    }
  })

  /** GHSA-jv3w-x3r3-g6rm */
  it('take nothing that goes through the node to the same port of others', async () => {
    attach('pod')
    attach('other', config([]))
    const netns = makeOutside(testNode)
    ip(netns, 'route', 'add', '10.1.2.0/24', 'via', node4)
    ip(netns, 'route', 'add', 'fd00:1::/64', 'via', node6)
    expect(await exchange('other', { netns, address: outside4 })).toBe('10.1.2.3')
    expect(await exchange('other', { netns, address: outside6 })).toBe('fd00:1::3')
    // An address out there as hostIP doesn't make it the node's.
    attach('greedy', config([{ ...tcp, hostPort: 8081, hostIP: outside4 }]))
    expect(await exchange('other', { netns, address: outside4, port: 8081 })).toBe('10.1.2.3')
  })

  it.each([
    { hostIP: node4, reached: [node4], missed: ['127.0.0.1', '10.1.2.1', node6] },
    { hostIP: node6, reached: [node6], missed: [node4] },
    { hostIP: '0.0.0.0', reached: [node4, '127.0.0.1'], missed: [node6] },
    { hostIP: '::', reached: [node6], missed: [node4] },
    { hostIP: '127.0.0.1', reached: ['127.0.0.1'], missed: [node4] },
  ])('of hostIP $hostIP are of that address alone', async ({ hostIP, reached, missed }) => {
    makeOutside(testNode)
    const conf = config([{ ...tcp, hostIP }])
    attach('pod', conf)
    const listen = (address: string): string => (address.includes(':') ? 'fd00:1::2' : '10.1.2.2')
    for (const address of reached) await exchange(undefined, at(address, listen(address)))
    for (const address of missed)
      expect(await reaches(undefined, at(address, listen(address))), address).toBeUndefined()
    detach('pod', conf)
    expect(tables()).toBe('')
  })

  it('of one address of the node come before those of all', async () => {
    makeOutside(testNode)
    attach('all')
    attach('one', config([{ ...tcp, hostIP: node4 }]))
    expect(await exchange(undefined, at(node4, '10.1.2.3', 'one'))).toBe(node4)
    expect(await exchange(undefined, at('127.0.0.1', '10.1.2.2', 'all'))).toBe('10.1.2.1')
  })

  /** CVE-2020-8558 */
  it('let nobody reach what listens on the node’s own 127.0.0.1', async () => {
    attach('pod')
    const outside = makeOutside(testNode)
    ip(outside, 'addr', 'del', '127.0.0.1/8', 'dev', 'lo')
    ip(outside, 'route', 'add', '127.0.0.1/32', 'via', node4)
    ip('pod', 'addr', 'del', '127.0.0.1/8', 'dev', 'lo')
    ip('pod', 'route', 'add', '127.0.0.1/32', 'via', '10.1.2.1')
    const guarded = { netns: undefined, address: '127.0.0.1', port: 9090 }
    expect(await exchange(undefined, guarded)).toBe('127.0.0.1')
    expect(await reaches('pod', guarded)).toBeUndefined()
    expect(await reaches(outside, guarded)).toBeUndefined()
    // It is the rule that keeps the pod away, not the kernel.
    const believe = 'echo 1 > /proc/sys/net/ipv4/conf/eth0/route_localnet'
    run('ip', 'netns', 'exec', 'pod', 'sh', '-c', believe)
    expect(await reaches('pod', guarded)).toBeUndefined()
    nftScript(undefined, 'flush chain inet podway pod-port-guard')
    expect(await exchange('pod', guarded)).toBe('10.1.2.2')
  })

  it('without snat keep who asks, and change no setting of the kernel', async () => {
    const conf = config([tcp], { snat: false })
    attach('pod', conf)
    const outside = makeOutside(testNode)
    expect(await exchange(outside, at(node4, '10.1.2.2'))).toBe(router4)
    expect(await reaches(undefined, at('127.0.0.1', '10.1.2.2'))).toBeUndefined()
    expect(ruleset().filter((line) => line.includes('10.1.2.2'))).toHaveLength(1)
    const [host = ''] = links().flatMap(({ ifname }) => (ifname.startsWith('veth') ? [ifname] : []))
    expect(readFileSync(`/proc/sys/net/ipv4/conf/${host}/route_localnet`, 'utf8')).toBe('0\n')
  })

  it('of none make no rule, and open no socket to the packet filter', () => {
    attach('pod', config([]))
    expect(tables()).toBe('')
  })

  describe('are over with the pod', () => {
    it('by DEL, which can be repeated, and needs neither ports nor a namespace; the last one takes everything', () => {
      attach('one')
      attach('two', config([{ ...tcp, hostPort: 8081 }]))
      detach('one')
      detach('one')
      expect(ruleset().join(' ')).not.toContain('10.1.2.2')
      expect(ruleset().join(' ')).toContain('10.1.2.3')
      succeed('DEL', { containerId: 'two', netns: '', config: config([]) })
      expect(ruleset().join(' ')).not.toContain('10.1.2.3')
      // What only mappings needed goes with the next one that knows of ports, or with GC.
      detach('two')
      expect(tables()).toBe('')
    })

    it('by GC, which keeps those that live, and other networks', () => {
      attach('lives')
      attach('dead', config([{ ...tcp, hostPort: 8081 }]))
      const other = { name: 'other' }
      const elsewhere = testNode.config(
        { ...other, runtimeConfig: { portMappings: [{ ...tcp, hostPort: 8082 }] } },
        { ranges: [[{ subnet: '10.1.3.0/24' }]] },
      )
      attach('elsewhere', elsewhere)
      const gc = (...ids: readonly string[]): void =>
        succeed('GC', {
          config: config([], {
            'cni.dev/valid-attachments': ids.map((containerID) => ({ containerID, ifname: 'eth0' })),
          }),
        })
      gc('lives')
      expect(ports()).toEqual(['8080', '8082'])
      gc()
      expect(ports()).toEqual(['8082'])
      detach('elsewhere', elsewhere)
      expect(tables()).toBe('')
    })

    it('beside masquerading, each with its last pod', () => {
      const both = config([tcp], { ipMasq: true })
      attach('both', both)
      attach('masqueraded', config([], { ipMasq: true }))
      detach('both', both)
      expect(ruleset().join(' ')).not.toContain('pod-port')
      expect(ruleset().join(' ')).toContain('pod-masquerade')
      attach('both2', both)
      succeed('DEL', { containerId: 'masqueraded', netns: '', config: config([], { ipMasq: true }) })
      expect(ports()).toEqual(['8080'])
      detach('both2', both)
      expect(tables()).toBe('')
    })

    it('when its ADD fails', () => {
      const { path } = testNode.pod('pod')
      const before = testNode.traces()
      const by = ['sh', '-c', 'exec "$0" > /dev/full']
      expect(invoke({ command: 'ADD', netns: path, config: config(), by }).code).not.toBe(0)
      expect(tables()).toBe('')
      expect(testNode.traces()).toEqual(before)
    })
  })

  describe('of a port that leads to another pod', () => {
    it('fail, name who has it, and leave nothing', () => {
      attach('first')
      const { path } = testNode.pod('second')
      const before = testNode.traces()
      const ended = invoke({ command: 'ADD', containerId: 'second', netns: path, config: config() })
      expect(ended.json).toMatchObject({
        code: 102,
        msg: 'host port 8080/tcp is taken: it leads to 10.1.2.2 port 80',
        details: 'that is podway net first/eth0; use another hostPort or hostIP, or delete that pod',
      })
      expect(testNode.traces()).toEqual(before)
      expect(ruleset().join(' ')).not.toContain('second')
      // Of another protocol, or another address, it is free.
      attach('third', config([{ ...tcp, protocol: 'udp' }]))
    })

    it('are taken over of one that is gone, whose DEL may still come', () => {
      attach('first')
      const left = nft(undefined, 'list', 'ruleset')
      detach('first')
      nftScript(undefined, left)
      attach('other', config([]))
      attach('second')
      expect(ruleset().join(' ')).not.toContain('first')
      detach('first')
      expect(ports()).toEqual(['8080'])
      detach('second')
      expect(tables()).toBe('')
    })
  })

  it.each([
    { name: 'a port', script: 'flush map inet podway pod-ports-v4', says: 'port 8080/tcp' },
    { name: 'that of IPv6', script: 'flush map inet podway pod-ports-v6', says: 'port 8080/tcp' },
    { name: 'a chain', script: 'flush chain inet podway pod-port-output', says: 'chain pod-port-output' },
    { name: 'everything', script: 'flush ruleset', says: 'set pod-port-owners' },
  ])('are looked at by CHECK: it lacks $name', ({ script, says }) => {
    const prevResult = attach('pod')
    const invocation = { containerId: 'pod', netns: '/run/netns/pod', config: config([tcp], { prevResult }) }
    succeed('CHECK', invocation)
    nftScript(undefined, script)
    const ended = invoke({ command: 'CHECK', ...invocation })
    expect(message(ended)).toBe(`portmap: port mappings are not set up any more: ${says}`)
  })

  it('are the rules that nft makes of the same words', () => {
    const prevResult = attach('pod', config([tcp, { ...tcp, protocol: 'udp', hostIP: node4 }]))
    const words = nft(undefined, 'list', 'ruleset')
    nft(undefined, 'flush', 'ruleset')
    nftScript(undefined, words)
    const conf = config([tcp, { ...tcp, protocol: 'udp', hostIP: node4 }], { prevResult })
    succeed('CHECK', { containerId: 'pod', netns: '/run/netns/pod', config: conf })
    detach('pod')
    expect(tables()).toBe('')
  })

  it.skipIf(whyNoTrace() !== undefined)(
    'cost a look and a change, and list nothing, for all pods but the first; a DEL without any looks for itself',
    () => {
      attach('first')
      const netns = testNode.pod('second').path
      const lists = (calls: readonly { readonly line: string }[]): readonly string[] =>
        calls
          .map(({ line }) => line)
          .filter((line) => line.includes('pod-port') && /NLM_F_DUMP|NLM_F_ROOT|0x300/.test(line))
      const changing = config([{ ...tcp, hostPort: 8081 }])
      const added = trace({ command: 'ADD', containerId: 'second', netns, config: changing })
      expect(added.ending.code, added.ending.stdout).toBe(0)
      const { line: opening = '' } = added.calls.find(({ line }) => line.includes('NETLINK_NETFILTER')) ?? {}
      const descriptor = opening.split('= ').at(-1)
      expect(added.calls.filter(({ line }) => line.startsWith(`sendto(${descriptor},`))).toHaveLength(2)
      expect(lists(added.calls)).toEqual([])
      attach('none', config([]))
      const deleted = trace({
        command: 'DEL',
        containerId: 'none',
        netns: '/run/netns/none',
        config: config([]),
      })
      expect(deleted.ending.code).toBe(0)
      expect(lists(deleted.calls)).toEqual([])
      expect(ports()).toEqual(['8080', '8081'])
    },
  )

  it('of many pods at once are all there, and all gone', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `pod${index}`)
    for (const name of names) testNode.pod(name)
    const all = (command: string): Promise<readonly Ending[]> =>
      Promise.all(
        names.map((containerId, index) => {
          const conf = config([{ ...tcp, hostPort: 8000 + index }])
          return invokeAsync({ command, containerId, netns: `/run/netns/${containerId}`, config: conf })
        }),
      )
    for (const { code, stdout } of await all('ADD')) expect(code, stdout).toBe(0)
    expect(ports()).toHaveLength(names.length)
    for (const { code, stdout } of await all('DEL')) expect(code, stdout).toBe(0)
    expect(tables()).toBe('')
  })

  it('of a full node come and go at once, masqueraded too, while a stranger changes rules of its own', async () => {
    const old = Array.from({ length: 35 }, (_, index) => `old${index}`)
    const fresh = Array.from({ length: 35 }, (_, index) => `new${index}`)
    for (const name of [...old, ...fresh, 'stays']) testNode.pod(name)
    const both = (hostPort: number): object => config([{ ...tcp, hostPort }], { ipMasq: true })
    const call = (command: string, containerId: string, hostPort: number): Promise<Ending> =>
      invokeAsync({ command, containerId, netns: `/run/netns/${containerId}`, config: both(hostPort) })
    const ok = (endings: readonly Ending[]): void => {
      for (const { code, stdout } of endings) expect(code, stdout).toBe(0)
    }
    ok([await call('ADD', 'stays', 7999)])
    ok(await Promise.all(old.map((name, index) => call('ADD', name, 8000 + index))))
    nftScript(undefined, 'add table inet stranger; add set inet stranger s { type inet_service; }')
    const over = new AbortController()
    const stranger = (async () => {
      for (let element = 1; !over.signal.aborted; element++) {
        nftScript(undefined, `add element inet stranger s { ${element} }`)
        await new Promise(setImmediate)
      }
    })()
    try {
      ok(
        await Promise.all([
          ...old.map((name, index) => call('DEL', name, 8000 + index)),
          ...fresh.map((name, index) => call('ADD', name, 9000 + index)),
        ]),
      )
    } finally {
      over.abort()
      await stranger
    }
    const expected = [7999, ...fresh.map((_, index) => 9000 + index)].map(String)
    expect(ports()).toEqual([...expected].sort())
    const words = ruleset().join(' ')
    expect(words).not.toContain('net old')
    for (const name of ['stays', ...fresh]) expect(words).toContain(`net ${name}/eth0`)
    ok(await Promise.all(fresh.map((name, index) => call('DEL', name, 9000 + index))))
    expect(ports()).toEqual(['7999'])
    ok([await call('DEL', 'stays', 7999)])
    expect(tables().trim()).toBe('table inet stranger')
  })

  it('of a pod with a limit are mapped in the same process, and taken back with it', async () => {
    const limit = {
      ingressRate: 8_000_000,
      ingressBurst: 800_000,
      egressRate: 8_000_000,
      egressBurst: 800_000,
    }
    const conf = config([tcp], limit)
    const before = links().length
    const prevResult = attach('pod', conf)
    expect(links()).toHaveLength(before + 2)
    makeOutside(testNode)
    expect(await exchange(undefined, at(node4, '10.1.2.2'))).toBe(node4)
    const checked = { ...conf, prevResult }
    succeed('CHECK', { containerId: 'pod', netns: '/run/netns/pod', config: checked })
    detach('pod', conf)
    expect(tables()).toBe('')
    expect(links()).toHaveLength(before + 1)
    const { path } = testNode.pod('wrong')
    const wrong = config([tcp], { ...limit, egressBurst: 0 })
    expect(invoke({ command: 'ADD', containerId: 'wrong', netns: path, config: wrong }).code).toBe(1)
    expect(tables()).toBe('')
  })

  it('work beside the node’s own rules, which leave them alone', async () => {
    const rules = await RulesServer.start()
    try {
      attach('pod')
      const outside = makeOutside(testNode)
      const masquerade = {
        sources: ['10.1.0.0/16', 'fd00:1::/64'],
        exceptions: ['10.1.0.0/16'],
        randomFully: true,
      }
      await rules.set(nodeRules({ masquerade, antiSpoofing: true, blockMetadata: true }))
      expect(await exchange(outside, at(node4, '10.1.2.2'))).toBe(router4)
      expect(await exchange(outside, at(node6, 'fd00:1::2'))).toBe(router6)
      expect(await exchange(undefined, at('127.0.0.1', '10.1.2.2'))).toBe('10.1.2.1')
      expect(await exchange('pod', at(node4, '10.1.2.2'))).toBe('10.1.2.1')
      expect(await rules.set(nodeRules())).not.toContain('pod-port')
      expect(ports()).toEqual(['8080'])
      expect(ruleset().join(' ')).not.toContain('exceptions')
      detach('pod')
      expect(tables()).toBe('')
    } finally {
      await rules.stop()
    }
  })
})
