import { describe, expect, it } from 'vitest'
import { parseAddress } from '../../net/address.ts'
import {
  formatRange,
  formatRangeSet,
  rangeContains,
  rangeSetsOverlap,
  readRange,
  toRangeSet,
} from './range.ts'

const range = (json: Record<string, unknown>): ReturnType<typeof readRange> => readRange(json, 'range')

const shape = (json: Record<string, unknown>): unknown => {
  const { gateway, ...rest } = range(json)
  return { range: formatRange({ gateway, ...rest }), gateway: gateway.value & 0xffn }
}

/** The table of host-local's range_test.go. */
describe('a range', () => {
  it.each([
    {
      name: 'generates what is missing, IPv4',
      json: { subnet: '192.0.2.0/24' },
      expected: { range: '192.0.2.1-192.0.2.254', gateway: 1n },
    },
    {
      name: 'generates what is missing, a small subnet',
      json: { subnet: '192.0.2.0/25' },
      expected: { range: '192.0.2.1-192.0.2.126', gateway: 1n },
    },
    {
      name: 'generates what is missing, IPv6',
      json: { subnet: '2001:db8:1::/64' },
      expected: { range: '2001:db8:1::1-2001:db8:1:0:ffff:ffff:ffff:ffff', gateway: 1n },
    },
    {
      name: 'keeps what is given',
      json: {
        subnet: '192.0.2.0/24',
        rangeStart: '192.0.2.40',
        rangeEnd: '192.0.2.50',
        gateway: '192.0.2.254',
      },
      expected: { range: '192.0.2.40-192.0.2.50', gateway: 254n },
    },
    {
      name: 'may have its gateway elsewhere',
      json: { subnet: '192.0.2.0/24', gateway: '192.0.3.7' },
      expected: { range: '192.0.2.1-192.0.2.254', gateway: 7n },
    },
  ])('$name', ({ json, expected }) => {
    expect(shape(json)).toEqual(expected)
  })

  it.each([
    {
      // https://github.com/kubernetes/kubernetes/issues/84541
      json: { subnet: '192.0.2.12/24' },
      text: 'Network has host bits set. For a subnet mask of length 24 the network address is 192.0.2.0',
    },
    {
      json: { subnet: '2001:db8:1::24:19ff:fee1:c44a/64' },
      text: 'Network has host bits set. For a subnet mask of length 64 the network address is 2001:db8:1::',
    },
    { json: { subnet: '192.0.2.0/31' }, text: 'Network 192.0.2.0/31 too small to allocate from' },
    { json: { subnet: 'fd00::/127' }, text: 'Network fd00::/127 too small to allocate from' },
    {
      json: { subnet: '192.0.2.0/24', rangeStart: '192.0.3.0' },
      text: 'RangeStart 192.0.3.0 not in network 192.0.2.0/24',
    },
    {
      json: { subnet: '192.0.2.0/24', rangeStart: '192.0.2.255' },
      text: 'RangeStart 192.0.2.255 lies behind the last address, 192.0.2.254',
    },
    {
      json: { subnet: '192.0.2.0/24', rangeEnd: '192.0.4.0' },
      text: 'RangeEnd 192.0.4.0 not in network 192.0.2.0/24',
    },
    {
      json: { subnet: '192.0.2.0/24', rangeStart: '192.0.2.50', rangeEnd: '192.0.2.40' },
      text: 'RangeStart 192.0.2.50 not in network 192.0.2.0/24',
    },
    {
      json: { subnet: '192.0.2.0/24', rangeEnd: '192.0.2.0' },
      text: 'RangeEnd 192.0.2.0 not in network 192.0.2.0/24',
    },
    {
      json: { subnet: '192.0.2.0/24', rangeStart: 'fd00::1' },
      text: 'RangeStart fd00::1 not in network 192.0.2.0/24',
    },
    {
      json: { subnet: '2001:db8:24:19ff::/63' },
      text: 'Network has host bits set. For a subnet mask of length 63 the network address is 2001:db8:24:19fe::',
    },
    {
      json: { subnet: '192.168.127.0/23' },
      text: 'Network has host bits set. For a subnet mask of length 23 the network address is 192.168.126.0',
    },
    {
      json: { subnet: '192.0.2.0/24', gateway: 'fd00::1' },
      text: 'gateway fd00::1 is not of the family of 192.0.2.0/24',
    },
    { json: {}, text: 'range.subnet must be a string' },
    {
      json: { subnet: '192.0.2.0' },
      text: 'range.subnet: invalid address "192.0.2.0": expected address/length',
    },
    { json: { subnet: '192.0.2.0/24', rangeStart: 5 }, text: 'range.rangeStart must be a string' },
  ])('is refused: $text', ({ json, text }) => {
    expect(() => range(json)).toThrow(expect.objectContaining({ message: text, code: 7 }) as Error)
  })

  it.each([
    { address: '192.0.2.39', inside: false },
    { address: '192.0.2.40', inside: true },
    { address: '192.0.2.50', inside: true },
    { address: '192.0.2.51', inside: false },
    { address: '::192.0.2.45', inside: false },
  ])('contains $address: $inside', ({ address, inside }) => {
    const between = range({ subnet: '192.0.2.0/24', rangeStart: '192.0.2.40', rangeEnd: '192.0.2.50' })
    expect(rangeContains(between, parseAddress(address))).toBe(inside)
  })
})

describe('a range set', () => {
  it.each([
    { name: 'none', ranges: [], text: 'empty range set' },
    {
      name: 'two families',
      ranges: [{ subnet: '192.168.0.0/20' }, { subnet: '2001:db8:1::/68' }],
      text: 'mixed address families',
    },
    {
      name: 'two that overlap',
      ranges: [{ subnet: '192.168.0.0/20' }, { subnet: '192.168.2.0/24' }],
      text: 'subnets 192.168.0.1-192.168.15.254 and 192.168.2.1-192.168.2.254 overlap',
    },
  ])('of $name is refused', ({ ranges, text }) => {
    expect(() => toRangeSet(ranges.map(range))).toThrow(text)
  })

  /** The rows of range_test.go and range_set_test.go. */
  it.each([
    { a: { subnet: '10.0.0.0/24' }, b: { subnet: '10.0.1.0/24' }, overlap: false },
    { a: { subnet: '10.0.0.0/20' }, b: { subnet: '10.0.1.0/24' }, overlap: true },
    {
      a: { subnet: '10.0.0.0/24', rangeEnd: '10.0.0.49' },
      b: { subnet: '10.0.0.0/24', rangeStart: '10.0.0.50' },
      overlap: false,
    },
    {
      a: { subnet: '10.0.0.0/24', rangeEnd: '10.0.0.50' },
      b: { subnet: '10.0.0.0/24', rangeStart: '10.0.0.50' },
      overlap: true,
    },
    {
      a: { subnet: '10.0.0.0/24', rangeStart: '10.0.0.20', rangeEnd: '10.0.0.40' },
      b: { subnet: '10.0.0.0/24', rangeStart: '10.0.0.10', rangeEnd: '10.0.0.50' },
      overlap: true,
    },
    { a: { subnet: '10.0.0.0/24' }, b: { subnet: 'fd00::/64' }, overlap: false },
  ])('$a and $b overlap: $overlap', ({ a, b, overlap }) => {
    const [one, two] = [toRangeSet([range(a)]), toRangeSet([range(b)])]
    expect(rangeSetsOverlap(one, two)).toBe(overlap)
    expect(rangeSetsOverlap(two, one)).toBe(overlap)
  })

  it('prints all its ranges', () => {
    const set = toRangeSet([range({ subnet: '10.0.0.0/30' }), range({ subnet: '10.0.1.0/30' })])
    expect(formatRangeSet(set)).toBe('10.0.0.1-10.0.0.2,10.0.1.1-10.0.1.2')
  })
})
