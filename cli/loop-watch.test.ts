import { expect, test } from 'vitest'
import { ManualClock } from '../kube/testing/manual-clock.ts'
import { LoopWatch, memoryMs, stallMs } from './loop-watch.ts'

test('a loop that runs has no fault', async () => {
  const clock = new ManualClock()
  const watch = new LoopWatch(clock)
  await clock.advance(3_600_000)
  expect(watch.faults()).toEqual([])
})

test('a stall is told at once, and forgotten after a while', async () => {
  const clock = new ManualClock()
  const watch = new LoopWatch(clock)
  await clock.advance(5_000)
  clock.standStill(stallMs + 2_000)
  expect(watch.faults()).toEqual(['the event loop stood still for 11 s'])
  await clock.advance(memoryMs)
  expect(watch.faults()).toEqual(['the event loop stood still for 11 s'])
  await clock.advance(1)
  expect(watch.faults()).toEqual([])
})

test('a short one is none', async () => {
  const clock = new ManualClock()
  const watch = new LoopWatch(clock)
  clock.standStill(stallMs)
  expect(watch.faults()).toEqual([])
  await clock.advance(0)
  expect(watch.faults()).toEqual([])
})

test('one that nobody asked about meanwhile is remembered', async () => {
  const clock = new ManualClock()
  const watch = new LoopWatch(clock)
  clock.standStill(60_000)
  await clock.advance(5_000)
  expect(watch.faults()).toEqual(['the event loop stood still for 59 s'])
})

test('it lets go of its timer', () => {
  const clock = new ManualClock()
  new LoopWatch(clock).stop()
  expect(clock.timers).toBe(0)
})
