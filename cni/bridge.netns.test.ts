import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Printed, add, succeed } from './testing/calls.ts'
import { exchange } from './testing/exchange.ts'
import { TestNode, links } from './testing/world.ts'

let testNode: TestNode
beforeEach(() => {
  testNode = new TestNode()
})
afterEach(() => testNode.remove())

/** A configuration for a bridge that is the gateway. */
const config = (fields: object = {}, ipam: object = {}): Record<string, unknown> =>
  testNode.config({ interface: 'bridge', bridge: 'br0', isDefaultGateway: true, ...fields }, ipam)

const attach = (name: string, conf: object): { name: string; path: string; result: Printed } => {
  const pod = testNode.pod(name)
  return { ...pod, result: add({ containerId: name, netns: pod.path, config: conf }) }
}

describe('a pod on a bridge', () => {
  it('talks with its gateway and with its neighbour at once, of both families', async () => {
    const one = attach('one', config())
    expect(await exchange(undefined, { netns: one.name, address: '10.1.2.2' })).toBe('10.1.2.1')
    expect(await exchange(one.name, { netns: undefined, address: 'fd00:1::1' })).toBe('fd00:1::2')
    const two = attach('two', config())
    expect(await exchange(two.name, { netns: one.name, address: '10.1.2.2' })).toBe('10.1.2.3')
    expect(await exchange(one.name, { netns: two.name, address: 'fd00:1::3' })).toBe('fd00:1::2')
    succeed('CHECK', {
      containerId: 'two',
      netns: two.path,
      config: { ...config(), prevResult: two.result },
    })
    for (const { name, path } of [one, two]) {
      succeed('DEL', { containerId: name, netns: path, config: config() })
      succeed('DEL', { containerId: name, netns: path, config: config() })
      expect(links(name).map(({ ifname }) => ifname)).toEqual(['lo'])
    }
    expect(testNode.reservations()).toEqual([])
    expect(links().map(({ ifname }) => ifname)).toContain('br0')
  })
})
