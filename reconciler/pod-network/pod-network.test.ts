import { describe, expect, test } from 'vitest'
import { formatCidr } from '../../net/cidr.ts'
import { type PodNetworkStatus, nativeRangesOf, sameFacts } from './pod-network.ts'

const status: PodNetworkStatus = {
  provider: 'aws',
  cluster: 'prod',
  families: [
    { family: 'IPv4', pools: ['10.244.0.0/16'], nativeRanges: ['10.0.0.0/23', '10.0.4.0/24'] },
    { family: 'IPv6', pools: ['fd00::/48'], nativeRanges: ['2001:db8::/64'] },
  ],
  since: '2026-01-01T00:00:00Z',
}
const [v4, v6] = status.families

describe('the facts are the same', () => {
  test.each<[what: string, other: PodNetworkStatus | undefined, same: boolean]>([
    ['of itself', status, true],
    ['since another time', { ...status, since: '2026-02-02T00:00:00Z' }, true],
    [
      'with the fields in another order',
      {
        since: status.since,
        families: status.families.map(({ family, nativeRanges, pools }) => ({ nativeRanges, pools, family })),
        cluster: 'prod',
        provider: 'aws',
      },
      true,
    ],
    ['of nothing', undefined, false],
    ['of another provider', { ...status, provider: 'none' }, false],
    ['of another cluster', { ...status, cluster: 'test' }, false],
    ['without a family', { ...status, families: v4 === undefined ? [] : [v4] }, false],
    ['with a pool more', { ...status, families: edit({ pools: ['10.244.0.0/16', '10.9.0.0/24'] }) }, false],
    ['with a range less', { ...status, families: edit({ nativeRanges: ['10.0.0.0/23'] }) }, false],
    [
      'in another order',
      { ...status, families: edit({ nativeRanges: ['10.0.4.0/24', '10.0.0.0/23'] }) },
      false,
    ],
  ])('%s: %j', (_what, other, same) => {
    expect(sameFacts(status, other)).toBe(same)
    expect(sameFacts(other, status)).toBe(same)
  })

  test('of nothing and nothing', () => expect(sameFacts(undefined, undefined)).toBe(true))

  function edit(change: Partial<NonNullable<typeof v4>>): PodNetworkStatus['families'] {
    return [v4, v6].flatMap((family) =>
      family === undefined ? [] : family === v4 ? [{ ...v4, ...change }] : [family],
    )
  }
})

test('native ranges of both families are read, and what is none is left out', () => {
  expect(nativeRangesOf(status).map(formatCidr)).toEqual(['10.0.0.0/23', '10.0.4.0/24', '2001:db8::/64'])
  expect(nativeRangesOf(undefined)).toEqual([])
  const odd = { family: 'IPv4', pools: [], nativeRanges: ['all', '10.0.0.1/24', '10.0.8.0/24'] } as const
  expect(nativeRangesOf({ ...status, families: [odd] }).map(formatCidr)).toEqual(['10.0.8.0/24'])
})
