import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeUnless } from '../test/install/describe-unless.ts'
import { whyNoNft } from '../test/nft/nft.ts'
import { type Printed, add, succeed } from './testing/calls.ts'
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
})
