import { expect, test } from 'vitest'
import { NamelessError, Names } from './names.ts'

function namesOf(range: string): Names {
  const names = new Names()
  names.setRange(range)
  return names
}

test('ids go by their names, both ways', () => {
  const names = new Names()
  names.give('table', 'rtb-1')
  expect(names.toWire('<table>')).toBe('rtb-1')
  expect(names.fromWire('rtb-1')).toBe('<table>')
  expect(names.fromWire('rtb-2')).toBe('rtb-2')
})

test('one name has one id, and one id one name', () => {
  const names = new Names()
  names.give('a', 'rtb-1')
  expect(() => names.give('a', 'rtb-2')).toThrow('<a> is rtb-1 already')
  expect(() => names.give('b', 'rtb-1')).toThrow('rtb-1 is <a> already')
})

test('a name that nothing has', () => {
  expect(() => new Names().toWire('<ghost>')).toThrow(NamelessError)
})

test.each([
  ['a range', '2001:db8:0:1::/64', '2600:1f18:0:a01::/64'],
  ['the whole range', '2001:db8::/56', '2600:1f18:0:a00::/56'],
  ['an address', '2001:db8:0:2::a', '2600:1f18:0:a02::a'],
  ['an address elsewhere', 'fd00::1', 'fd00::1'],
  ['IPv4', '10.0.0.0/16', '10.0.0.0/16'],
  ['a text with colons', 'arn:aws:ec2::1', 'arn:aws:ec2::1'],
])('the IPv6 range of the VPC: %s', (_what, inWords, onWire) => {
  const names = namesOf('2600:1f18:0:a00::/56')
  expect(names.toWire(inWords)).toBe(onWire)
  expect(names.fromWire(onWire)).toBe(inWords)
})

test('a range with zeros too many, as LocalStack draws some', () => {
  const names = namesOf('2400:6500:0a3f:0b00::/56')
  expect(names.toWire('2001:db8:0:1::/64')).toBe('2400:6500:a3f:b01::/64')
  expect(names.fromWire('2400:6500:0a3f:0b00::/56')).toBe('2001:db8::/56')
})
