import { beforeEach, expect, test } from 'vitest'
import { Sightings } from './sightings.ts'

let now: number
let sightings: Sightings
beforeEach(() => {
  now = 5_000
  sightings = new Sightings({ clock: { monotonic: () => now }, settleMs: 60_000 })
})

test('what was seen is new for a minute from the first time', () => {
  expect(sightings.isNew('i-1')).toBe(false)
  sightings.see('i-1')
  now += 59_999
  sightings.see('i-1')
  expect(sightings.isNew('i-1')).toBe(true)
  now += 1
  expect(sightings.isNew('i-1')).toBe(false)
})

test('an absence counts when it has lasted for a minute', () => {
  expect(sightings.miss('i-1')).toBe(false)
  now += 59_999
  expect(sightings.miss('i-1')).toBe(false)
  now += 1
  expect(sightings.miss('i-1')).toBe(true)
  now += 1_000_000
  expect(sightings.miss('i-1')).toBe(true)
})

test('who comes back was never gone, and is new', () => {
  sightings.miss('i-1')
  now += 50_000
  sightings.see('i-1')
  now += 50_000
  expect(sightings.isNew('i-1')).toBe(true)
  expect(sightings.miss('i-1')).toBe(false)
})

test('without time to settle, an absence counts at once, and nothing is new', () => {
  sightings = new Sightings({ clock: { monotonic: () => now }, settleMs: 0 })
  expect(sightings.miss('i-1')).toBe(true)
  sightings.see('i-1')
  expect(sightings.isNew('i-1')).toBe(false)
})

test('what nobody has asked about for an hour is forgotten', () => {
  sightings.see('i-1')
  sightings.miss('i-2')
  sightings.miss('i-3')
  now += 3_599_000
  sightings.miss('i-3')
  now += 2_000
  sightings.prune()
  expect(sightings.miss('i-2'), 'as if for the first time').toBe(false)
  expect(sightings.miss('i-3')).toBe(true)
  sightings.see('i-1')
  expect(sightings.isNew('i-1')).toBe(true)
})
