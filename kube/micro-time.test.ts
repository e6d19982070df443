import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { microTime } from './micro-time.ts'

// https://github.com/kubernetes-client/javascript/issues/828, https://github.com/kubernetes-client/javascript/pull/830,
// https://github.com/kubernetes/kubernetes/pull/141204
test.each([
  [0, '1970-01-01T00:00:00.000000Z'],
  [Date.UTC(2026, 0, 2, 3, 4, 5, 6), '2026-01-02T03:04:05.006000Z'],
])('%d has six digits', (ms, expected) => {
  expect(microTime(ms)).toBe(expected)
})

property.prop([
  fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }),
])('names the same moment, always at the same length', (date) => {
  expect(Date.parse(microTime(date.getTime()))).toBe(date.getTime())
  expect(microTime(date.getTime())).toHaveLength(27)
})
