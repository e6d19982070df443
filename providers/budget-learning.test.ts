import { describe, expect, test } from 'vitest'
import type { ErrorClass } from './errors.ts'
import { BudgetBench, failure, never } from './testing/budget-bench.ts'

describe('a refusal', () => {
  test('empties that bucket and halves its refill; the others go on', async () => {
    const bench = new BudgetBench()
    await bench.refused('CreateRoute')
    expect(bench.budget.readyInMs('DeleteRoute')).toBe(0)
    bench.started.length = 0
    bench.askAll(100, 'CreateRoute')
    await bench.clock.advance(0)
    expect(bench.started).toHaveLength(0)
    await bench.clock.advance(2_000)
    // 5/s × (½·2 + 4/240) = 5.08
    expect(bench.started).toHaveLength(5)
  })

  test('is made good for with time, up to the share and no further', async () => {
    const bench = new BudgetBench({ share: 0.8 })
    await bench.refused('CreateRoute')
    await bench.clock.advance(60_000)
    bench.started.length = 0
    bench.askAll(200, 'CreateRoute')
    await bench.clock.advance(0)
    expect(bench.started).toHaveLength(40)
    await bench.clock.advance(10_000)
    expect(bench.started).toHaveLength(80)
  })

  test('the calls under way at the first one are one decrease together', async () => {
    const bench = new BudgetBench()
    const refused = Promise.withResolvers<never>()
    const calls = Array.from({ length: 20 }, () =>
      bench.budget.run('CreateRoute', never, () => refused.promise),
    )
    await bench.clock.advance(0)
    refused.reject(failure('throttled'))
    await Promise.allSettled(calls)
    // 2.5/s, not 5/2²⁰/s.
    expect(bench.budget.readyInMs('CreateRoute')).toBeLessThanOrEqual(400)
    await bench.clock.advance(400)
    await bench.refused('CreateRoute')
    expect(bench.budget.readyInMs('CreateRoute')).toBeGreaterThan(750)
  })

  test('what was reserved before it knows nothing of it either', async () => {
    const bench = new BudgetBench()
    using permit = await bench.budget.reserve('CreateRoute', never)
    await bench.refused('CreateRoute')
    const late = failure('throttled')
    await expect(permit.run(() => Promise.reject(late))).rejects.toBe(late)
    expect(bench.budget.readyInMs('CreateRoute')).toBeLessThanOrEqual(400)
  })

  test('with a time to wait: nothing of that action until then, even of one that came late', async () => {
    const bench = new BudgetBench()
    using permit = await bench.budget.reserve('CreateRoute', never)
    await bench.refused('CreateRoute', 3_000)
    expect(bench.budget.readyInMs('CreateRoute')).toBeGreaterThanOrEqual(3_000)
    const late = failure('throttled', 5_000)
    await expect(permit.run(() => Promise.reject(late))).rejects.toBe(late)
    expect(bench.budget.readyInMs('CreateRoute')).toBeGreaterThanOrEqual(5_000)
    bench.started.length = 0
    bench.askAll(3, 'CreateRoute')
    await bench.clock.advance(4_999)
    expect(bench.started).toEqual([])
    await bench.clock.advance(2_000)
    expect(bench.started).toHaveLength(3)
  })

  test('while others wait: they go on at the lower rate', async () => {
    const bench = new BudgetBench()
    const refused = Promise.withResolvers<never>()
    const first = bench.budget.run('DeleteRoute', never, () => refused.promise)
    bench.askAll(4)
    await bench.clock.advance(500)
    refused.reject(failure('throttled'))
    await expect(first).rejects.toThrow('throttled')
    await bench.clock.advance(10_000)
    const [, ...rest] = bench.started.map((line) => Number.parseFloat(line))
    expect(rest).toHaveLength(3)
    // Half a second was regained and lost again; from there on it takes two a call, and slowly less.
    expect(rest[0]).toBeGreaterThan(2.4)
    expect(rest[0]).toBeLessThanOrEqual(2.5)
    expect(bench.clock.timers).toBe(0)
  })

  test.each<ErrorClass>(['transient', 'quota', 'changed', 'unauthorized', 'unknown-outcome'])(
    'of class %s says nothing about the bucket',
    async (errorClass) => {
      const bench = new BudgetBench()
      const error = failure(errorClass)
      await expect(bench.ask('x', 'CreateRoute', error)).rejects.toBe(error)
      expect(bench.budget.readyInMs('CreateRoute')).toBe(0)
    },
  )
})
