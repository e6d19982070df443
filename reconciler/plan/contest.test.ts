import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { overlaps, parseCidr } from '../../net/cidr.ts'
import type { DestinationKey, LedgerRecord } from '../ledger/record.ts'
import { instance, record, routedNode } from '../testing/values.ts'
import { Claims } from './claims.ts'
import { type Contest, contestOf } from './contest.ts'

const wide = '10.0.0.0/23'
const narrow = '10.0.1.0/24'

interface Facts {
  readonly name: string
  readonly createdAt?: number
  readonly podCIDRs: readonly string[]
}

/** What a contest is judged by, and whose route is written. */
class Field {
  readonly claims = new Claims()
  readonly #records = new Map<DestinationKey, LedgerRecord>()
  readonly #intended = new Set<DestinationKey>()

  constructor(nodes: readonly Facts[]) {
    for (const { name, createdAt = 0, podCIDRs } of nodes)
      this.claims.upsert(routedNode(name, podCIDRs, { createdAt }))
  }

  /** As the ledger of podway has it; of no table if it was refused. */
  write(key: DestinationKey, name = this.holder(key), tables: readonly string[] = ['table-1']): void {
    const node = { name, uid: `uid of ${name}` }
    this.#records.set(key, record({ destination: parseCidr(key), node, target: instance(name), tables }))
  }

  intend(key: DestinationKey): void {
    this.#intended.add(key)
  }

  holder(key: DestinationKey): string {
    return this.claims.holder(key, this.#records.get(key)?.node)?.name ?? 'nobody'
  }

  taken(key: DestinationKey): boolean {
    return this.#intended.has(key) || (this.#records.get(key)?.tables.length ?? 0) > 0
  }

  contest(key: DestinationKey): Contest | undefined {
    const ledger = { get: (one: DestinationKey) => this.#records.get(one), taken: this.taken.bind(this) }
    return contestOf(key, { claims: this.claims, ledger })
  }

  /** Routes whatever may be, in this order and again, until nothing more may be. */
  settle(order: readonly DestinationKey[]): void {
    const free = (): DestinationKey | undefined =>
      order.find((key) => !this.taken(key) && this.contest(key) === undefined)
    for (let key = free(); key !== undefined; key = free()) this.write(key)
  }
}

describe('two that overlap', () => {
  const older = { name: 'z-older', createdAt: 1, podCIDRs: [wide] }
  const newer = { name: 'a-newer', createdAt: 2, podCIDRs: [narrow] }

  test('the older node goes first, whichever is wider', () => {
    for (const [first, second] of [
      [wide, narrow],
      [narrow, wide],
    ] as const) {
      const field = new Field([
        { ...older, podCIDRs: [first] },
        { ...newer, podCIDRs: [second] },
      ])
      expect(field.contest(first)).toBeUndefined()
      expect(field.contest(second)).toEqual({ destination: first, node: 'z-older' })
    }
  })

  test('of the same age, the first by name', () => {
    const field = new Field([
      { ...older, createdAt: 0 },
      { ...newer, createdAt: 0 },
    ])
    expect(field.contest(wide)).toEqual({ destination: narrow, node: 'a-newer' })
  })

  test('whose route is written keeps it; both, if both are', () => {
    const field = new Field([older, newer])
    field.write(narrow)
    expect([field.contest(narrow), field.contest(wide)?.node]).toEqual([undefined, 'a-newer'])
    field.write(wide)
    expect([field.contest(narrow), field.contest(wide)]).toEqual([undefined, undefined])
  })

  test('an intent that is on its way to the store counts as written', () => {
    const field = new Field([older, newer])
    field.intend(narrow)
    expect([field.contest(narrow), field.contest(wide)?.node]).toEqual([undefined, 'a-newer'])
  })

  test('a record of no table, as a refused create leaves it, does not', () => {
    const field = new Field([older, newer])
    field.write(narrow, 'a-newer', [])
    expect([field.contest(narrow)?.node, field.contest(wide)]).toEqual(['z-older', undefined])
  })

  test('those of one node stand in nobody’s way', () => {
    const field = new Field([{ name: 'one', podCIDRs: [wide, narrow] }])
    expect([field.contest(wide), field.contest(narrow)]).toEqual([undefined, undefined])
  })

  test('the other family, and neighbours, are no contest', () => {
    const field = new Field([
      { name: 'a', podCIDRs: ['10.0.0.0/24', 'fd00::/64'] },
      { name: 'b', podCIDRs: ['10.0.1.0/24', 'fd00:0:0:1::/64'] },
    ])
    expect(field.claims.keys().flatMap((key) => field.contest(key) ?? [])).toEqual([])
  })

  test('what nobody claims is in no contest', () => {
    expect(new Field([older]).contest(narrow)).toBeUndefined()
  })
})

test('who is kept out keeps nobody else out', () => {
  const field = new Field([
    { name: 'first', createdAt: 1, podCIDRs: ['10.0.0.0/24'] },
    { name: 'too-wide', createdAt: 2, podCIDRs: ['10.0.0.0/16'] },
    { name: 'third', createdAt: 3, podCIDRs: ['10.0.1.0/24'] },
  ])
  expect(field.contest('10.0.0.0/16')).toEqual({ destination: '10.0.0.0/24', node: 'first' })
  expect(field.contest('10.0.1.0/24')).toBeUndefined()
})

test('a thousand nodes and one range around them all: each is judged by a few others', () => {
  const nodes = Array.from({ length: 1000 }, (_, i) => ({
    name: `node-${i}`,
    createdAt: i,
    podCIDRs: [`10.${i >> 8}.${i & 255}.0/24`],
  }))
  const field = new Field([...nodes, { name: 'too-wide', createdAt: 500.5, podCIDRs: ['10.0.0.0/8'] }])
  field.settle(nodes.flatMap(({ podCIDRs }) => podCIDRs).slice(0, 50))
  expect(nodes.flatMap(({ podCIDRs: [key = ''] }) => field.contest(key) ?? [])).toEqual([])
  expect(field.contest('10.0.0.0/8')).toBeDefined()
})

/** Ranges of which many overlap, of both families. */
const ranges = [
  '10.0.0.0/21',
  '10.0.0.0/22',
  '10.0.4.0/22',
  '10.0.0.0/23',
  '10.0.2.0/23',
  '10.0.0.0/24',
  '10.0.1.0/24',
  '10.0.2.0/24',
  '10.0.3.0/24',
  '10.0.4.0/24',
  'fd00::/62',
  'fd00::/64',
  'fd00:0:0:1::/64',
]
const anyRange = fc.constantFrom(...ranges)
const anyNodes = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'),
    createdAt: fc.integer({ min: 0, max: 3 }),
    podCIDRs: fc.uniqueArray(anyRange, { minLength: 1, maxLength: 3 }),
  }),
  { selector: ({ name }) => name, maxLength: 8 },
)
const anyOrder = fc.shuffledSubarray(ranges, { minLength: ranges.length })

const overlap = (a: DestinationKey, b: DestinationKey): boolean => overlaps(parseCidr(a), parseCidr(b))

/** Claimed, with what was written before, and settled in an order. */
function settled(
  nodes: readonly Facts[],
  before: readonly DestinationKey[],
  order: readonly DestinationKey[],
): {
  readonly field: Field
  readonly claimed: readonly DestinationKey[]
  readonly written: Set<DestinationKey>
} {
  const field = new Field(nodes)
  const claimed = ranges.filter((key) => field.holder(key) !== 'nobody')
  const written = new Set(before.filter((key) => claimed.includes(key)))
  for (const key of written) field.write(key)
  field.settle(order.filter((key) => claimed.includes(key)))
  return { field, claimed, written }
}

property.prop([anyNodes, fc.uniqueArray(anyRange), anyOrder])(
  'no two that are routed to different nodes overlap, unless both were written before',
  (nodes, before, order) => {
    const { field, claimed, written } = settled(nodes, before, order)
    for (const a of claimed)
      for (const b of claimed) {
        if (a >= b || !overlap(a, b) || field.holder(a) === field.holder(b)) continue
        if (field.taken(a) && field.taken(b)) expect([a, b].every((key) => written.has(key))).toBe(true)
      }
  },
)

property.prop([anyNodes, fc.uniqueArray(anyRange), anyOrder])(
  'who is not routed is kept out by one that is, and is told which: so of each group that overlaps one is routed',
  (nodes, before, order) => {
    const { field, claimed } = settled(nodes, before, order)
    for (const key of claimed) {
      if (field.taken(key)) continue
      const contest = field.contest(key)
      expect(contest).toBeDefined()
      if (contest === undefined) continue
      expect(overlap(contest.destination, key)).toBe(true)
      expect(field.taken(contest.destination)).toBe(true)
      expect(contest.node).toBe(field.holder(contest.destination))
      expect(contest.node).not.toBe(field.holder(key))
    }
  },
)

property.prop([anyNodes, fc.uniqueArray(anyRange), anyOrder, anyOrder])(
  'whose turn it is first does not matter',
  (nodes, before, one, other) => {
    const routes = [one, other].map((order) => {
      const { field, claimed } = settled(nodes, before, order)
      return claimed.filter((key) => field.taken(key))
    })
    expect(routes[0]).toEqual(routes[1])
  },
)

property.prop([anyNodes, fc.uniqueArray(anyRange), anyOrder])(
  'what was written before stays',
  (nodes, before, order) => {
    const { field, written } = settled(nodes, before, order)
    for (const key of written) expect(field.contest(key)).toBeUndefined()
  },
)
