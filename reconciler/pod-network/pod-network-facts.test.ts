import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { type Cidr, cidrAround, containsCidr, nthSubnet, parseCidr, subnetCount } from '../../net/cidr.ts'
import type { PodNetworkFamily } from './pod-network.ts'
import { podNetworkFacts } from './pod-network-facts.ts'

const facts = (podRanges: readonly Cidr[], nativeRanges: readonly Cidr[]): readonly PodNetworkFamily[] =>
  podNetworkFacts({ provider: 'aws', cluster: 'prod', podRanges, nativeRanges }).families

test.each<
  [what: string, pods: readonly string[], native: readonly string[], wanted: readonly PodNetworkFamily[]]
>([
  ['nothing', [], [], []],
  [
    'a pool, and no range',
    ['10.244.0.0/16'],
    [],
    [{ family: 'IPv4', pools: ['10.244.0.0/16'], nativeRanges: [] }],
  ],
  [
    'both families, IPv4 first',
    ['fd00:10:244::/48', '10.244.0.0/16'],
    ['2001:db8::/64', '10.0.1.0/24'],
    [
      { family: 'IPv4', pools: ['10.244.0.0/16'], nativeRanges: ['10.0.1.0/24'] },
      { family: 'IPv6', pools: ['fd00:10:244::/48'], nativeRanges: ['2001:db8::/64'] },
    ],
  ],
  [
    'a family of which no pod has an address is left out',
    ['10.244.0.0/16'],
    ['2001:db8::/64', '10.0.1.0/24'],
    [{ family: 'IPv4', pools: ['10.244.0.0/16'], nativeRanges: ['10.0.1.0/24'] }],
  ],
  [
    'podCIDRs in a pool, and outside of all',
    ['10.244.0.0/16', '10.244.3.0/24', '10.9.1.0/24', '10.9.0.0/24'],
    ['10.0.1.0/24', '10.0.0.0/24', '10.0.4.0/24'],
    [
      {
        family: 'IPv4',
        pools: ['10.9.0.0/23', '10.244.0.0/16'],
        nativeRanges: ['10.0.0.0/23', '10.0.4.0/24'],
      },
    ],
  ],
])('%s', (_what, pods, native, wanted) => {
  expect(facts(pods.map(parseCidr), native.map(parseCidr))).toEqual(wanted)
})

/** Blocks of a small range. */
const range = fc
  .tuple(fc.integer({ min: 24, max: 32 }), fc.integer({ min: 0, max: 255 }))
  .map(([length, host]) => cidrAround({ family: 4, value: 0x0af40000n + BigInt(host) }, length))

property.prop([fc.array(range, { minLength: 1, maxLength: 20 })])(
  'says the same, however the addresses are cut into ranges',
  (ranges) => {
    const halves = ranges.flatMap((cidr) =>
      cidr.prefixLength === 32
        ? [cidr]
        : [0n, 1n].map((half) => nthSubnet(cidr, cidr.prefixLength + 1, half)),
    )
    expect(facts([...halves, ...ranges.toReversed()], halves)).toEqual(facts(ranges, ranges))
    const [family] = facts(ranges, [])
    const pools = (family?.pools ?? []).map(parseCidr)
    for (const cidr of ranges) expect(pools.filter((pool) => containsCidr(pool, cidr))).toHaveLength(1)
    for (const pool of pools)
      for (let index = 0n; index < subnetCount(pool, 32); index++) {
        const address = nthSubnet(pool, 32, index)
        expect(ranges.some((cidr) => containsCidr(cidr, address))).toBe(true)
      }
  },
)
