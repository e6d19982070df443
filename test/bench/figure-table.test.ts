import { expect, test } from 'vitest'
import { figure, figureTable } from './figure-table.ts'

test('names stand to the left, figures to the right, what has no meaning is blank', () => {
  const table = figureTable(
    ['', 'ms', 'ratio'],
    [
      ['process start', '2.61', '0.55'],
      ['ADD', '1665', null],
    ],
  )
  expect(table).toBe(
    [
      '                 ms  ratio',
      '──────────────────────────',
      'process start  2.61   0.55',
      'ADD            1665',
    ].join('\n'),
  )
})

test.each([
  [1664.6, '1665'],
  [100, '100'],
  [28.14, '28.1'],
  [5, '5.00'],
  [0.3456, '0.346'],
  [0.01234, '0.0123'],
  [0, '0'],
])('%d is written %s', (value, text) => {
  expect(figure(value)).toBe(text)
})
