import { expect, test } from 'vitest'
import { parseCidr } from '../net/cidr.ts'
import { podPlace, podRanges } from './pod-ranges.ts'

const node = (name: string, ...podCIDRs: readonly string[]) => ({
  name,
  addresses: [],
  podCIDRs: podCIDRs.map(parseCidr),
})
const cluster = {
  nodes: [node('a', '10.244.0.0/24', 'fd00::/64'), node('b', '10.9.0.0/24')],
  pools: [{ range: parseCidr('10.244.0.0/16'), nodes: 256n }],
}

test('pools, and podCIDRs that are of none, but for what is delegated', () => {
  const texts = (...delegated: readonly string[]) =>
    podRanges(cluster, (cidr) => delegated.map(parseCidr).some((one) => one.network === cidr.network)).map(
      ({ object, text }) => `${text} (${object.kind}/${object.name})`,
    )
  expect(texts()).toEqual([
    'pool 10.244.0.0/16 (pool/10.244.0.0/16)',
    'podCIDR fd00::/64 of Node a (Node/a)',
    'podCIDR 10.9.0.0/24 of Node b (Node/b)',
  ])
  expect(texts('fd00::/64')).not.toContain('podCIDR fd00::/64 of Node a (Node/a)')
})

test.each([
  ['10.244.0.0/24', 'node', 'a'],
  ['10.244.0.128/25', 'inside', 'a'],
  ['fd00::8:0/112', 'inside', 'a'],
  ['10.244.7.0/24', 'pool', undefined],
  ['10.244.0.0/16', 'pool', undefined],
  ['10.244.0.0/15', undefined, undefined],
  ['10.9.1.0/24', undefined, undefined],
])('%s: %s %s', (destination, at, name) => {
  const place = podPlace(parseCidr(destination), cluster)
  expect(place?.at).toBe(at)
  expect(place !== undefined && 'node' in place ? place.node.name : undefined).toBe(name)
})
