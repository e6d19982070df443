import { expect, test } from 'vitest'
import { formatAddress } from '../net/address.ts'
import { formatCidr } from '../net/cidr.ts'
import { addressOnWire, cidrOnWire } from './wire-addresses.ts'

test.each([
  ['10.0.0.0/24', '10.0.0.0/24'],
  ['10.0.0.7/24', '10.0.0.0/24'],
  ['FD00::1/64', 'fd00::/64'],
  ['Storage', undefined],
  ['', undefined],
  ['10.0.0.0/33', undefined],
])('range %j', (text, expected) => {
  const cidr = cidrOnWire(text)
  expect(cidr && formatCidr(cidr)).toBe(expected)
})

test.each([
  ['10.0.0.7', '10.0.0.7'],
  ['FD00::0:1', 'fd00::1'],
  ['10.0.0.0/28', undefined],
  ['10.0.1ff', undefined],
])('address %j', (text, expected) => {
  const address = addressOnWire(text)
  expect(address && formatAddress(address)).toBe(expected)
})
