import { fc, test as property } from '@fast-check/vitest'
import { Address4, Address6 } from 'ip-address'
import { describe, expect, test } from 'vitest'
import { AddressSyntaxError, addressBits, formatAddress } from './address.ts'
import {
  type Cidr,
  cidrAround,
  cidrSize,
  compareCidrs,
  containsAddress,
  containsCidr,
  equalCidrs,
  firstAddress,
  formatCidr,
  lastAddress,
  nthSubnet,
  overlaps,
  parseCidr,
  parseInterfaceAddress,
  subnetCount,
} from './cidr.ts'

/** Dense around a few prefixes, so that containment and overlap happen. */
const anyCidr: fc.Arbitrary<Cidr> = fc
  .record({
    family: fc.constantFrom(4 as const, 6 as const),
    base: fc.constantFrom(0x0af4n, 0xfd00n, 0n),
    low: fc.bigInt({ min: 0n, max: 0xfffn }),
    prefixLength: fc.integer({ min: 0, max: 128 }),
  })
  .map(({ family, base, low, prefixLength }) => {
    const bits = addressBits(family)
    const value = (base << BigInt(bits - 16)) | (low << BigInt(bits - 28))
    return cidrAround({ family, value }, prefixLength % (bits + 1))
  })
const anyText = anyCidr.map(formatCidr)

describe('good text', () => {
  test.each([
    '0.0.0.0/0',
    '10.0.0.0/8',
    '10.244.3.0/24',
    '10.244.3.7/32',
    '::/0',
    'fd00::/8',
    'fd00:10:244::/48',
    '2001:db8::1/128',
  ])('%s', (text) => {
    expect(formatCidr(parseCidr(text))).toBe(text)
  })

  test.each([
    ['2001:DB8:0:0::/64', '2001:db8::/64'],
    ['::0/0', '::/0'],
  ])('%s is %s', (text, canonical) => {
    expect(formatCidr(parseCidr(text))).toBe(canonical)
  })
})

describe('bad text', () => {
  test.each<[text: string, problem: string]>([
    ['', 'expected address/length'],
    ['10.0.0.0', 'expected address/length'],
    ['10.0.0.0/', 'is no prefix length from 0 to 32'],
    ['10.0.0.0/33', 'is no prefix length from 0 to 32'],
    ['10.0.0.0/-1', 'is no prefix length'],
    ['10.0.0.0/-0', 'is no prefix length'],
    ['10.0.0.0/+8', 'is no prefix length'],
    ['10.0.0.0/08', 'is no prefix length'],
    ['10.0.0.0/8.0', 'is no prefix length'],
    ['10.0.0.0/8 ', 'is no prefix length'],
    ['10.0.0.0/1e1', 'is no prefix length'],
    ['10.0.0.0/0x8', 'is no prefix length'],
    ['10.0.0.0/8/8', 'is no prefix length'],
    ['10.0.0.0/255.0.0.0', 'is no prefix length'],
    ['10.0.0.0/NaN', 'is no prefix length'],
    ['/8', 'expected four decimal numbers'],
    ['10.0.0/8', 'expected four decimal numbers'],
    ['010.0.0.0/8', 'has a leading zero'],
    ['::/129', 'is no prefix length from 0 to 128'],
    ['fe80::%eth0/64', 'a zone has no meaning here'],
    ['::ffff:10.0.0.0/104', 'an IPv4-mapped address'],
    // https://github.com/kubernetes/kubernetes/issues/84541
    ['10.244.3.7/24', 'has bits set behind the prefix: the range is 10.244.3.0/24'],
    ['10.0.0.1/0', 'the range is 0.0.0.0/0'],
    ['fd00::1/64', 'the range is fd00::/64'],
  ])('%j', (text, problem) => {
    expect(() => parseCidr(text)).toThrow(AddressSyntaxError)
    expect(() => parseCidr(text)).toThrow(problem)
    // The whole text, not only the address in it.
    expect(() => parseCidr(text)).toThrow(JSON.stringify(text))
  })
})

test('an interface address keeps its host bits', () => {
  const { address, prefixLength } = parseInterfaceAddress('10.244.3.7/24')
  expect([formatAddress(address), prefixLength]).toEqual(['10.244.3.7', 24])
})

describe('the ends', () => {
  test.each([
    ['10.244.3.0/24', '10.244.3.0', '10.244.3.255', 256n],
    ['0.0.0.0/0', '0.0.0.0', '255.255.255.255', 2n ** 32n],
    ['10.0.0.1/32', '10.0.0.1', '10.0.0.1', 1n],
    ['fd00::/64', 'fd00::', 'fd00::ffff:ffff:ffff:ffff', 2n ** 64n],
    ['::/0', '::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 2n ** 128n],
  ])('%s', (text, first, last, size) => {
    const cidr = parseCidr(text)
    expect(formatAddress(firstAddress(cidr))).toBe(first)
    expect(formatAddress(lastAddress(cidr))).toBe(last)
    expect(cidrSize(cidr)).toBe(size)
  })
})

// TestIsResponsibleForRoute of upstream, by containment. What upstream decides by it, the ledger decides here.
test.each<[outer: string, inner: string, contains: boolean]>([
  ['10.244.0.0/16', '10.244.0.0/24', true],
  ['10.244.0.0/16', '10.244.10.0/24', true],
  ['10.244.0.0/16', '10.244.255.0/24', true],
  ['10.244.0.0/14', '10.244.0.0/24', true],
  ['10.244.0.0/14', '10.247.255.0/24', true],
  ['a00::/10', 'a00:100::/24', true],
  ['10.244.0.0/16', '10.224.0.0/24', false],
  ['10.244.0.0/16', '10.0.10.0/24', false],
  ['10.244.0.0/16', '10.255.255.0/24', false],
  ['10.244.0.0/14', '10.248.0.0/24', false],
  ['10.244.0.0/14', '10.243.255.0/24', false],
  ['a00::/10', 'b000:100::/24', false],
  ['0.0.0.0/0', '::/0', false],
  ['10.244.0.0/16', '10.0.0.0/8', false],
])('%s contains %s: %s', (outer, inner, contains) => {
  expect(containsCidr(parseCidr(outer), parseCidr(inner))).toBe(contains)
})

property.prop([anyCidr])('parse undoes format', (cidr) => {
  fc.pre(!isMapped(cidr))
  expect(parseCidr(formatCidr(cidr))).toEqual(cidr)
})

property.prop([anyCidr, anyCidr])('the text is the same exactly for the same range', (a, b) => {
  expect(formatCidr(a) === formatCidr(b)).toBe(equalCidrs(a, b))
})

property.prop([anyText, anyText])('containment is what ip-address says', (a, b) => {
  fc.pre(a.includes(':') === b.includes(':'))
  const inner = a.includes(':')
    ? new Address6(a).isInSubnet(new Address6(b))
    : new Address4(a).isInSubnet(new Address4(b))
  expect(containsCidr(parseCidr(b), parseCidr(a))).toBe(inner)
})

property.prop([anyCidr, anyCidr, anyCidr])('containment is a partial order', (a, b, c) => {
  expect(containsCidr(a, a)).toBe(true)
  if (containsCidr(a, b) && containsCidr(b, a)) expect(a).toEqual(b)
  if (containsCidr(a, b) && containsCidr(b, c)) expect(containsCidr(a, c)).toBe(true)
})

property.prop([anyCidr, anyCidr])('two ranges overlap exactly if an end of one lies in the other', (a, b) => {
  const shares =
    [firstAddress(a), lastAddress(a)].some((end) => containsAddress(b, end)) || containsCidr(a, b)
  expect(overlaps(a, b)).toBe(shares)
  expect(overlaps(b, a)).toBe(shares)
  if (shares) expect(containsCidr(a, b) || containsCidr(b, a)).toBe(true)
})

property.prop([fc.array(anyCidr, { maxLength: 8 })])(
  'sorted: IPv4 first, and a range behind all that contain it',
  (cidrs) => {
    const sorted = [...cidrs].sort(compareCidrs)
    for (const [i, a] of sorted.entries())
      for (const b of sorted.slice(i + 1)) {
        expect(a.family).toBeLessThanOrEqual(b.family)
        if (containsCidr(b, a)) expect(b).toEqual(a)
      }
  },
)

property.prop([anyCidr, fc.integer({ min: 0, max: 6 })])(
  'the blocks of a length part the range',
  (cidr, extra) => {
    const length = Math.min(cidr.prefixLength + extra, addressBits(cidr.family))
    const count = subnetCount(cidr, length)
    let next = cidr.network
    for (let index = 0n; index < count; index++) {
      const block = nthSubnet(cidr, length, index)
      expect(block.network).toBe(next)
      expect(containsCidr(cidr, block)).toBe(true)
      next += cidrSize(block)
    }
    expect(next).toBe(cidr.network + cidrSize(cidr))
  },
)

test('blocks that are not there', () => {
  const cidr = parseCidr('10.244.0.0/16')
  expect(subnetCount(cidr, 15)).toBe(0n)
  expect(() => nthSubnet(cidr, 15, 0n)).toThrow(RangeError)
  expect(() => nthSubnet(cidr, 24, 256n)).toThrow('no block 256 of length /24 in 10.244.0.0/16')
  expect(() => nthSubnet(cidr, 24, -1n)).toThrow(RangeError)
})

const isMapped = ({ family, network }: Cidr): boolean => family === 6 && network >> 32n === 0xffffn
