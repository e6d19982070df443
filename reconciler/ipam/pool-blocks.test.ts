import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { type Cidr, containsCidr, formatCidr, nthSubnet, overlaps, parseCidr } from '../../net/cidr.ts'
import { type HoldKind, holdKinds } from './block-tree.ts'
import { Pool } from './pool.ts'
import { PoolBlocks } from './pool-blocks.ts'

const open = (range: string, mask: number): PoolBlocks => new PoolBlocks(new Pool(parseCidr(range), mask))

function take(pool: PoolBlocks): string | undefined {
  const cidr = pool.candidate()
  if (cidr !== undefined) pool.hold(cidr, 'node')
  return cidr === undefined ? undefined : formatCidr(cidr)
}

// cidr_set.go refuses a difference of more than 16 bits, and late.
test.each([
  ['10.244.0.0/16', 16, 1],
  ['10.244.0.0/16', 32, 65_536],
  ['fd00::/8', 64, 2 ** 56],
  ['::/0', 128, 2 ** 128],
])('CIDR size limit refused late: %s with /%i has none, and gives its first block', (range, mask, size) => {
  const pool = open(range, mask)
  expect(pool.statistics().size).toBe(size)
  expect(take(pool)).toBe(formatCidr(nthSubnet(parseCidr(range), mask, 0n)))
})

test('next-fit: a freed block is given again as late as possible', () => {
  const pool = open('10.0.0.0/30', 32)
  expect([take(pool), take(pool)]).toEqual(['10.0.0.0/32', '10.0.0.1/32'])
  pool.release(parseCidr('10.0.0.0/32'), 'node')
  expect([take(pool), take(pool), take(pool), take(pool)]).toEqual([
    '10.0.0.2/32',
    '10.0.0.3/32',
    '10.0.0.0/32',
    undefined,
  ])
})

test('a block that is held for two reasons is free when both are gone', () => {
  const pool = open('10.0.0.0/32', 32)
  const block = parseCidr('10.0.0.0/32')
  pool.hold(block, 'node')
  pool.hold(block, 'quarantine')
  pool.release(block, 'node')
  expect(pool.candidate()).toBeUndefined()
  pool.release(block, 'quarantine')
  expect(pool.candidate()).toEqual(block)
})

test('two parts of a block: it is free when both are', () => {
  const pool = open('10.0.0.0/24', 24)
  pool.hold(parseCidr('10.0.0.0/25'), 'node')
  pool.hold(parseCidr('10.0.0.128/25'), 'node')
  pool.release(parseCidr('10.0.0.0/25'), 'node')
  expect(pool.candidate()).toBeUndefined()
  pool.release(parseCidr('10.0.0.128/25'), 'node')
  expect(pool.candidate()).toBeDefined()
})

test('what is wider than a block takes all that it covers, also beyond the pool', () => {
  const pool = open('10.0.0.0/22', 24)
  pool.hold(parseCidr('10.0.0.0/23'), 'node')
  expect(take(pool)).toBe('10.0.2.0/24')
  pool.hold(parseCidr('10.0.0.0/8'), 'reserved')
  expect(take(pool)).toBeUndefined()
  pool.release(parseCidr('10.0.0.0/8'), 'reserved')
  expect(take(pool)).toBe('10.0.3.0/24')
})

test('what lies outside is nobody’s business', () => {
  const pool = open('10.0.0.0/24', 24)
  pool.hold(parseCidr('10.0.1.0/24'), 'node')
  pool.hold(parseCidr('fd00::/8'), 'node')
  pool.release(parseCidr('192.168.0.0/16'), 'node')
  expect(take(pool)).toBe('10.0.0.0/24')
})

test('a release of what was never held changes nothing', () => {
  const pool = open('10.0.0.0/24', 26)
  pool.release(parseCidr('10.0.0.0/26'), 'node')
  pool.hold(parseCidr('10.0.0.0/26'), 'quarantine')
  pool.release(parseCidr('10.0.0.0/26'), 'node')
  pool.release(parseCidr('10.0.0.0/25'), 'quarantine')
  expect(pool.statistics()).toMatchObject({ used: 0, quarantined: 1, free: 3 })
})

describe('a vast pool', () => {
  test('what covers most of it is stepped over at once', () => {
    const pool = open('fd00::/8', 64)
    pool.hold(parseCidr('fd00::/9'), 'reserved')
    expect(take(pool)).toBe('fd80::/64')
    pool.hold(parseCidr('fd80::/9'), 'reserved')
    expect(take(pool)).toBeUndefined()
  })

  test('what is left is found, however little', () => {
    const pool = open('fd00::/8', 64)
    // All but the very last block, as 56 ranges of which each is half of what is left.
    for (let bits = 9; bits <= 64; bits++) {
      const left = 2n ** BigInt(128 - bits + 1)
      pool.hold({ family: 6, network: (0xfen << 120n) - left, prefixLength: bits }, 'reserved')
    }
    expect(take(pool)).toBe('fdff:ffff:ffff:ffff::/64')
    expect(take(pool)).toBeUndefined()
  })

  test('65,536 blocks of a /48, and none twice', () => {
    const pool = open('fd00::/48', 64)
    const start = performance.now()
    const given = new Set(Array.from({ length: 65_536 }, () => take(pool)))
    expect(given.size).toBe(65_536)
    expect(given.has(undefined)).toBe(false)
    expect(take(pool)).toBeUndefined()
    // A search block by block for each of them takes minutes; the limit is for a machine that does other things too.
    expect(performance.now() - start).toBeLessThan(5_000)
  })

  test('65,535 taken blocks in a row cost as much as one', () => {
    const pool = open('fd00::/48', 64)
    for (let i = 0; i < 65_536; i++) take(pool)
    const last = parseCidr('fd00:0:0:fffe::/64')
    const start = performance.now()
    for (let i = 0; i < 10_000; i++) {
      pool.release(last, 'node')
      expect(pool.candidate()).toEqual(last)
      pool.hold(last, 'node')
    }
    expect(performance.now() - start).toBeLessThan(5_000)
  })
})

test('whether a block is quarantined, and nothing else', () => {
  const pool = open('10.0.0.0/22', 24)
  const block = parseCidr('10.0.1.0/24')
  expect(pool.isOnlyQuarantined(block)).toBe(false)
  pool.hold(block, 'quarantine')
  expect(pool.isOnlyQuarantined(block)).toBe(true)
  expect(pool.isOnlyQuarantined(parseCidr('10.0.0.0/24'))).toBe(false)
  expect(pool.isOnlyQuarantined(parseCidr('10.0.0.0/23'))).toBe(false)
  for (const [other, kind] of [
    ['10.0.0.0/8', 'reserved'],
    ['10.0.0.0/23', 'node'],
    ['10.0.1.4/32', 'quarantine'],
  ] as const) {
    pool.hold(parseCidr(other), kind)
    expect(pool.isOnlyQuarantined(block)).toBe(false)
    pool.release(parseCidr(other), kind)
  }
  expect(pool.isOnlyQuarantined(block)).toBe(true)
})

/** 16 blocks of /28 in 10.0.0.0/24, and what a naive pool would say of them that looks at each. */
const range = parseCidr('10.0.0.0/24')
const blocks = Array.from({ length: 16 }, (_, i) => nthSubnet(range, 28, BigInt(i)))
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
const anyKind = fc.constantFrom<HoldKind>(...holdKinds)
const anyStep = fc.oneof(
  fc.record({ op: fc.constant('take' as const) }),
  fc.record({ op: fc.constant('hold' as const), cidr: anyRange, kind: anyKind }),
  fc.record({ op: fc.constant('release' as const), at: fc.nat(20) }),
)

property.prop([fc.array(anyStep, { maxLength: 60 })])(
  'as a set of blocks that looks at every one',
  (steps) => {
    const pool = new PoolBlocks(new Pool(range, 28))
    const held: { cidr: Cidr; kind: HoldKind }[] = []
    let next = 0
    const hold = (cidr: Cidr, kind: HoldKind): void => {
      pool.hold(cidr, kind)
      held.push({ cidr, kind })
    }
    for (const step of steps) {
      if (step.op === 'hold') hold(step.cidr, step.kind)
      else if (step.op === 'release') {
        const [one] = held.splice(step.at, 1)
        if (one !== undefined) pool.release(one.cidr, one.kind)
      } else {
        const order = blocks.map((_, i) => (next + i) % 16)
        const free = order.find((i) => !held.some(({ cidr }) => overlaps(cidr, blocks[i] ?? range)))
        const cidr = pool.candidate()
        expect(cidr).toEqual(free === undefined ? undefined : blocks[free])
        if (cidr === undefined || free === undefined) continue
        next = (free + 1) % 16
        hold(cidr, 'node')
      }
      const reasons = blocks.map((block) =>
        holdKinds.find((kind) => held.some((one) => one.kind === kind && overlaps(one.cidr, block))),
      )
      const count = (reason: HoldKind | undefined): number => reasons.filter((one) => one === reason).length
      expect(pool.statistics()).toMatchObject({
        size: 16,
        used: count('node'),
        quarantined: count('quarantine'),
        reserved: count('reserved'),
        free: count(undefined),
      })
      for (const block of blocks) {
        const here = held.filter(({ cidr }) => overlaps(cidr, block))
        const only = here.length === 1 && here[0]?.kind === 'quarantine'
        expect(pool.isOnlyQuarantined(block)).toBe(only)
      }
    }
  },
)

property.prop([fc.array(fc.record({ cidr: anyRange, kind: anyKind }), { maxLength: 40 })])(
  'what is held and released leaves no trace',
  (holds) => {
    const pool = new PoolBlocks(new Pool(range, 28))
    for (const { cidr, kind } of holds) pool.hold(cidr, kind)
    for (const { cidr, kind } of holds.toReversed()) pool.release(cidr, kind)
    expect(pool.statistics().free).toBe(16)
    expect(containsCidr(range, pool.candidate() ?? parseCidr('0.0.0.0/0'))).toBe(true)
  },
)
