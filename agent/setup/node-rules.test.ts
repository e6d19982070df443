import { describe, expect, test } from 'vitest'
import { type Cidr, parseCidr } from '../../net/cidr.ts'
import type { PodNetworkStatus } from '../../reconciler/pod-network/pod-network.ts'
import { areEmpty, desiredRules } from './node-rules.ts'
import type { SetupSettings } from './settings.ts'

const usual: SetupSettings = {
  masquerade: [4, 6],
  masqueradeLinkLocal: true,
  randomFully: true,
  nonMasqueradeCidrs: [],
  antiSpoofing: true,
  blockMetadata: false,
  mtu: undefined,
}
const cidrs = (...texts: readonly string[]): readonly Cidr[] => texts.map(parseCidr)
const network = (families: PodNetworkStatus['families']): PodNetworkStatus => ({
  provider: 'aws',
  cluster: 'prod',
  families,
  since: '2026-01-01T00:00:00Z',
})
const dual = network([
  { family: 'IPv4', pools: ['10.244.0.0/16'], nativeRanges: ['10.0.1.0/24', '10.0.2.0/24'] },
  { family: 'IPv6', pools: ['fd00:10:244::/48'], nativeRanges: ['2600:1f18:0:1::/64'] },
])
const own = cidrs('10.244.1.0/24', 'fd00:10:244:1::/64')

describe('masqueraded is', () => {
  test('all that pods send, but to pods and to native ranges', () => {
    expect(desiredRules({ own, others: [] }, dual, usual).masquerade).toEqual({
      sources: ['10.244.0.0/16', 'fd00:10:244::/48'],
      exceptions: ['10.0.1.0/24', '10.0.2.0/24', '10.244.0.0/16', '2600:1f18:0:1::/64', 'fd00:10:244::/48'],
      linkLocal: true,
      randomFully: true,
    })
  })

  test('nothing that is for pods of other nodes (kubernetes 11204)', () => {
    const { masquerade } = desiredRules({ own, others: [] }, dual, usual)
    expect(masquerade?.exceptions).toContain('10.244.0.0/16')
  })

  test.each<[what: string, status: PodNetworkStatus | undefined]>([
    ['no PodNetwork', undefined],
    ['one that says nothing', network([])],
  ])('with %s: all but to the pods that the node knows', (_what, status) => {
    expect(desiredRules({ own, others: cidrs('10.244.2.0/24') }, status, usual).masquerade).toMatchObject({
      sources: ['10.244.1.0/24', 'fd00:10:244:1::/64'],
      exceptions: ['10.244.1.0/24', '10.244.2.0/24', 'fd00:10:244:1::/64'],
    })
  })

  test('what a podCIDR outside of the pools sends', () => {
    const outside = cidrs('10.99.0.0/24')
    expect(desiredRules({ own: outside, others: [] }, dual, usual).masquerade).toMatchObject({
      sources: ['10.99.0.0/24', '10.244.0.0/16', 'fd00:10:244::/48'],
      exceptions: expect.arrayContaining(['10.99.0.0/24']) as unknown,
    })
  })

  test('nothing for what the user excepts', () => {
    const settings = { ...usual, nonMasqueradeCidrs: cidrs('192.168.0.0/16') }
    expect(desiredRules({ own, others: [] }, undefined, settings).masquerade?.exceptions).toContain(
      '192.168.0.0/16',
    )
  })

  test('one family only', () => {
    const { masquerade } = desiredRules({ own, others: [] }, dual, { ...usual, masquerade: [4] })
    expect(masquerade).toMatchObject({
      sources: ['10.244.0.0/16'],
      exceptions: ['10.0.1.0/24', '10.0.2.0/24', '10.244.0.0/16'],
    })
  })

  test('nothing, where the user does it otherwise', () => {
    expect(desiredRules({ own, others: [] }, dual, { ...usual, masquerade: [] }).masquerade).toBeUndefined()
  })

  test('nothing, while nobody knows where pods have their addresses', () => {
    expect(desiredRules({ own: [], others: [] }, undefined, usual).masquerade).toBeUndefined()
  })

  test('by what is readable of a PodNetwork that somebody has edited', () => {
    const odd = network([{ family: 'IPv4', pools: ['10.244.0.0/16', 'x'], nativeRanges: ['10.0.1.7/24'] }])
    expect(desiredRules({ own: [], others: [] }, odd, usual).masquerade).toMatchObject({
      sources: ['10.244.0.0/16'],
      exceptions: ['10.244.0.0/16'],
    })
  })
})

test('the list is the same, in whatever order the ranges come', () => {
  const odd = network([
    {
      family: 'IPv4',
      pools: ['10.245.0.0/16', '10.244.0.0/16'],
      nativeRanges: ['10.0.2.0/24', '10.0.1.0/24'],
    },
  ])
  expect(desiredRules({ own: [], others: [] }, odd, usual).masquerade?.exceptions).toEqual([
    '10.0.1.0/24',
    '10.0.2.0/24',
    '10.244.0.0/15',
  ])
})

test.each([
  [{ antiSpoofing: false, blockMetadata: false }, true],
  [{ antiSpoofing: true, blockMetadata: false }, false],
  [{ antiSpoofing: false, blockMetadata: true }, false],
  [
    {
      antiSpoofing: false,
      blockMetadata: false,
      masquerade: { sources: ['10.0.0.0/8'], exceptions: [], randomFully: false },
    },
    false,
  ],
])('%j: empty is %j', (rules, empty) => expect(areEmpty(rules)).toBe(empty))
