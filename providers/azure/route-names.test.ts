import { test as property } from '@fast-check/vitest'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Cidr, cidrAround, formatCidr, parseCidr } from '../../net/cidr.ts'
import { isNamedFor, routeName } from './route-names.ts'

const cidr: fc.Arbitrary<Cidr> = fc.oneof(
  fc
    .tuple(fc.bigInt(0n, 2n ** 32n - 1n), fc.integer({ min: 0, max: 32 }))
    .map(([value, length]) => cidrAround({ family: 4, value }, length)),
  fc
    .tuple(fc.bigInt(0n, 2n ** 128n - 1n), fc.integer({ min: 0, max: 128 }))
    .map(([value, length]) => cidrAround({ family: 6, value }, length)),
)
const none: ReadonlySet<string> = new Set()

test.each([
  ['10.244.3.0/24', 'podway.10.244.3.0_24'],
  ['fd00:10:244:3::/64', 'podway.fd00-0010-0244-0003-0000-0000-0000-0000_64'],
])('%s', (text, name) => expect(routeName(parseCidr(text), none)).toBe(name))

test.each([
  ['podway.10.244.3.0_24', true],
  ['Podway.10.244.3.0_24', true],
  ['podway.10.244.3.0_24_2', true],
  ['podway.10.244.3.0_24_', false],
  ['podway.10.244.3.0_24_two', false],
  ['podway.10.244.3.0_2', false],
  ['podway.10.244.33.0_24', false],
  ['by-hand', false],
  ['', false],
])('%j is a name of podway’s for 10.244.3.0/24: %s', (name, isNamed) =>
  expect(isNamedFor(parseCidr('10.244.3.0/24'), name)).toBe(isNamed),
)

// cidrtoRfc1035 in azure_routes.go of cloud-provider-azure gives both the name 102440024.
test('CIDR to name is not injective: 10.24.40.0/24 and 10.244.0.0/24 have two names here', () => {
  const [a, b] = ['10.24.40.0/24', '10.244.0.0/24'].map((text) => routeName(parseCidr(text), none))
  expect(a).not.toBe(b)
})

property.prop([cidr, cidr])('two destinations have two names', (a, b) => {
  expect(routeName(a, none) === routeName(b, none)).toBe(formatCidr(a) === formatCidr(b))
})

// https://learn.microsoft.com/en-us/azure/azure-resource-manager/management/resource-name-rules#microsoftnetwork
property.prop([cidr, fc.integer({ min: 0, max: 3 })])(
  'Azure takes every name, and none that is taken',
  (one, others) => {
    const taken = new Set<string>()
    for (let i = 0; i < others; i++) taken.add(routeName(one, taken))
    const name = routeName(one, taken)
    expect(taken.has(name)).toBe(false)
    expect(name).toMatch(/^[a-z0-9][\w.-]{0,78}\w$/)
    expect(name).toBe(name.toLowerCase())
  },
)
