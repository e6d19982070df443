import { expect, test } from 'vitest'
import { ManualClock } from '../kube/testing/manual-clock.ts'
import { Bell } from './bell.ts'

test('wakes at a ring, after the time, or when all ends; a ring while nobody waits is kept, once', async () => {
  const clock = new ManualClock()
  const bell = new Bell(clock)
  const stop = new AbortController()
  const woken: string[] = []
  const wait = (what: string): Promise<void> =>
    bell.wait(5_000, stop.signal).then(() => void woken.push(what))

  void wait('by a ring')
  await clock.advance(1_000)
  expect(woken).toEqual([])
  bell.ring()
  await clock.advance(0)
  expect(woken).toEqual(['by a ring'])

  bell.ring()
  bell.ring()
  await wait('by a ring of before')
  void wait('after the time')
  await clock.advance(4_999)
  expect(woken).toHaveLength(2)
  await clock.advance(1)
  expect(woken.at(-1)).toBe('after the time')

  const last = wait('at the end')
  stop.abort()
  await last
  expect(clock.timers).toBe(0)
})
