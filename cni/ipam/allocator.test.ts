import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { formatAddress, parseAddress } from '../../net/address.ts'
import { candidates } from './allocator.ts'
import { type RangeSet, readRange, toRangeSet } from './range.ts'

const setOf = (...subnets: readonly string[]): RangeSet =>
  toRangeSet(subnets.map((subnet) => readRange({ subnet }, 'range')))

const order = (set: RangeSet, last?: string): string[] =>
  [...candidates(set, last === undefined ? undefined : parseAddress(last))].map(({ address }) =>
    formatAddress(address),
  )

/** The first candidate that is not taken. */
const next = (set: RangeSet, taken: readonly string[], last?: string): string | undefined => {
  for (const { address } of candidates(set, last === undefined ? undefined : parseAddress(last))) {
    const text = formatAddress(address)
    if (!taken.includes(text)) return text
  }
  return undefined
}

describe('the order of candidates (allocator_test.go, RangeIter)', () => {
  const set = setOf('192.168.1.0/29')
  it.each([
    { name: 'from the beginning', last: undefined, expected: [2, 3, 4, 5, 6] },
    { name: 'from the end', last: '192.168.1.6', expected: [2, 3, 4, 5, 6] },
    { name: 'from the middle', last: '192.168.1.3', expected: [4, 5, 6, 2, 3] },
    { name: 'from an address that is not in the set', last: '10.0.0.1', expected: [2, 3, 4, 5, 6] },
  ])('$name', ({ last, expected }) => {
    expect(order(set, last)).toEqual(expected.map((n) => `192.168.1.${n}`))
  })
})

/** "should allocate ips in round robin" and "when out of ips" of allocator_test.go. */
describe('the next address', () => {
  it.each([
    { subnets: ['10.0.0.0/29'], taken: [], last: undefined, expected: '10.0.0.2' },
    { subnets: ['2001:db8:1::/64'], taken: [], last: undefined, expected: '2001:db8:1::2' },
    { subnets: ['10.0.0.0/30'], taken: [], last: undefined, expected: '10.0.0.2' },
    { subnets: ['10.0.0.0/29'], taken: [2], last: undefined, expected: '10.0.0.3' },
    { subnets: ['10.0.0.0/29'], taken: [], last: '10.0.0.5', expected: '10.0.0.6' },
    { subnets: ['10.0.0.0/29'], taken: [4, 5], last: '10.0.0.3', expected: '10.0.0.6' },
    { subnets: ['10.0.0.0/29'], taken: [6], last: '10.0.0.5', expected: '10.0.0.2' },
    { subnets: ['10.0.0.0/29'], taken: [2], last: '10.0.0.128', expected: '10.0.0.3' },
    { subnets: ['10.0.0.0/29'], taken: [2, 4, 5, 6], last: '10.0.0.3', expected: '10.0.0.3' },
    { subnets: ['10.0.0.0/30', '10.0.1.0/30'], taken: [], last: undefined, expected: '10.0.0.2' },
    { subnets: ['10.0.0.0/30', '10.0.1.0/30'], taken: [], last: '10.0.0.2', expected: '10.0.1.2' },
    {
      subnets: ['10.0.0.0/30', '10.0.1.0/30', '10.0.2.0/30'],
      taken: [],
      last: '10.0.2.2',
      expected: '10.0.0.2',
    },
    { subnets: ['10.0.0.0/30'], taken: [2], last: undefined, expected: undefined },
    { subnets: ['10.0.0.0/29'], taken: [2, 3, 4, 5, 6], last: undefined, expected: undefined },
  ])('of $subnets with $taken taken after $last is $expected', ({ subnets, taken, last, expected }) => {
    const texts = taken.map((n) => `10.0.0.${n}`)
    expect(next(setOf(...subnets), texts, last)).toBe(expected)
  })

  test.prop([
    fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 4 }),
    fc.integer({ min: 0, max: 60 }),
  ])('visits every address but the gateways exactly once, the last one last', (blocks, at) => {
    const set = setOf(...blocks.map((block) => `10.0.${block}.0/28`))
    const all = order(set)
    const usable = blocks.flatMap((block) => Array.from({ length: 13 }, (_, i) => `10.0.${block}.${i + 2}`))
    expect(new Set(all)).toEqual(new Set(usable))
    expect(all).toHaveLength(usable.length)
    const last = all[at % all.length] ?? ''
    const rotated = order(set, last)
    expect(new Set(rotated)).toEqual(new Set(all))
    expect(rotated.at(-1)).toBe(last)
  })
})
