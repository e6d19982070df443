import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { routedNode } from '../testing/values.ts'
import { Claims } from './claims.ts'

const cidr = '10.244.3.0/24'

describe('what an event asks to be looked at', () => {
  // TestHandleNodeUpdate of upstream, with assertions that can fail.
  test.each<[name: string, again: ReturnType<typeof routedNode>, keys: readonly string[]]>([
    ['internal IP updated', routedNode('a', [cidr], { addresses: ['10.0.0.2'] }), [cidr]],
    [
      'pod CIDR updated',
      routedNode('a', ['10.244.4.0/24'], { addresses: ['10.0.0.1'] }),
      [cidr, '10.244.4.0/24'],
    ],
    ['provider ID set', routedNode('a', [cidr], { addresses: ['10.0.0.1'], providerID: 'x' }), [cidr]],
    ['another node of the name', routedNode('a', [cidr], { addresses: ['10.0.0.1'], uid: 'other' }), [cidr]],
    ['node object not updated', routedNode('a', [cidr], { addresses: ['10.0.0.1'] }), []],
  ])('%s', (_name, again, keys) => {
    const claims = new Claims()
    expect(claims.upsert(routedNode('a', [cidr], { addresses: ['10.0.0.1'] }))).toEqual([cidr])
    expect([...claims.upsert(again)].sort()).toEqual([...keys].sort())
  })

  test('a node that goes: what it claimed, once', () => {
    const claims = new Claims()
    claims.upsert(routedNode('a', [cidr, 'fd00::/64']))
    expect(claims.remove('a')).toEqual([cidr, 'fd00::/64'])
    expect(claims.remove('a')).toEqual([])
    expect(claims.keys()).toEqual([])
  })
})

describe('podCIDRs as they are written', () => {
  // The last scenario of upstream's TestReconcile; the API server refuses such a Node today.
  test('duplicate pod cidr: one destination', () => {
    const claims = new Claims()
    expect(claims.upsert(routedNode('a', ['10.120.1.0/24', '10.120.1.0/24']))).toEqual(['10.120.1.0/24'])
    expect(claims.destinations('a')).toHaveLength(1)
  })

  test('another spelling is the same destination', () => {
    const claims = new Claims()
    claims.upsert(routedNode('a', ['2001:DB8:0::/64']))
    claims.upsert(routedNode('b', ['2001:db8::/64']))
    expect(claims.claimants('2001:db8::/64')).toMatchObject([{ name: 'a' }, { name: 'b' }])
  })

  // https://github.com/kubernetes-sigs/node-ipam-controller/issues/27
  test.each(['garbage', '10.244.3.7/24', '10.244.3.0', '10.244.3.0/33', ''])(
    'garbage podCIDR crashes the manager: here %j is reported, the other family is claimed',
    (text) => {
      const claims = new Claims()
      expect(claims.upsert(routedNode('a', [text, 'fd00::/64']))).toEqual(['fd00::/64'])
      expect(claims.problems('a')).toMatchObject([{ node: 'a', text }])
      expect(claims.problems('a')[0]?.message).toContain('spec.podCIDRs of node a')
      claims.upsert(routedNode('a', [cidr, 'fd00::/64']))
      expect(claims.problems('a')).toEqual([])
    },
  )
})

// https://github.com/kubernetes/kubernetes/issues/29058, https://github.com/antrea-io/antrea/issues/7893
describe('two nodes claim one destination', () => {
  const older = routedNode('z-older', [cidr], { createdAt: 1 })
  const newer = routedNode('a-newer', [cidr], { createdAt: 2 })

  test.each([
    ['older first', [older, newer]],
    ['newer first', [newer, older]],
  ])('unrecorded, the oldest has it, whatever the order of arrival: %s', (_name, nodes) => {
    const claims = new Claims()
    for (const node of nodes) claims.upsert(node)
    expect(claims.holder(cidr, undefined)?.name).toBe('z-older')
  })

  test('of the same age, the first by name', () => {
    const claims = new Claims()
    for (const name of ['b', 'a', 'c']) claims.upsert(routedNode(name, [cidr], { createdAt: 1 }))
    expect(claims.holder(cidr, undefined)?.name).toBe('a')
  })

  test('whom the ledger names keeps it', () => {
    const claims = new Claims()
    claims.upsert(older)
    claims.upsert(newer)
    expect(claims.holder(cidr, { name: 'a-newer', uid: newer.uid })?.name).toBe('a-newer')
  })

  test('a namesake of whom the ledger names does not', () => {
    const claims = new Claims()
    claims.upsert(older)
    claims.upsert(newer)
    expect(claims.holder(cidr, { name: 'a-newer', uid: 'an earlier one' })?.name).toBe('z-older')
  })

  test('when one goes, the other has it', () => {
    const claims = new Claims()
    claims.upsert(older)
    claims.upsert(newer)
    claims.remove('z-older')
    expect(claims.holder(cidr, { name: 'z-older', uid: older.uid })?.name).toBe('a-newer')
    claims.remove('a-newer')
    expect(claims.holder(cidr, undefined)).toBeUndefined()
  })
})

const anyNode = fc.record({
  name: fc.constantFrom('a', 'b', 'c'),
  uid: fc.constantFrom('1', '2'),
  podCIDRs: fc.uniqueArray(fc.constantFrom('10.0.0.0/24', '10.0.1.0/24', 'bad'), { maxLength: 3 }),
})
const anyStep = fc.oneof(anyNode, fc.record({ remove: fc.constantFrom('a', 'b', 'c') }))

property.prop([fc.array(anyStep, { maxLength: 20 })])(
  'claims are those of the nodes as they are, and a change tells',
  (steps) => {
    const claims = new Claims()
    const nodes = new Map<string, readonly string[]>()
    const keys = ['10.0.0.0/24', '10.0.1.0/24']
    const holders = (): string[] =>
      keys.map((key) => {
        const holder = claims.holder(key, undefined)
        return `${holder?.name} ${holder?.uid}`
      })
    for (const step of steps) {
      const before = holders()
      let told: readonly string[]
      if ('remove' in step) {
        told = claims.remove(step.remove)
        nodes.delete(step.remove)
      } else {
        told = claims.upsert(routedNode(step.name, step.podCIDRs, { uid: step.uid }))
        nodes.set(step.name, step.podCIDRs)
      }
      for (const [i, now] of holders().entries()) if (now !== before[i]) expect(told).toContain(keys[i])
      for (const key of keys)
        expect(claims.claimants(key).map(({ name }) => name)).toEqual(
          [...nodes]
            .filter(([, all]) => all.includes(key))
            .map(([name]) => name)
            .sort(),
        )
    }
  },
)
