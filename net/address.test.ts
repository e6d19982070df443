import { isIP } from 'node:net'
import { fc, test as property } from '@fast-check/vitest'
import { Address4, Address6 } from 'ip-address'
import { describe, expect, test } from 'vitest'
import {
  type Address,
  AddressSyntaxError,
  addressBits,
  addressFromBytes,
  addressToBytes,
  compareAddresses,
  formatAddress,
  parseAddress,
} from './address.ts'

const isMapped = ({ family, value }: Address): boolean => family === 6 && value >> 32n === 0xffffn

const anyV4: fc.Arbitrary<Address> = fc
  .bigInt({ min: 0n, max: 2n ** 32n - 1n })
  .map((value) => ({ family: 4, value }))
/** With many zero groups, so that "::" has something to stand for. */
const anyV6: fc.Arbitrary<Address> = fc
  .array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), { minLength: 8, maxLength: 8 })
  .map((groups): Address => ({
    family: 6,
    value: groups.reduce((all, group) => (all << 16n) | BigInt(group), 0n),
  }))
  .filter((address) => !isMapped(address))
const anyAddress = fc.oneof(anyV4, anyV6)

describe('good text', () => {
  test.each<[text: string, family: 4 | 6, value: bigint]>([
    ['0.0.0.0', 4, 0n],
    ['255.255.255.255', 4, 0xffffffffn],
    ['10.244.3.7', 4, 0x0af40307n],
    ['::', 6, 0n],
    ['::1', 6, 1n],
    ['1::', 6, 1n << 112n],
    ['fd00::', 6, 0xfd00n << 112n],
    ['2001:DB8::A', 6, 0x20010db800000000000000000000000an],
    ['1:2:3:4:5:6:7:8', 6, 0x00010002000300040005000600070008n],
    ['1:2:3:4:5:6:7::', 6, 0x00010002000300040005000600070000n],
    ['::2:3:4:5:6:7:8', 6, 0x00000002000300040005000600070008n],
    ['0001:0:0::', 6, 1n << 112n],
    ['::1.2.3.4', 6, 0x01020304n],
    ['64:ff9b::192.0.2.33', 6, (0x64ff9bn << 96n) | 0xc0000221n],
    ['1:2:3:4:5:6:1.2.3.4', 6, 0x00010002000300040005000601020304n],
  ])('%s', (text, family, value) => {
    expect(parseAddress(text)).toEqual({ family, value })
  })
})

describe('bad text', () => {
  test.each<[text: string, problem: string]>([
    ['', 'expected four decimal numbers'],
    ['1.2.3', 'expected four decimal numbers'],
    ['1.2.3.4.5', 'expected four decimal numbers'],
    ['10.0.0.256', '256 is greater than 255'],
    ['10.0.0.1000', 'is no number from 0 to 255'],
    ['10.0.0.01', 'has a leading zero'],
    ['010.0.0.1', 'has a leading zero'],
    ['00.0.0.0', 'has a leading zero'],
    ['0x0a.0.0.1', 'is no number'],
    ['10..0.1', 'is no number'],
    ['10.0.0.-1', 'is no number'],
    ['10.0.0.+1', 'is no number'],
    [' 10.0.0.1', 'is no number'],
    ['10.0.0.1 ', 'is no number'],
    ['10.0.0.١', 'is no number'],
    ['1e1.0.0.1', 'is no number'],
    ['10.0.0.1/24', 'is no number'],
    ['localhost', 'expected four decimal numbers'],
    [':', 'no group'],
    [':::', 'no group'],
    ['1:::2', 'no group'],
    ['1::2::3', '"::" may stand once'],
    ['1:2:3:4:5:6:7', 'expected eight groups'],
    ['1:2:3:4:5:6:7:8:9', 'expected eight groups'],
    ['1:2:3:4:5:6:7:8::', 'at least one group'],
    ['::1:2:3:4:5:6:7:8', 'at least one group'],
    ['1:2:3:4:5:6:7:1.2.3.4', 'expected eight groups'],
    [':1:2:3:4:5:6:7', 'no group'],
    ['1:2:3:4:5:6:7:', 'no group'],
    ['12345::', 'no group'],
    ['g::', 'no group'],
    ['::-1', 'no group'],
    ['1.2.3.4::', 'no group'],
    ['::1.2.3.4:5', 'no group'],
    ['::1.2.3', 'expected four decimal numbers'],
    ['::1.2.3.04', 'has a leading zero'],
    ['fe80::1%eth0', 'a zone has no meaning here'],
    ['fe80::1%', 'a zone has no meaning here'],
    ['::ffff:10.0.0.1', 'an IPv4-mapped address'],
    ['::FFFF:a00:1', 'an IPv4-mapped address'],
    ['0:0:0:0:0:ffff:0:0', 'an IPv4-mapped address'],
    ['[::1]', 'no group'],
  ])('%j', (text, problem) => {
    expect(() => parseAddress(text)).toThrow(AddressSyntaxError)
    expect(() => parseAddress(text)).toThrow(problem)
    expect(() => parseAddress(text)).toThrow(JSON.stringify(text))
  })
})

describe('RFC 5952', () => {
  test.each<[section: string, text: string, canonical: string]>([
    ['4.1', '2001:0db8::0001', '2001:db8::1'],
    ['4.1', '2001:db8:aaaa:bbbb:cccc:dddd:eeee:0001', '2001:db8:aaaa:bbbb:cccc:dddd:eeee:1'],
    ['4.2.1', '2001:db8:0:0:0:0:2:1', '2001:db8::2:1'],
    ['4.2.1', '2001:db8::0:1', '2001:db8::1'],
    ['4.2.2', '2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['4.2.2', '2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['4.2.3', '2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['4.2.3', '2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['4.3', '2001:DB8:AAAA::BCDE', '2001:db8:aaaa::bcde'],
  ])('section %s: %s', (_section, text, canonical) => {
    expect(formatAddress(parseAddress(text))).toBe(canonical)
  })
})

property.prop([anyAddress])('parse undoes format', (address) => {
  expect(parseAddress(formatAddress(address))).toEqual(address)
})

property.prop([anyV4])('IPv4 text is what others write', (address) => {
  const text = formatAddress(address)
  expect(isIP(text)).toBe(4)
  expect(new Address4(text).bigInt()).toBe(address.value)
})

property.prop([anyV6])('IPv6 text is what others write', (address) => {
  const text = formatAddress(address)
  expect(isIP(text)).toBe(6)
  expect(new Address6(text).bigInt()).toBe(address.value)
  // Embedded IPv4 aside, the platform's own canonical form is RFC 5952's as well.
  if (address.value >> 32n !== 0n) expect(new URL(`http://[${text}]`).hostname).toBe(`[${text}]`)
})

const anyText = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.ipV4Extended(),
  fc.string({
    unit: fc.constantFrom(...'0 1 2 3 4 5 6 7 8 9 a b f F : . % /'.split(' '), ' '),
    maxLength: 24,
  }),
)

property.prop([anyText])(
  'text is read exactly if the platform reads it, but for zones and mapped addresses',
  (text) => {
    const isRead = (): boolean => {
      try {
        parseAddress(text)
        return true
      } catch (error) {
        if (error instanceof AddressSyntaxError) return false
        throw error
      }
    }
    const mapped = isIP(text) === 6 && !text.includes('%') && new Address6(text).bigInt() >> 32n === 0xffffn
    expect(isRead()).toBe(isIP(text) !== 0 && !text.includes('%') && !mapped)
  },
)

property.prop([anyAddress, anyAddress, anyAddress])('the order is total, IPv4 first', (a, b, c) => {
  expect(Math.sign(compareAddresses(a, b))).toBe(-Math.sign(compareAddresses(b, a)) + 0)
  expect(compareAddresses(a, b) === 0).toBe(formatAddress(a) === formatAddress(b))
  const [x, y, z] = [a, b, c].sort(compareAddresses)
  if (x === undefined || y === undefined || z === undefined) throw new Error('three were sorted')
  expect(compareAddresses(x, z)).toBeLessThanOrEqual(0)
  expect([x.family, y.family, z.family]).toEqual([x.family, y.family, z.family].sort())
})

property.prop([anyAddress])('bytes are network byte order, and there and back', (address) => {
  const bytes = addressToBytes(address)
  expect(bytes).toHaveLength(addressBits(address.family) / 8)
  expect(addressFromBytes(bytes)).toEqual(address)
})

test('bytes of 10.244.3.7', () => {
  expect([...addressToBytes(parseAddress('10.244.3.7'))]).toEqual([10, 244, 3, 7])
})

test.each([0, 3, 5, 15, 17])('%i bytes are no address', (length) => {
  expect(() => addressFromBytes(new Uint8Array(length))).toThrow('expected 4 or 16 bytes')
})
