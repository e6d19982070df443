import { describe, expect, test } from 'vitest'
import { type Completeness, NativeTables, gapMs } from './native-tables.ts'

const [no, yes] = [() => false, () => true]

/** What becomes of one table, as time passes. */
function story(before: () => boolean = no): (ms: number, found: Completeness) => boolean {
  let now = 0
  const tables = new NativeTables(() => now)
  return (ms, found) => {
    now += ms
    return tables.see('a', 4, found, before)
  }
}

describe('a table', () => {
  test('is native as soon as it is complete', () => {
    const see = story()
    expect(see(0, 'gaps')).toBe(false)
    expect(see(1, 'complete')).toBe(true)
  })

  test('that is not complete at first is not native, however long', () => {
    const see = story()
    expect([see(0, 'gaps'), see(gapMs, 'gaps'), see(1, 'unknown')]).toEqual([false, false, false])
  })

  test('that was native before this program came stays so for a while', () => {
    const see = story(yes)
    expect([see(0, 'gaps'), see(gapMs - 1, 'gaps'), see(1, 'gaps')]).toEqual([true, true, false])
  })

  test('is dropped only when routes were missing without a break', () => {
    const see = story()
    see(0, 'complete')
    expect([see(1, 'gaps'), see(gapMs - 1, 'gaps'), see(0, 'complete')]).toEqual([true, true, true])
    expect([see(1, 'gaps'), see(gapMs - 1, 'gaps'), see(1, 'gaps')]).toEqual([true, true, false])
  })

  test('that was dropped comes back when it is complete', () => {
    const see = story(yes)
    see(0, 'gaps')
    expect([see(gapMs, 'gaps'), see(1, 'complete')]).toEqual([false, true])
  })

  test('that can’t be read stays what it was, and gaps count from anew', () => {
    const see = story()
    see(0, 'complete')
    expect([see(1, 'unknown'), see(10 * gapMs, 'unknown')]).toEqual([true, true])
    expect([see(1, 'gaps'), see(1, 'unknown'), see(gapMs, 'gaps')]).toEqual([true, true, true])
    expect(see(gapMs, 'gaps')).toBe(false)
  })

  test('is another one in the other family', () => {
    const tables = new NativeTables(() => 0)
    expect(tables.see('a', 4, 'complete', no)).toBe(true)
    expect(tables.see('a', 6, 'gaps', no)).toBe(false)
  })

  test('that was forgotten has to be complete first', () => {
    const tables = new NativeTables(() => 0)
    tables.see('a', 4, 'complete', no)
    tables.see('b', 4, 'complete', no)
    tables.keep([{ tableId: 'b', family: 4 }])
    expect(tables.see('a', 4, 'gaps', no)).toBe(false)
    expect(tables.see('b', 4, 'gaps', no)).toBe(true)
  })
})

test('tells when the first table that has gaps is to be looked at again', () => {
  let now = 0
  const tables = new NativeTables(() => now)
  tables.see('a', 4, 'complete', no)
  tables.see('never', 4, 'gaps', no)
  expect(tables.untilDropped()).toBeUndefined()
  tables.see('a', 4, 'gaps', no)
  now = 1_000
  tables.see('b', 4, 'gaps', yes)
  expect(tables.untilDropped()).toBe(gapMs - 1_000)
  now = gapMs
  tables.see('a', 4, 'gaps', no)
  expect(tables.untilDropped()).toBe(1_000)
  tables.see('b', 4, 'complete', no)
  expect(tables.untilDropped()).toBeUndefined()
})

test.each<[what: string, end: (tables: NativeTables) => void]>([
  ['serves nothing any more', (tables) => tables.keep([{ tableId: 'a', family: 6 }])],
  ['can’t be read any more', (tables) => void tables.see('a', 4, 'unknown', no)],
])('asks for no look at a table with gaps that %s', (_what, end) => {
  let now = 0
  const tables = new NativeTables(() => now)
  tables.see('a', 4, 'complete', no)
  tables.see('a', 4, 'gaps', no)
  end(tables)
  now = 2 * gapMs
  expect(tables.untilDropped()).toBeUndefined()
})
