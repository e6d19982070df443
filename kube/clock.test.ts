import { expect, test } from 'vitest'
import { delay, systemClock } from './clock.ts'
import { ManualClock } from './testing/manual-clock.ts'

test('delay ends by the clock', async () => {
  const clock = new ManualClock()
  let ended = false
  const waiting = delay(clock, 100, new AbortController().signal).then(() => (ended = true))
  await clock.advance(99)
  expect(ended).toBe(false)
  await clock.advance(1)
  expect(await waiting).toBe(true)
})

test('delay ends by an abort, and leaves no timer', async () => {
  const clock = new ManualClock()
  const stop = new AbortController()
  const waiting = delay(clock, 100, stop.signal)
  stop.abort()
  await waiting
  await delay(clock, 100, stop.signal)
  expect(clock.timers).toBe(0)
})

test('the manual clock calls in the order of due times, also what a callback or its continuation sets', async () => {
  const clock = new ManualClock()
  const calls: string[] = []
  const call = (name: string, ms: number, then?: () => void) =>
    clock.setTimeout(() => {
      calls.push(`${name} ${clock.monotonic()}`)
      then?.()
    }, ms)
  call('late', 30)
  call('early', 10, () => void Promise.resolve().then(() => call('set by early', 5)))
  call('early too', 10)
  call('cancelled', 20).cancel()
  call('beyond', 31)
  const before = clock.now()
  await clock.advance(30)
  expect(calls).toEqual(['early 10', 'early too 10', 'set by early 15', 'late 30'])
  expect([clock.now() - before, clock.timers, clock.untilNext]).toEqual([30, 1, 1])
})

test('the system clock calls once, and not what was cancelled', async () => {
  const start = systemClock.monotonic()
  const calls: string[] = []
  systemClock.setTimeout(() => calls.push('cancelled'), 0).cancel()
  const timer = await new Promise<ReturnType<typeof systemClock.setTimeout>>((resolve) => {
    const last = systemClock.setTimeout(() => resolve(last), 1)
  })
  timer.cancel()
  expect(calls).toEqual([])
  expect(systemClock.monotonic()).toBeGreaterThan(start)
  expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1000)
})
