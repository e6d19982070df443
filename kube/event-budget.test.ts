import { beforeEach, describe, expect, test } from 'vitest'
import { EventBudget } from './event-budget.ts'
import type { ObjectReference } from './event.ts'
import { ManualClock } from './testing/manual-clock.ts'

const node = (name: string): ObjectReference => ({ apiVersion: 'v1', kind: 'Node', name, uid: `uid-${name}` })

let clock: ManualClock
let budget: EventBudget
beforeEach(() => {
  clock = new ManualClock()
  budget = new EventBudget(clock)
})

/** How many of a hundred are let through. */
const taken = (object: ObjectReference, type = 'Warning'): number =>
  Array.from({ length: 100 }, () => budget.take(object, type)).filter(Boolean).length

describe('about one object', () => {
  test('25 at once, then one in five minutes', async () => {
    expect(taken(node('a'))).toBe(25)
    await clock.advance(299_999)
    expect(taken(node('a'))).toBe(0)
    await clock.advance(1)
    expect(taken(node('a'))).toBe(1)
    await clock.advance(600_000)
    expect(taken(node('a'))).toBe(2)
  })

  test('never more than 25, however long it was quiet', async () => {
    taken(node('a'))
    await clock.advance(1_000 * 300_000)
    expect(taken(node('a'))).toBe(25)
  })

  test('what is refused costs nothing', async () => {
    taken(node('a'))
    for (let minute = 0; minute < 5; minute++) {
      taken(node('a'))
      await clock.advance(60_000)
    }
    expect(taken(node('a'))).toBe(1)
  })
})

test('another object, another uid of the name, and another type have a budget of their own', () => {
  expect(taken(node('a'))).toBe(25)
  expect(taken(node('b'))).toBe(25)
  expect(taken({ ...node('a'), uid: 'reborn' })).toBe(25)
  expect(taken(node('a'), 'Normal')).toBe(25)
})

test('objects without a uid are told apart by kind, namespace and name', () => {
  const lease: ObjectReference = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', name: 'x' }
  expect(taken({ ...lease, namespace: 'a' })).toBe(25)
  expect(taken({ ...lease, namespace: 'b' })).toBe(25)
  expect(taken({ ...lease, namespace: 'b' })).toBe(0)
})

test('of 4096 objects is known what was said: the one quiet for longest starts anew', () => {
  taken(node('first'))
  taken(node('second'))
  for (let i = 0; i < 4094; i++) budget.take(node(`n-${i}`), 'Warning')
  expect(taken(node('first'))).toBe(0)
  budget.take(node('one-more'), 'Warning')
  expect(taken(node('first'))).toBe(0)
  expect(taken(node('second'))).toBe(25)
})
