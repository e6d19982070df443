import { test as property, fc } from '@fast-check/vitest'
import { expect } from 'vitest'
import { backoffMs } from './backoff.ts'

property.prop([
  fc.integer({ min: 1, max: 2000 }),
  fc.integer({ min: 1, max: 10_000 }),
  fc.integer({ min: 1, max: 1000 }),
  fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
])('at least half the base, never over the maximum, never shrinking', (failures, baseMs, factor, random) => {
  const options = { baseMs, maxMs: baseMs * factor }
  const ms = backoffMs(failures, options, () => random)
  expect(ms).toBeGreaterThanOrEqual(baseMs / 2)
  expect(ms).toBeLessThanOrEqual(options.maxMs)
  expect(backoffMs(failures + 1, options, () => random)).toBeGreaterThanOrEqual(ms)
})
