import { describe, expect, test } from 'vitest'
import { formatCidr, parseCidr } from '../../net/cidr.ts'
import { Pool, PoolConfigurationError, inOrder, refuseOverlaps } from './pool.ts'

const pool = (range: string, mask: number): Pool => new Pool(parseCidr(range), mask)

describe('a mask that does not fit', () => {
  test.each([
    ['10.244.0.0/16', 15, 'does not fit into 10.244.0.0/16: use one from /16 to /32'],
    ['10.244.0.0/16', 33, 'use one from /16 to /32'],
    ['fd00::/48', 47, 'use one from /48 to /128'],
  ])('%s with /%i', (range, mask, message) => {
    expect(() => pool(range, mask)).toThrow(PoolConfigurationError)
    expect(() => pool(range, mask)).toThrow(message)
  })
})

test('whom it is for: everybody, or those that its selector selects', () => {
  const selective = new Pool(parseCidr('10.0.0.0/16'), 24, { matchLabels: { size: 'small' } })
  expect(pool('10.0.0.0/16', 24).isFor({})).toBe(true)
  expect(selective.isFor({ size: 'small' })).toBe(true)
  expect(selective.isFor({})).toBe(false)
})

test('in which order: those with a selector first, then as configured', () => {
  const selector = { matchLabels: { size: 'small' } }
  const pools = [
    pool('10.0.0.0/24', 24),
    new Pool(parseCidr('10.0.1.0/24'), 24, selector),
    pool('10.0.2.0/24', 24),
    new Pool(parseCidr('10.0.3.0/24'), 24, {}),
  ]
  expect(inOrder(pools).map(({ range }) => formatCidr(range))).toEqual([
    '10.0.1.0/24',
    '10.0.3.0/24',
    '10.0.0.0/24',
    '10.0.2.0/24',
  ])
})

test.each([
  ['equal', '10.0.0.0/16', '10.0.0.0/16', true],
  ['one in the other', '10.0.0.0/16', '10.0.4.0/24', true],
  ['one around the other', '10.0.4.0/24', '10.0.0.0/16', true],
  ['side by side', '10.0.0.0/16', '10.1.0.0/16', false],
  ['of two families', '::/0', '10.0.0.0/8', false],
])('pools that overlap: %s', (_name, first, second, refused) => {
  const refuse = (): void => refuseOverlaps([pool('192.168.0.0/24', 32), pool(first, 32), pool(second, 32)])
  if (refused) expect(refuse).toThrow(`${first} and ${second} overlap: name each range once`)
  else expect(refuse).not.toThrow()
})
