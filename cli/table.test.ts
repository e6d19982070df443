import { describe, expect, test } from 'vitest'
import { type Column, formatTable } from './table.ts'

const columns: readonly Column<readonly string[]>[] = ['NAME', 'NODE', 'STATE'].map((title, index) => ({
  title,
  of: (row) => row[index] ?? '',
}))

test('columns are as wide as their widest cell, and no line ends with blanks', () => {
  const rows = [
    ['v4-10-244-3-0-24', 'a', 'Held'],
    ['b', 'node-12', ''],
  ]
  expect(formatTable(columns, rows)).toBe(
    [
      'NAME               NODE      STATE',
      'v4-10-244-3-0-24   a         Held',
      'b                  node-12   -',
      '',
    ].join('\n'),
  )
})

test('without rows, the heading', () => {
  expect(formatTable(columns, [])).toBe('NAME   NODE   STATE\n')
})

test('an empty cell in the middle keeps its place', () => {
  expect(formatTable(columns, [['a', ' ', 'b']])).toContain('a      -      b\n')
})

test.each([
  ['a line feed', 'one\ntwo', 'one two'],
  ['the end of a Windows line', 'one\r\ntwo', 'one two'],
  ['an escape sequence', 'one\u001b[31mtwo', 'one [31mtwo'],
  ['an eight-bit escape', 'one\u009btwo', 'one two'],
  ['a line separator', 'one\u2028two', 'one two'],
])('%s stays in its cell', (_name, text, shown) => {
  const lines = formatTable(columns, [[text, 'n', 's']]).split('\n')
  expect(lines).toHaveLength(3)
  expect(lines[1]).toMatch(new RegExp(`^${shown.replace('[', '\\[')} +n +s$`))
})

test('letters outside the basic plane count once', () => {
  expect(formatTable(columns, [['😀', 'n', 's']])).toContain('😀      n      s')
})

describe('a table that is too wide', () => {
  const wide: readonly Column<readonly string[]>[] = [
    { title: 'ID', of: ([id = '']) => id },
    { title: 'RANGE', shorten: 'never', of: ([, range = '']) => range },
    { title: 'WHY', shorten: 'end', of: ([, , why = '']) => why },
  ]
  const rows = [['rtb-0123456789abcdef', '10.244.100.0/24', 'somebody else has changed it']]

  test.each([
    [undefined, 'rtb-0123456789abcdef   10.244.100.0/24   somebody else has changed it'],
    [69, 'rtb-0123456789abcdef   10.244.100.0/24   somebody else has changed it'],
    [60, 'rtb-01234567…abcdef   10.244.100.0/24   somebody else has c…'],
    [50, 'rtb-01234…cdef   10.244.100.0/24   somebody else …'],
    // Less than that tells nothing: the terminal breaks the line.
    [20, 'rtb-0…ef   10.244.100.0/24   somebod…'],
  ])('in %s columns', (columns, line) => {
    expect(formatTable(wide, rows, columns).split('\n')[1]).toBe(line)
  })
})
