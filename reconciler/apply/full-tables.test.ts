import { expect, test } from 'vitest'
import { FullTables } from './full-tables.ts'

function make() {
  const time = { now: 0 }
  return { time, tables: new FullTables(() => time.now) }
}

test('a table that refused none takes all', () => {
  const { tables } = make()
  tables.trying('a', 4)
  expect([tables.waitMs('a', 4), tables.isFull('a', 4)]).toEqual([0, false])
})

test('one that refused takes none for a minute, then one to find out', () => {
  const { tables, time } = make()
  tables.refused('a', 4)
  time.now = 20_000
  expect(tables.waitMs('a', 4)).toBe(40_000)
  time.now = 60_000
  expect(tables.waitMs('a', 4)).toBe(0)
  tables.trying('a', 4)
  expect(tables.waitMs('a', 4)).toBe(60_000)
})

test('the other family and the other tables have their own quota', () => {
  const { tables } = make()
  tables.refused('a', 4)
  expect([tables.waitMs('a', 6), tables.waitMs('b', 4)]).toEqual([0, 0])
})

test('a table with room again takes all at once', () => {
  const { tables } = make()
  tables.refused('a', 4)
  expect([tables.hasRoom('a', 4), tables.hasRoom('a', 4), tables.waitMs('a', 4)]).toEqual([true, false, 0])
})
