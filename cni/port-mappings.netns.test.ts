import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeUnless } from '../test/install/describe-unless.ts'
import { whyNoNft } from '../test/nft/nft.ts'
import { type Printed, add, succeed } from './testing/calls.ts'
import { EchoClient, startEcho } from './testing/echo.ts'
import { exchange, reaches } from './testing/exchange.ts'
import { nft, ruleset } from './testing/filter.ts'
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

const tables = (): string => nft(undefined, 'list', 'tables')

describeUnless(whyNoNft(), 'port mappings by the plugin', () => {
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
})
