import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeUnless } from '../test/install/describe-unless.ts'
import { whyNoNft } from '../test/nft/nft.ts'
import { invoke } from './testing/binary.ts'
import { type Printed, add, message, succeed } from './testing/calls.ts'
import { EchoClient, startEcho } from './testing/echo.ts'
import { exchange, reaches } from './testing/exchange.ts'
import { nft, nftScript, ruleset } from './testing/filter.ts'
import { makeOutside, node4, node6, router4, router6 } from './testing/outside.ts'
import { TestNode, ip } from './testing/world.ts'

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
const config = (fields: object = {}, portMappings: readonly object[] = [tcp]): Record<string, unknown> =>
  testNode.config({ runtimeConfig: { portMappings }, ...fields })

const attach = (containerId: string, conf: object = config()): Printed => {
  const { name, path } = testNode.pod(containerId)
  const result = add({ containerId, netns: path, config: conf })
  ip(name, 'link', 'set', 'lo', 'up')
  return result
}

const detach = (containerId: string, conf: object = config()): void =>
  succeed('DEL', { containerId, netns: `/run/netns/${containerId}`, config: conf })

const at = (address: string, listen: string, netns = 'pod'): Parameters<typeof exchange>[1] => ({
  netns,
  address,
  listen,
  listenPort: 80,
})
const tables = (): string => nft(undefined, 'list', 'tables')
const check = (conf: object, prevResult: Printed): ReturnType<typeof invoke> =>
  invoke({ command: 'CHECK', containerId: 'pod', netns: '/run/netns/pod', config: { ...conf, prevResult } })

describeUnless(whyNoNft(), 'port mappings with conditions', () => {
  it.each([
    { conditions: ['-s', '192.0.2.1'], outside: true, node: false },
    { conditions: ['!', '-s', '192.0.2.1'], outside: false, node: true },
    { conditions: ['ip', 'saddr', '{ 192.0.2.0/28, 198.51.100.1 }'], outside: true, node: true },
    { conditions: ['ip', 'saddr', '!=', '{192.0.2.1,198.51.100.1}'], outside: false, node: true },
    { conditions: ['-d', '192.0.2.10'], outside: true, node: true },
    { conditions: ['ip', 'daddr', '!=', '192.0.2.10'], outside: false, node: false },
    { conditions: ['-i', 'uplink+'], outside: true, node: false },
    { conditions: ['iifname', '!=', 'uplink0'], outside: false, node: true },
    { conditions: ['-i', 'uplink'], outside: false, node: false },
  ])('$conditions lead whom they say', async ({ conditions, outside, node }) => {
    const conf = config({ conditionsV4: conditions })
    const prevResult = attach('pod', conf)
    const netns = makeOutside(testNode)
    expect(await reaches(netns, at(node4, '10.1.2.2'))).toBe(outside ? router4 : undefined)
    expect(await reaches(undefined, at(node4, '10.1.2.2'))).toBe(node ? node4 : undefined)
    // They are of IPv4 alone.
    expect(await exchange(netns, at(node6, 'fd00:1::2'))).toBe(router6)
    expect(check(conf, prevResult).code).toBe(0)
    // What nft makes of the same words is the same.
    const words = nft(undefined, 'list', 'ruleset')
    nft(undefined, 'flush', 'ruleset')
    nftScript(undefined, words)
    expect(check(conf, prevResult)).toMatchObject({ code: 0, stdout: '' })
    detach('pod', conf)
    expect(tables()).toBe('')
  })

  it('of IPv6 lead whom they say', async () => {
    const conf = config({ conditionsV6: ['!', '-s', '2001:db8:9::1'] })
    attach('pod', conf)
    const netns = makeOutside(testNode)
    expect(await reaches(netns, at(node6, 'fd00:1::2'))).toBeUndefined()
    expect(await exchange(undefined, at(node6, 'fd00:1::2'))).toBe(node6)
    expect(await exchange(netns, at(node4, '10.1.2.2'))).toBe(router4)
    detach('pod', conf)
    expect(tables()).toBe('')
  })

  it('come before mappings without any, and share one port among pods', async () => {
    const chosen = config({ conditionsV4: ['-s', '192.0.2.1'], conditionsV6: ['-s', '2001:db8:9::1'] })
    attach('all')
    attach('chosen', chosen)
    const netns = makeOutside(testNode)
    expect(await exchange(netns, at(node4, '10.1.2.3', 'chosen'))).toBe(router4)
    expect(await exchange(undefined, at(node4, '10.1.2.2', 'all'))).toBe(node4)
    // With the same conditions a port is taken.
    const { path } = testNode.pod('third')
    const third = invoke({ command: 'ADD', containerId: 'third', netns: path, config: chosen })
    expect(third.json).toMatchObject({ code: 102, details: expect.stringContaining('chosen/eth0') as string })
    detach('chosen', chosen)
    expect(ruleset().join(' ')).not.toContain('-if-')
    expect(await exchange(netns, at(node4, '10.1.2.2', 'all'))).toBe(router4)
    detach('all')
    expect(tables()).toBe('')
  })

  it('share their maps with equal ones, which go with the last', () => {
    const conf = (hostPort: number): object =>
      config({ conditionsV4: ['-s', '192.0.2.1'] }, [{ ...tcp, hostPort }])
    attach('one', conf(8080))
    attach('two', conf(8081))
    expect(ruleset().filter((line) => line.startsWith('map pod-ports-v4-if-'))).toHaveLength(1)
    detach('one', conf(8080))
    expect(ruleset().join(' ')).toContain('8081')
    expect(ruleset().join(' ')).not.toContain('one/eth0')
    const gc = { ...config(), 'cni.dev/valid-attachments': [] }
    succeed('GC', { config: gc })
    expect(tables()).toBe('')
  })

  it.each([
    { name: 'a port', script: 'flush map inet podway SUFFIX', says: 'port 8080/tcp' },
    { name: 'a chain', script: 'flush chain inet podway pod-port-mapsSUFFIX', says: 'chain pod-port-maps' },
  ])('are looked at by CHECK: it lacks $name', ({ script, says }) => {
    const conf = config({ conditionsV4: ['-s', '192.0.2.1'] })
    const prevResult = attach('pod', conf)
    const [map = ''] = ruleset().flatMap((line) => /^map (pod-ports-v4-if-\w+)/.exec(line)?.[1] ?? [])
    const suffix = map.slice('pod-ports-v4'.length)
    nftScript(undefined, script.replace(' SUFFIX', ` ${map}`).replace('SUFFIX', suffix))
    expect(message(check(conf, prevResult))).toContain(`port mappings are not set up any more: ${says}`)
  })

  it('that are not known are refused, under both names', () => {
    const { path } = testNode.pod('pod')
    const conf = config({ conditionsV4: ['-m', 'mac'] })
    const own = invoke({ command: 'ADD', netns: path, config: conf })
    expect(own.json).toMatchObject({ code: 2, msg: 'conditionsV4: "-m" is not supported' })
    const chained = { ...conf, type: 'portmap', prevResult: { cniVersion: '1.0.0', ips: [] } }
    const file = testNode.plugin('portmap')
    const there = invoke({ command: 'ADD', netns: path, config: chained, file })
    expect(there.json).toMatchObject({
      code: 2,
      msg: 'failed to parse config: conditionsV4: "-m" is not supported',
    })
    expect(tables()).toBe('')
  })
})

describeUnless(whyNoNft(), 'port mappings with masqAll', () => {
  it('give every connection by a mapping another source, and no other', async () => {
    const conf = config({ masqAll: true }, [tcp, { ...tcp, hostIP: node4 }])
    const prevResult = attach('pod', conf)
    attach('other', config({}, []))
    const netns = makeOutside(testNode)
    expect(await exchange(netns, at(node4, '10.1.2.2'))).toBe('10.1.2.1')
    expect(await exchange(netns, at(node6, 'fd00:1::2'))).toBe('fd00:1::1')
    expect(await exchange('other', at(node4, '10.1.2.2'))).toBe('10.1.2.1')
    expect(await exchange('pod', at(node4, '10.1.2.2'))).toBe('10.1.2.1')
    expect(await exchange(undefined, at('127.0.0.1', '10.1.2.2'))).toBe('10.1.2.1')
    // Without the node's port there is no mapping.
    expect(await exchange('other', { netns: 'pod', address: '10.1.2.2', port: 80 })).toBe('10.1.2.3')
    expect(await exchange('other', { netns: 'pod', address: '10.1.2.2' })).toBe('10.1.2.3')
    expect(check(conf, prevResult)).toMatchObject({ code: 0, stdout: '' })
    const words = nft(undefined, 'list', 'ruleset')
    nft(undefined, 'flush', 'ruleset')
    nftScript(undefined, words)
    expect(check(conf, prevResult)).toMatchObject({ code: 0, stdout: '' })
    detach('pod', conf)
    expect(tables()).toBe('')
  })

  it('are of the pod that asks for it alone, and mean nothing without snat', async () => {
    attach('pod')
    const masked = config({ masqAll: true }, [{ ...tcp, hostPort: 8081 }])
    attach('masked', masked)
    attach('plain', config({ masqAll: true, snat: false }, [{ ...tcp, hostPort: 8082 }]))
    const netns = makeOutside(testNode)
    expect(await exchange(netns, at(node4, '10.1.2.2'))).toBe(router4)
    expect(await exchange(netns, { ...at(node4, '10.1.2.3', 'masked'), port: 8081 })).toBe('10.1.2.1')
    expect(await exchange(netns, { ...at(node4, '10.1.2.4', 'plain'), port: 8082 })).toBe(router4)
    detach('masked', masked)
    expect(ruleset().join(' ')).not.toContain('pod-port-sources')
  })
})

describeUnless(whyNoNft(), 'a DEL that is told of no ports', () => {
  it.each([{ ipMasq: false }, { ipMasq: true }])(
    'ends mappings, connections and what only they needed all the same (ipMasq $ipMasq)',
    async ({ ipMasq }) => {
      const udp = config({ ipMasq }, [{ ...tcp, protocol: 'udp' }])
      attach('one', udp)
      const netns = makeOutside(testNode)
      const client = await EchoClient.start(netns, { from: 54_321, address: node4, port: 8080 })
      const servers = [await startEcho('one', 'one', 80)]
      try {
        expect(await client.ask()).toBe('one')
        detach('one', config({ ipMasq }, []))
        expect(tables()).toBe('')
        expect(testNode.reservations()).toEqual([])
        // The client goes on from the same port: what the kernel remembered would lead it to the pod's address still.
        servers.push(await startEcho(undefined, 'node', 8080))
        expect(await client.ask()).toBe('node')
      } finally {
        for (const one of [client, ...servers]) one.stop()
      }
    },
  )
})
