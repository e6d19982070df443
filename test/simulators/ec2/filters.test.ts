import { describe, expect } from 'vitest'
import { fc, test } from '@fast-check/vitest'
import { type FilterTable, filterRecords } from './filters.ts'
import { readParameters } from './parameters.ts'
import { createState } from './state.ts'

const TABLE: FilterTable<string> = { value: (record) => [record], letters: (record) => Array.from(record) }

function passes(record: string, ...filters: readonly [name: string, ...values: string[]][]): boolean {
  const parameters = new Map<string, string>()
  filters.forEach(([name, ...values], i) => {
    parameters.set(`Filter.${i + 1}.Name`, name)
    values.forEach((value, j) => parameters.set(`Filter.${i + 1}.Value.${j + 1}`, value))
  })
  const tags = { state: createState(), idOf: (id: string) => id }
  return filterRecords([record], readParameters(parameters), TABLE, tags).length === 1
}

describe('a filter value', () => {
  test.each([
    ['abc', 'abc', true],
    ['abc', 'ABC', false],
    ['abc', 'ab', false],
    ['abc', 'a*', true],
    ['abc', '*', true],
    ['', '*', true],
    ['abc', 'a?c', true],
    ['abc', 'a?', false],
    ['a.c', 'a.c', true],
    ['abc', 'a.c', false],
    ['a*c', String.raw`a\*c`, true],
    ['abc', String.raw`a\*c`, false],
    [String.raw`a\c`, String.raw`a\\c`, true],
    ['a\nb', 'a*b', true],
    ['a+(b)[c]{d}^$|', 'a+(b)[c]{d}^$|', true],
  ])('%j against %j: %s', (record, value, expected) => {
    expect(passes(record, ['value', value])).toBe(expected)
  })

  test.prop([fc.string().map((text) => text.replaceAll(/[*?\\]/g, '_'))])(
    'plain text fits itself, whatever it is',
    (text) => {
      expect(passes(text, ['value', text])).toBe(true)
      expect(passes(text, ['value', `${text}x`])).toBe(false)
    },
  )
})

test('values of one filter are alternatives, filters are conditions', () => {
  expect(passes('ab', ['letters', 'x', 'a'])).toBe(true)
  expect(passes('ab', ['letters', 'a'], ['letters', 'b'])).toBe(true)
  expect(passes('ab', ['letters', 'a'], ['letters', 'x'])).toBe(false)
})
