import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { invoke, run } from './testing/binary.ts'
import { add, succeed } from './testing/calls.ts'
import { TestNode, ip, link, links } from './testing/world.ts'

let testNode: TestNode
beforeEach(() => {
  testNode = new TestNode()
})
afterEach(() => testNode.remove())

describe('DEL', () => {
  it('takes everything back, and can be repeated', () => {
    const before = testNode.traces()
    const pod = testNode.pod('del')
    const invocation = { netns: pod.path, config: testNode.config() }
    add(invocation)
    expect(testNode.traces()).not.toEqual(before)
    for (let i = 0; i < 2; i++) {
      succeed('DEL', invocation)
      expect(testNode.traces()).toEqual(before)
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
    const before = testNode.traces()
    run('ip', 'netns', 'add', 'gone')
    const config = testNode.config()
    add({ netns: '/run/netns/gone', config })
    if (deleted) run('ip', 'netns', 'del', 'gone')
    succeed('DEL', { config, environment: { CNI_NETNS: netns } })
    if (!deleted) run('ip', 'netns', 'del', 'gone')
    expect(testNode.reservations()).toEqual([])
    expect(testNode.traces()).toEqual(before)
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
    const before = testNode.traces()
    add({ containerId: 'goes', netns: two.path, config })
    succeed('DEL', { containerId: 'goes', netns: two.path, config })
    expect(testNode.traces()).toEqual(before)
    expect(link('eth0', one.name).addr_info).toContainEqual(expect.objectContaining({ local: '10.1.2.2' }))
  })
})
