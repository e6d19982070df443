import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { add, succeed } from './testing/calls.ts'
import { qdiscs, redirects } from './testing/shaping.ts'
import { transferRate } from './testing/transfer.ts'
import { TestNode, links } from './testing/world.ts'

let testNode: TestNode
beforeEach(() => {
  testNode = new TestNode()
})
afterEach(() => testNode.remove())

const ifbs = (): readonly string[] =>
  links()
    .map(({ ifname }) => ifname)
    .filter((name) => name.startsWith('bwp'))

const limits = {
  ingressRate: 16_000_000,
  ingressBurst: 262_144,
  egressRate: 8_000_000,
  egressBurst: 262_144,
}

describe('the limits of a pod', () => {
  it('are token buckets on the veth and on an ifb that what it sends is redirected to', () => {
    const before = testNode.traces()
    const config = testNode.config(limits)
    const netns = testNode.pod('pod').path
    const { interfaces } = add({ netns, config })
    const [hostEnd, podEnd, ifb] = interfaces
    expect(podEnd?.name).toBe('eth0')
    expect(ifbs()).toEqual([ifb?.name])
    expect(qdiscs(hostEnd?.name ?? '')).toMatchObject([
      { kind: 'tbf', handle: '1:', root: true, options: { rate: 2_000_000, burst: 32768 } },
      { kind: 'ingress' },
    ])
    expect(qdiscs(ifb?.name ?? '')).toMatchObject([
      { kind: 'tbf', handle: '1:', root: true, options: { rate: 1_000_000, burst: 32768 } },
    ])
    expect(redirects(hostEnd?.name ?? '')).toEqual([ifb?.name])
    succeed('DEL', { netns, config })
    expect(testNode.traces()).toEqual(before)
  })

  it.each([
    { what: 'received over IPv4', from: undefined, to: 'pod', address: '10.1.2.2', rate: limits.ingressRate },
    {
      what: 'received over IPv6',
      from: undefined,
      to: 'pod',
      address: 'fd00:1::2',
      rate: limits.ingressRate,
    },
    { what: 'sent over IPv4', from: 'pod', to: undefined, address: '10.1.2.1', rate: limits.egressRate },
    { what: 'sent over IPv6', from: 'pod', to: undefined, address: 'fd00:1::1', rate: limits.egressRate },
  ])('hold for what is $what', async ({ from, to, address, rate }) => {
    add({ netns: testNode.pod('pod').path, config: testNode.config({ ...limits, mtu: 1500 }) })
    const measured = await transferRate({ from, to, address, skip: 200_000, measure: rate / 8 })
    expect(measured / rate).toBeGreaterThan(0.9)
    expect(measured / rate).toBeLessThan(1.1)
  })
})
