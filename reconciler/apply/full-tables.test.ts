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

test('a table that took one again takes all at once', () => {
  const { tables } = make()
  tables.refused('a', 4)
  const hasRoom = (): boolean => tables.hasRoom('a', 4, 'create')
  expect([hasRoom(), hasRoom(), tables.waitMs('a', 4)]).toEqual([true, false, 0])
})

test('one that is seen to have room takes all at once', () => {
  const { tables } = make()
  tables.seen('a', 4, 2)
  tables.hasRoom('a', 4, 'create')
  tables.hasRoom('a', 4, 'create')
  tables.refused('a', 4)
  tables.seen('a', 4, 0)
  expect(tables.isFull('a', 4)).toBe(true)
  tables.seen('a', 4, 1)
  expect(tables.isFull('a', 4)).toBe(false)
})

test('one that refuses though it seems to have room is believed when it has more', () => {
  const { tables, time } = make()
  tables.seen('a', 4, 490)
  tables.hasRoom('a', 4, 'create')
  tables.refused('a', 4)
  tables.seen('a', 4, 489)
  expect(tables.waitMs('a', 4)).toBe(60_000)
  time.now = 60_000
  tables.trying('a', 4)
  tables.seen('a', 4, 489)
  expect(tables.waitMs('a', 4)).toBe(60_000)
  tables.seen('a', 4, 490)
  expect(tables.isFull('a', 4)).toBe(false)
})

test('one that was refused before it was read is believed when it is read to have room', () => {
  const { tables } = make()
  tables.refused('a', 4)
  tables.seen('a', 4, 3)
  expect(tables.isFull('a', 4)).toBe(false)
})
