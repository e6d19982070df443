import { expect, test } from 'vitest'
import { RouteRows } from './route-rows.ts'

const row = (cidr: string): string =>
  `<item>\n  <destinationCidrBlock>${cidr}</destinationCidrBlock><state>active</state></item>`

test('the same text gives the same object, another one another', () => {
  const rows = new RouteRows()
  const route = rows.read(row('10.0.0.0/24'))
  expect(route).toEqual({ DestinationCidrBlock: '10.0.0.0/24', State: 'active' })
  expect(rows.read(row('10.0.0.0/24'))).toBe(route)
  expect(rows.read(row('10.0.1.0/24'))).toEqual({ ...route, DestinationCidrBlock: '10.0.1.0/24' })
  expect(Object.isFrozen(route)).toBe(true)
})

test('what was not read for long is forgotten', () => {
  const rows = new RouteRows(2)
  const [a, b] = [rows.read(row('a')), rows.read(row('b'))]
  rows.read(row('c'))
  expect(rows.read(row('a'))).toBe(a)
  rows.read(row('d'))
  expect(rows.read(row('a'))).toBe(a)
  expect(rows.read(row('b'))).not.toBe(b)
})
