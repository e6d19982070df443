import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { addressBits } from '../../net/address.ts'
import { type Cidr, cidrAround, formatCidr, parseCidr } from '../../net/cidr.ts'
import { instance, record } from '../testing/values.ts'
import { type NodeRoute, nodeRouteName, recordOf, specOf, statusOf } from './node-route.ts'

const anyCidr: fc.Arbitrary<Cidr> = fc
  .record({
    family: fc.constantFrom(4 as const, 6 as const),
    groups: fc.array(fc.oneof(fc.constantFrom(0, 0, 1, 0x11), fc.integer({ min: 0, max: 0xffff })), {
      minLength: 8,
      maxLength: 8,
    }),
    prefixLength: fc.integer({ min: 0, max: 128 }),
  })
  .map(({ family, groups, prefixLength }) => {
    const value = groups
      .slice(0, family === 4 ? 2 : 8)
      .reduce((all, group) => (all << 16n) | BigInt(group), 0n)
    return cidrAround({ family, value }, prefixLength % (addressBits(family) + 1))
  })

describe('the name', () => {
  test.each([
    ['10.244.3.0/24', 'v4-10-244-3-0-24'],
    ['0.0.0.0/0', 'v4-0-0-0-0-0'],
    ['fd00::/64', 'v6-fd00---64'],
    ['::/0', 'v6----0'],
    ['2001:db8:1:2:3:4:5:6/128', 'v6-2001-db8-1-2-3-4-5-6-128'],
  ])('of %s is %s', (text, name) => {
    expect(nodeRouteName(parseCidr(text))).toBe(name)
  })

  property.prop([anyCidr])('is one that objects may have (RFC 1123)', (cidr) => {
    expect(nodeRouteName(cidr)).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])$/)
  })

  property.prop([anyCidr, anyCidr])('is the same for the same destination only', (a, b) => {
    expect(nodeRouteName(a) === nodeRouteName(b)).toBe(formatCidr(a) === formatCidr(b))
  })

  property.prop([anyCidr])('tells the destination', (cidr) => {
    const name = nodeRouteName(cidr)
    const [, family, rest = '', length] = /^v(4|6)-(.*)-(\d+)$/.exec(name) ?? []
    expect(`${rest.replaceAll('-', family === '4' ? '.' : ':')}/${length}`).toBe(formatCidr(cidr))
  })
})

const object = (spec: Partial<NodeRoute['spec']> = {}, status?: NodeRoute['status']): NodeRoute => ({
  metadata: { name: 'v4-10-244-3-0-24', uid: 'u', resourceVersion: '1' },
  spec: {
    destination: '10.244.3.0/24',
    node: { name: 'node-1', uid: 'uid-1' },
    target: { kind: 'instance', id: 'node-1' },
    tables: ['table-1'],
    ...spec,
  },
  ...(status === undefined ? {} : { status }),
})

const since = '2026-01-01T00:00:00Z'
const states = new Map([
  ['b', { state: 'Failed', reason: 'Quota', message: 'full', since, written: false }],
  ['a', { state: 'Programmed', reason: 'Programmed', message: '', since, written: true }],
] as const)

describe('record and object', () => {
  test.each([
    ['plain', record()],
    ['while it moves', record({ previousTargets: [instance('node-0')] })],
    ['in two tables', record({ tables: ['a', 'b'], states })],
    ['in none', record({ tables: [] })],
  ])('%s: there and back', (_name, one) => {
    expect(recordOf(object(specOf(one), statusOf(one.states)))).toEqual(one)
  })

  test('without status, without states', () => {
    expect(recordOf(object()).states).toEqual(new Map())
  })

  test('what others left out is empty, or false', () => {
    const status = { tables: [{ id: 'a', state: 'Pending', reason: 'R', since }] } as unknown as NonNullable<
      NodeRoute['status']
    >
    expect(recordOf(object({}, status)).states.get('a')).toMatchObject({ message: '', written: false })
  })

  test('a kind of target that is not known stays, and is none of ours', () => {
    expect(recordOf(object({ target: { kind: 'vxlan', id: 'x' } })).target).toEqual({
      kind: 'other',
      id: 'x',
    })
  })

  test('tables are sorted, in the status too', () => {
    expect(recordOf(object({ tables: ['b', 'a'] })).tables).toEqual(['a', 'b'])
    expect(statusOf(states).tables?.map(({ id }) => id)).toEqual(['a', 'b'])
  })

  test('a destination that was edited into something else', () => {
    expect(() => recordOf(object({ destination: '10.244.3.7/24' }))).toThrow('has bits set behind the prefix')
  })
})
