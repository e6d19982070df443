import { expect, test } from 'vitest'
import { secondTime } from './second-time.ts'

test.each([
  [0, '1970-01-01T00:00:00Z'],
  [1_767_225_600_999, '2026-01-01T00:00:00Z'],
])('%i is %s', (ms, text) => {
  expect(secondTime(ms)).toBe(text)
})
