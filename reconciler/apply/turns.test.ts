import { describe, expect, test } from 'vitest'
import { Turns } from './turns.ts'

/** A cloud that takes so many writes of each kind now, and more when a test says so. */
function make(tokens: Partial<Record<'create' | 'replace' | 'delete', number>>) {
  const left = { create: 0, replace: 0, delete: 0, ...tokens }
  const called: string[] = []
  const timers = new Set<() => void>()
  const turns = new Turns({
    readyInMs: ({ op, delegates }, ahead) => (delegates || left[op] > ahead ? 0 : 100),
    after: (_ms, callback) => {
      timers.add(callback)
      return { cancel: () => void timers.delete(callback) }
    },
    call: (key) => void called.push(key),
  })
  return {
    turns,
    called,
    timers,
    left,
    /** So many more, and time has passed. */
    refill(op: 'create' | 'replace' | 'delete', count: number): void {
      left[op] += count
      for (const timer of [...timers]) timer()
    },
    /** The key has written. */
    wrote(key: string, op: 'create' | 'replace' | 'delete'): void {
      left[op]--
      turns.done(key)
    },
  }
}

const create = [{ op: 'create', delegates: false }] as const
const remove = [{ op: 'delete', delegates: false }] as const

test('nothing to write needs no turn', () => {
  expect(make({}).turns.take('a', [])).toBe(true)
})

test('as many as the cloud takes go at once; what is promised to one is not promised to the next', () => {
  const { turns } = make({ create: 2 })
  expect(['a', 'b', 'c'].map((key) => turns.take(key, create))).toEqual([true, true, false])
  expect(turns.waiting).toBe(1)
})

test('first come, first served', () => {
  const world = make({})
  for (const key of ['a', 'b', 'c']) world.turns.take(key, create)
  world.refill('create', 2)
  expect(world.called).toEqual(['a', 'b'])
  expect(world.turns.take('b', create)).toBe(true)
  expect(world.turns.take('a', create)).toBe(true)
})

test('a newcomer goes behind those who wait, though there is room now', () => {
  const world = make({})
  world.turns.take('a', create)
  world.left.create = 1
  expect(world.turns.take('b', create)).toBe(false)
  expect(world.called).toEqual(['a'])
})

test('who was called and has nothing to write any more lets the next one go', () => {
  const world = make({})
  world.turns.take('a', create)
  world.turns.take('b', create)
  world.refill('create', 1)
  expect(world.called).toEqual(['a'])
  world.turns.done('a')
  expect(world.called).toEqual(['a', 'b'])
})

test('who is alone goes with the first, though the cloud never takes all of its writes at once', () => {
  const { turns } = make({ create: 1 })
  expect(turns.take('a', [...create, ...create, ...create])).toBe(true)
})

test('one key that writes to three tables needs three', () => {
  const { turns } = make({ create: 3 })
  expect(turns.take('a', [...create, ...create, ...create])).toBe(true)
  expect(turns.take('b', create)).toBe(false)
})

describe('deletes never starve creates nor the other way round', () => {
  test.each([
    [create, remove, 'delete'],
    [remove, create, 'create'],
  ] as const)('while %j waits, %j goes', (many, one, op) => {
    const world = make({ [op]: 1 })
    for (let i = 0; i < 100; i++) expect(world.turns.take(`many ${i}`, many)).toBe(false)
    expect(world.turns.take('one', one)).toBe(true)
  })
})

test('asking again while it waits changes nothing', () => {
  const world = make({})
  world.turns.take('a', create)
  world.turns.take('a', create)
  world.turns.take('b', create)
  expect(world.turns.waiting).toBe(2)
  expect(world.timers.size).toBe(1)
  world.refill('create', 1)
  expect(world.called).toEqual(['a'])
})

test('all get their turn in the end', () => {
  const world = make({})
  const keys = Array.from({ length: 500 }, (_, i) => `key ${i}`)
  for (const key of keys) world.turns.take(key, create)
  for (const _ of keys) {
    world.refill('create', 1)
    const key = world.called.at(-1) ?? ''
    expect(world.turns.take(key, create)).toBe(true)
    world.wrote(key, 'create')
  }
  expect(world.called).toEqual(keys)
})

// AssignIpv6Addresses has another budget than CreateRoute.
test('what the network delegates has a line of its own', () => {
  const { turns, called } = make({})
  expect(turns.take('route', create)).toBe(false)
  expect(turns.take('prefix', [{ op: 'create', delegates: true }])).toBe(true)
  turns.done('prefix')
  expect(called).toEqual([])
  expect(turns.waiting).toBe(1)
})
