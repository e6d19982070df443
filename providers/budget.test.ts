import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { BudgetBench, failure, never } from './testing/budget-bench.ts'

describe('turns', () => {
  test('at once while the burst lasts, then at the rate, in the order of arrival', async () => {
    const bench = new BudgetBench()
    bench.askAll(5)
    await bench.clock.advance(10_000)
    expect(bench.started).toEqual(['0s 0', '0s 1', '1s 2', '2s 3', '3s 4'])
    expect(bench.clock.timers).toBe(0)
  })

  test('who comes later does not get in before those who wait', async () => {
    const bench = new BudgetBench()
    bench.askAll(4)
    await bench.clock.advance(1_500)
    void bench.ask('late')
    await bench.clock.advance(5_000)
    expect(bench.started).toEqual(['0s 0', '0s 1', '1s 2', '2s 3', '3s late'])
  })

  // Deletes must not starve creates, nor the other way round.
  test('one action never waits for another', async () => {
    const bench = new BudgetBench()
    bench.askAll(100, 'DeleteRoute')
    await bench.ask('create', 'CreateRoute')
    await bench.ask('unlisted', 'DescribeVpcs')
    await bench.ask('unlisted too', 'DescribeSubnets')
    const others = bench.started.filter((line) => !/ \d+$/.test(line))
    expect(others).toEqual(['0s create', '0s unlisted', '0s unlisted too'])
  })

  test('an unlisted action has a bucket of its own', async () => {
    const bench = new BudgetBench()
    bench.askAll(10, 'DescribeVpcs')
    bench.askAll(10, 'DescribeSubnets')
    await bench.clock.advance(0)
    expect(bench.started).toHaveLength(20)
    bench.askAll(1, 'DescribeVpcs')
    await bench.clock.advance(99)
    expect(bench.started).toHaveLength(20)
    await bench.clock.advance(1)
    expect(bench.started).toHaveLength(21)
  })

  test.each<[share: number, atOnce: number, afterTenSeconds: number]>([
    [1, 50, 100],
    [0.8, 40, 80],
    [0.01, 1, 1],
  ])('a share of %d is one of the burst and of the refill', async (share, atOnce, afterTenSeconds) => {
    const bench = new BudgetBench({ share })
    bench.askAll(200, 'CreateRoute')
    await bench.clock.advance(0)
    expect(bench.started).toHaveLength(atOnce)
    await bench.clock.advance(10_000)
    expect(bench.started).toHaveLength(afterTenSeconds)
  })

  test.each([0, -1, 101, NaN])('a share of %d is none', (share) => {
    expect(() => new BudgetBench({ share })).toThrow(RangeError)
  })

  test('the answer, and the failure, are those of the call, which is made once', async () => {
    const { budget } = new BudgetBench()
    const lost = failure('unknown-outcome')
    let calls = 0
    const call = (): Promise<never> => {
      calls++
      return Promise.reject(lost)
    }
    await expect(budget.run('CreateRoute', never, () => Promise.resolve(7))).resolves.toBe(7)
    await expect(budget.run('CreateRoute', never, call)).rejects.toBe(lost)
    expect(calls).toBe(1)
  })
})

describe('an abort', () => {
  const reason = new Error('the lease is lost')

  test('before: nothing is called, no token is taken', async () => {
    const { budget } = new BudgetBench()
    const call = (): Promise<void> => Promise.reject(new Error('called'))
    await expect(budget.run('DeleteRoute', AbortSignal.abort(reason), call)).rejects.toBe(reason)
    expect(budget.readyInMs('DeleteRoute')).toBe(0)
  })

  test('while it waits: out of the line, and those behind move up', async () => {
    const bench = new BudgetBench()
    const controller = new AbortController()
    bench.askAll(2)
    const aborted = bench.budget.run('DeleteRoute', controller.signal, () => Promise.resolve())
    void bench.ask('behind')
    expect(bench.budget.readyInMs('DeleteRoute')).toBe(3_000)
    controller.abort(reason)
    await expect(aborted).rejects.toBe(reason)
    expect(bench.budget.readyInMs('DeleteRoute')).toBe(2_000)
    await bench.clock.advance(1_000)
    expect(bench.started.at(-1)).toBe('1s behind')
  })

  test('of all who wait: no timer is left', async () => {
    const bench = new BudgetBench()
    const controller = new AbortController()
    bench.askAll(2)
    const waiting = [1, 2, 3].map(() =>
      bench.budget.run('DeleteRoute', controller.signal, () => Promise.resolve()),
    )
    controller.abort(reason)
    expect(await Promise.allSettled(waiting)).toEqual(Array(3).fill({ status: 'rejected', reason }))
    expect(bench.clock.timers).toBe(0)
  })

  test('in the moment of its turn: it is not called, and the next one is', async () => {
    const bench = new BudgetBench()
    const controller = new AbortController()
    const held = await bench.budget.reserve('DeleteRoute', never)
    bench.askAll(1)
    let called = false
    const aborted = bench.budget.run('DeleteRoute', controller.signal, () => {
      called = true
      return Promise.resolve()
    })
    void bench.ask('next')
    held[Symbol.dispose]()
    controller.abort(reason)
    await expect(aborted).rejects.toBe(reason)
    expect(called).toBe(false)
    expect(bench.started).toEqual(['0s 0', '0s next'])
  })
})

describe('a reserved turn', () => {
  test('that is given back is the next one’s at once', async () => {
    const bench = new BudgetBench()
    const first = await bench.budget.reserve('DeleteRoute', never)
    const second = await bench.budget.reserve('DeleteRoute', never)
    void bench.ask('waits')
    await bench.clock.advance(0)
    expect(bench.started).toEqual([])
    first[Symbol.dispose]()
    first[Symbol.dispose]()
    await bench.clock.advance(0)
    expect(bench.started).toEqual(['0s waits'])
    await second.run(() => Promise.resolve())
    second[Symbol.dispose]()
    expect(bench.budget.readyInMs('DeleteRoute')).toBe(1_000)
  })

  test('is for one call', async () => {
    const permit = await new BudgetBench().budget.reserve('DeleteRoute', never)
    await permit.run(() => Promise.resolve())
    await expect(permit.run(() => Promise.resolve())).rejects.toThrow('is used for two')
  })
})

describe('when a call could start', () => {
  test('counts those who wait already', async () => {
    const bench = new BudgetBench()
    const ready = (): number => bench.budget.readyInMs('DeleteRoute')
    expect(ready()).toBe(0)
    bench.askAll(2)
    expect(ready()).toBe(1_000)
    bench.askAll(3)
    expect(ready()).toBe(4_000)
    await bench.clock.advance(2_500)
    expect(ready()).toBe(1_500)
    expect(bench.budget.readyInMs('CreateRoute')).toBe(0)
    await bench.clock.advance(60_000)
    expect(ready()).toBe(0)
  })
})

test('the observer hears of waits, of results and of how long they took', async () => {
  const heard: string[] = []
  const bench = new BudgetBench({
    observe: {
      onWait: (action, ms) => void heard.push(`${action} waited ${ms}`),
      onCall: (action, result, ms) => void heard.push(`${action} ${result} ${ms}`),
    },
  })
  bench.askAll(2)
  await bench.clock.advance(0)
  void bench.budget.run(
    'DeleteRoute',
    never,
    () => new Promise<void>((resolve) => void bench.clock.setTimeout(resolve, 30)),
  )
  await bench.clock.advance(2_000)
  await bench.refused('CreateRoute')
  const reason = new Error('stopped')
  await expect(bench.budget.run('CreateVpc', never, () => Promise.reject(reason))).rejects.toBe(reason)
  expect(heard).toEqual([
    'DeleteRoute ok 0',
    'DeleteRoute ok 0',
    'DeleteRoute waited 1000',
    'DeleteRoute ok 30',
    'CreateRoute throttled 0',
  ])
})

property.prop(
  [
    fc.array(
      fc.record({
        waitMs: fc.nat(2_000),
        calls: fc.nat(8),
        abort: fc.boolean(),
        refused: fc.boolean(),
      }),
      { maxLength: 12 },
    ),
  ],
  { numRuns: 50 },
)('whatever comes: in order, within the limits, each one’s turn comes when it was said', async (steps) => {
  const bench = new BudgetBench()
  const begun: { readonly id: number; readonly at: number; readonly promised: number }[] = []
  const settled: Promise<unknown>[] = []
  let asked = 0
  const aborted = new Set<number>()
  let refusals = 0
  for (const step of steps) {
    await bench.clock.advance(step.waitMs)
    for (let i = 0; i < step.calls; i++) {
      const id = asked++
      const controller = new AbortController()
      const promised = bench.clock.monotonic() + bench.budget.readyInMs('DeleteRoute')
      const run = bench.budget.run('DeleteRoute', controller.signal, () => {
        begun.push({ id, at: bench.clock.monotonic(), promised })
        return step.refused ? Promise.reject(failure('throttled')) : Promise.resolve()
      })
      if (step.refused) refusals++
      if (step.abort && i % 2 === 1) {
        controller.abort()
        aborted.add(id)
      }
      settled.push(run.catch(() => undefined))
    }
  }
  await bench.clock.advance(3_600_000)
  await Promise.all(settled)

  const ids = begun.map(({ id }) => id)
  expect(ids).toEqual([...ids].sort((a, b) => a - b))
  for (let id = 0; id < asked; id++) if (!aborted.has(id)) expect(ids).toContain(id)
  for (const [first, { at: from }] of begun.entries())
    for (const [last, { at: to }] of begun.entries())
      if (last >= first) expect(last - first + 1).toBeLessThanOrEqual(2 + (to - from) / 1000 + 1e-6)
  if (refusals === 0) for (const { at, promised } of begun) expect(at).toBeLessThanOrEqual(promised + 1)
  expect(bench.clock.timers).toBe(0)
})
