import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { quantile, ratioOf } from './statistics.ts'

describe('quantile', () => {
  test.each([
    { name: 'one value is all of them', values: [7], share: 0.95, expected: 7 },
    { name: 'the median of an odd number', values: [9, 1, 5], share: 0.5, expected: 5 },
    { name: 'the median of an even number lies between', values: [4, 1, 3, 2], share: 0.5, expected: 2.5 },
    {
      name: 'numbers are sorted as numbers',
      values: [10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 100],
      share: 1,
      expected: 100,
    },
    { name: 'p95 of 0 … 100', values: Array.from({ length: 101 }, (_, i) => i), share: 0.95, expected: 95 },
  ])('$name', ({ values, share, expected }) => {
    expect(quantile(values, share)).toBeCloseTo(expected, 10)
  })

  test('of nothing is an error', () => {
    expect(() => quantile([], 0.5)).toThrow('nothing')
  })

  const values = fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1 })
  property.prop([values, fc.double({ min: 0, max: 1, noNaN: true })])(
    'lies between the extremes, and leaves its input alone',
    (numbers, share) => {
      const before = [...numbers]
      const value = quantile(numbers, share)
      expect(value).toBeGreaterThanOrEqual(Math.min(...numbers))
      expect(value).toBeLessThanOrEqual(Math.max(...numbers))
      expect(numbers).toEqual(before)
    },
  )
})

describe('ratioOf', () => {
  test('gives the quartiles of the ratios of the rounds', () => {
    const { low, median, high } = ratioOf([1, 2, 3, 4, 5], [10, 10, 10, 10, 10])
    expect(low).toBeCloseTo(0.2, 10)
    expect(median).toBeCloseTo(0.3, 10)
    expect(high).toBeCloseTo(0.4, 10)
  })

  test('a machine that becomes ten times slower meanwhile changes nothing', () => {
    expect(ratioOf([1, 1, 10, 10], [2, 2, 20, 20])).toEqual({ low: 0.5, median: 0.5, high: 0.5 })
  })

  test('rounds that one side lacks are an error', () => {
    expect(() => ratioOf([1, 2], [1])).toThrow('both sides')
  })
})
