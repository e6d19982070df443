import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { type Cidr, formatCidr, nthSubnet, overlaps, parseCidr } from '../../net/cidr.ts'
import { Pool, PoolConfigurationError } from './pool.ts'

function take(pool: Pool, owner: string): string | undefined {
  const cidr = pool.candidate()
  if (cidr !== undefined) pool.occupy(cidr, owner)
  return cidr === undefined ? undefined : formatCidr(cidr)
}

const makePool = (range: string, mask: number): Pool => new Pool(parseCidr(range), mask)

describe('configuration', () => {
  test.each([
    ['10.244.0.0/16', 15, 'does not fit into 10.244.0.0/16: use one from /16 to /32'],
    ['10.244.0.0/16', 33, 'use one from /16 to /32'],
    ['fd00::/48', 47, 'use one from /48 to /128'],
  ])('%s with /%i', (range, mask, message) => {
    expect(() => makePool(range, mask)).toThrow(PoolConfigurationError)
    expect(() => makePool(range, mask)).toThrow(message)
  })

  // cidr_set.go refuses a difference of more than 16 bits, and late.
  test.each([
    ['10.244.0.0/16', 16, 1n],
    ['10.244.0.0/16', 32, 65_536n],
    ['fd00::/8', 64, 2n ** 56n],
    ['::/0', 128, 2n ** 128n],
  ])('CIDR size limit refused late: %s with /%i has none, and gives its first block', (range, mask, size) => {
    const pool = makePool(range, mask)
    expect(pool.size).toBe(size)
    expect(take(pool, 'a')).toBe(formatCidr(nthSubnet(parseCidr(range), mask, 0n)))
  })
})

test('next-fit: a freed block is given again as late as possible', () => {
  const pool = makePool('10.0.0.0/30', 32)
  expect([take(pool, 'a'), take(pool, 'b')]).toEqual(['10.0.0.0/32', '10.0.0.1/32'])
  pool.release(parseCidr('10.0.0.0/32'), 'a')
  expect([take(pool, 'c'), take(pool, 'd'), take(pool, 'e'), take(pool, 'f')]).toEqual([
    '10.0.0.2/32',
    '10.0.0.3/32',
    '10.0.0.0/32',
    undefined,
  ])
})

test('a block that two hold is free when both have let go', () => {
  const pool = makePool('10.0.0.0/32', 32)
  const block = parseCidr('10.0.0.0/32')
  pool.occupy(block, 'node')
  pool.occupy(block, 'ledger')
  pool.occupy(block, 'ledger')
  pool.release(block, 'node')
  expect(pool.candidate()).toBeUndefined()
  pool.release(block, 'ledger')
  pool.release(block, 'ledger')
  expect(pool.candidate()).toEqual(block)
})

test('one owner may hold two parts of a block', () => {
  const pool = makePool('10.0.0.0/24', 24)
  pool.occupy(parseCidr('10.0.0.0/25'), 'a')
  pool.occupy(parseCidr('10.0.0.128/25'), 'a')
  pool.release(parseCidr('10.0.0.0/25'), 'a')
  expect(pool.candidate()).toBeUndefined()
})

test('what is wider than a block takes all that it covers, also beyond the pool', () => {
  const pool = makePool('10.0.0.0/22', 24)
  pool.occupy(parseCidr('10.0.0.0/23'), 'a')
  expect(take(pool, 'b')).toBe('10.0.2.0/24')
  pool.occupy(parseCidr('10.0.0.0/8'), 'c')
  expect(take(pool, 'd')).toBeUndefined()
  pool.release(parseCidr('10.0.0.0/8'), 'c')
  expect(take(pool, 'd')).toBe('10.0.3.0/24')
})

test('what covers most of a vast pool is stepped over at once', () => {
  const pool = makePool('fd00::/8', 64)
  pool.occupy(parseCidr('fd00::/9'), 'a')
  expect(take(pool, 'b')).toBe('fd80::/64')
  pool.occupy(parseCidr('fd80::/9'), 'c')
  expect(take(pool, 'd')).toBeUndefined()
})

test('what lies outside is nobody’s business', () => {
  const pool = makePool('10.0.0.0/24', 24)
  pool.occupy(parseCidr('10.0.1.0/24'), 'a')
  pool.occupy(parseCidr('fd00::/8'), 'a')
  pool.release(parseCidr('192.168.0.0/16'), 'a')
  expect(take(pool, 'b')).toBe('10.0.0.0/24')
})

/** 16 blocks of /28 in 10.0.0.0/24, and what a naive allocator would say of them. */
const range = parseCidr('10.0.0.0/24')
const anyRange = fc
  .record({
    prefixLength: fc.constantFrom(23, 24, 25, 26, 27, 28, 29, 30, 32),
    at: fc.integer({ min: 0, max: 255 }),
  })
  .map(({ prefixLength, at }): Cidr => {
    const size = 2 ** (32 - prefixLength)
    return {
      family: 4,
      network: range.network + BigInt(prefixLength < 24 ? 0 : at - (at % size)),
      prefixLength,
    }
  })
const anyStep = fc.oneof(
  fc.record({ take: fc.constantFrom('a', 'b', 'c') }),
  fc.record({ occupy: anyRange, owner: fc.constantFrom('a', 'b') }),
  fc.record({ release: anyRange, owner: fc.constantFrom('a', 'b', 'c') }),
  fc.record({ giveBack: fc.nat(20) }),
)

property.prop([fc.array(anyStep, { maxLength: 60 })])(
  'as a naive allocator that looks at everything',
  (steps) => {
    const pool = new Pool(range, 28)
    const blocks = Array.from({ length: 16 }, (_, i) => nthSubnet(range, 28, BigInt(i)))
    const held = new Map<string, Cidr>()
    const given: { cidr: Cidr; owner: string }[] = []
    let next = 0
    const hold = (cidr: Cidr, owner: string): void => {
      pool.occupy(cidr, owner)
      held.set(`${owner} ${formatCidr(cidr)}`, cidr)
    }
    const release = (cidr: Cidr, owner: string): void => {
      pool.release(cidr, owner)
      held.delete(`${owner} ${formatCidr(cidr)}`)
    }
    for (const step of steps) {
      if ('occupy' in step) hold(step.occupy, step.owner)
      else if ('release' in step) release(step.release, step.owner)
      else if ('giveBack' in step) {
        const [one] = given.splice(step.giveBack, 1)
        if (one !== undefined) release(one.cidr, one.owner)
      } else {
        const order = blocks.map((_, i) => (next + i) % 16)
        const free = order.find((i) => ![...held.values()].some((cidr) => overlaps(cidr, blocks[i] ?? range)))
        const cidr = pool.candidate()
        expect(cidr).toEqual(free === undefined ? undefined : blocks[free])
        if (cidr === undefined || free === undefined) continue
        next = (free + 1) % 16
        hold(cidr, step.take)
        given.push({ cidr, owner: step.take })
      }
    }
  },
)
