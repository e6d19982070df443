import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import type { Node, NodeCondition } from '../../kube/objects.ts'
import { formatAddress, parseAddress } from '../../net/address.ts'
import { choose, peersAmong, probeText, probesOf } from './peers.ts'

const usual = { Ready: 'True', PodNetworkReachable: 'True', NetworkUnavailable: 'False' } as const
const node = (
  name: string,
  conditions: Readonly<Record<string, NodeCondition['status']>> = usual,
  podCIDRs: readonly string[] = ['10.244.2.0/24', 'fd00:2::/64'],
): Node => ({
  metadata: { name, uid: name, resourceVersion: '1' },
  spec: { podCIDRs },
  status: { conditions: Object.entries(conditions).map(([type, status]) => ({ type, status })) },
})

describe('who is asked', () => {
  test('a ready node with an agent and routes, by the gateways of its podCIDRs', () => {
    const peers = peersAmong([node('node-2')], 'node-1')
    expect(peers.map(({ addresses, name }) => [name, ...addresses.map(formatAddress)])).toEqual([
      ['node-2', '10.244.2.1', 'fd00:2::1'],
    ])
  })

  test.each<[what: string, node: Node, asked: boolean]>([
    ['ourselves', node('node-1'), false],
    ['one that says it reaches nobody', node('node-2', { ...usual, PodNetworkReachable: 'False' }), true],
    ['one that does not know yet', node('node-2', { ...usual, PodNetworkReachable: 'Unknown' }), true],
    ['one without an agent', node('node-2', { Ready: 'True' }), false],
    ['one that is not ready', node('node-2', { ...usual, Ready: 'Unknown' }), false],
    ['one without routes yet', node('node-2', { ...usual, NetworkUnavailable: 'True' }), false],
    [
      'one of whose routes nobody says anything',
      node('node-2', { Ready: 'True', PodNetworkReachable: 'True' }),
      true,
    ],
    ['one without podCIDRs', node('node-2', usual, []), false],
    ['one whose podCIDRs are none', node('node-2', usual, ['10.244.2.9/24']), false],
    [
      'one that is being deleted',
      {
        ...node('node-2'),
        metadata: { ...node('node-2').metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
      },
      false,
    ],
  ])('%s', (_what, one, asked) => expect(peersAmong([one], 'node-1')).toHaveLength(asked ? 1 : 0))
})

test('a peer is asked by the families that both have', () => {
  const [peer] = peersAmong([node('node-2')], 'node-1')
  const probes = (...own: readonly string[]): readonly string[] =>
    peer === undefined ? [] : probesOf(peer, own.map(parseAddress)).map(probeText)
  expect(probes('10.244.1.1', 'fd00:1::1')).toEqual(['node-2 (10.244.2.1)', 'node-2 (fd00:2::1)'])
  expect(probes('10.244.1.1')).toEqual(['node-2 (10.244.2.1)'])
  expect(probes()).toEqual([])
})

describe('of all peers', () => {
  property.prop([
    fc.uniqueArray(fc.nat()),
    fc.nat({ max: 20 }),
    fc.infiniteStream(fc.double({ min: 0, max: 0.999 })),
  ])('so many are chosen, none twice', (all, count, stream) => {
    const chosen = choose(all, count, () => stream.next().value as number)
    expect(chosen).toHaveLength(Math.min(count, all.length))
    expect(new Set(chosen).size).toBe(chosen.length)
    expect(all).toEqual(expect.arrayContaining([...chosen]))
  })
})

test('each is chosen as often as any other', () => {
  const all = ['a', 'b', 'c', 'd']
  const counts = new Map<string, number>()
  // Every way the die can fall, of four and then of three sides.
  for (let first = 0; first < 4; first++) {
    for (let second = 0; second < 3; second++) {
      const falls = [first / 4, second / 3]
      for (const one of choose(all, 2, () => falls.shift() ?? 0)) counts.set(one, (counts.get(one) ?? 0) + 1)
    }
  }
  expect([...counts.values()]).toEqual([6, 6, 6, 6])
})
