import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { addressBits } from './address.ts'
import {
  type Cidr,
  cidrAround,
  compareCidrs,
  containsCidr,
  equalCidrs,
  formatCidr,
  parseCidr,
} from './cidr.ts'
import { CidrSet } from './cidr-set.ts'

function setOf(...texts: readonly string[]): CidrSet {
  const set = new CidrSet()
  for (const text of texts) set.add(parseCidr(text))
  return set
}

describe('of 10.0.0.0/8, 10.244.0.0/16, 10.244.3.0/24, 10.244.4.0/24, fd00::/64', () => {
  const set = setOf('10.0.0.0/8', '10.244.0.0/16', '10.244.3.0/24', '10.244.4.0/24', 'fd00::/64')

  test.each([
    ['10.244.3.0/24', ['10.0.0.0/8', '10.244.0.0/16']],
    ['10.244.9.0/24', ['10.0.0.0/8', '10.244.0.0/16']],
    ['10.0.0.0/8', []],
    ['11.0.0.0/24', []],
    ['fd00::/80', ['fd00::/64']],
    ['fd00:0:0:1::/80', []],
  ])('around %s lie %j', (text, around) => {
    expect(set.around(parseCidr(text)).map(formatCidr)).toEqual(around)
  })

  test.each([
    ['10.244.0.0/16', ['10.244.3.0/24', '10.244.4.0/24']],
    ['10.244.4.0/23', ['10.244.4.0/24']],
    ['0.0.0.0/0', ['10.0.0.0/8', '10.244.0.0/16', '10.244.3.0/24', '10.244.4.0/24']],
    ['10.244.3.0/24', []],
    ['::/0', ['fd00::/64']],
  ])('inside %s lie %j', (text, inside) => {
    expect(set.inside(parseCidr(text)).map(formatCidr)).toEqual(inside)
  })
})

test('what was deleted is found no more', () => {
  const set = setOf('10.0.0.0/8', '10.1.0.0/16')
  set.delete(parseCidr('10.0.0.0/8'))
  set.delete(parseCidr('10.0.0.0/8'))
  expect(set.around(parseCidr('10.1.0.0/16'))).toEqual([])
})

const anyCidr: fc.Arbitrary<Cidr> = fc
  .record({
    family: fc.constantFrom(4 as const, 6 as const),
    // Few high bits, so that ranges meet.
    high: fc.integer({ min: 0, max: 15 }),
    prefixLength: fc.integer({ min: 0, max: 8 }),
  })
  .map(({ family, high, prefixLength }) =>
    cidrAround({ family, value: BigInt(high) << BigInt(addressBits(family) - 4) }, prefixLength),
  )

property.prop([fc.array(anyCidr), anyCidr])('finds what a comparison with each finds', (all, one) => {
  const set = new CidrSet()
  for (const cidr of all) set.add(cidr)
  const known = [...new Map(all.map((cidr) => [formatCidr(cidr), cidr])).values()]
    .filter((cidr) => !equalCidrs(cidr, one))
    .sort(compareCidrs)
  expect(set.around(one)).toEqual(known.filter((cidr) => containsCidr(cidr, one)))
  expect(set.inside(one)).toEqual(known.filter((cidr) => containsCidr(one, cidr)))
})
