import { expect, test } from 'vitest'
import { ManualClock } from '../../kube/testing/manual-clock.ts'
import { TakeOvers } from './take-overs.ts'

test('a file that comes back is taken over three times in ten minutes, and later again', async () => {
  const clock = new ManualClock()
  const takeOvers = new TakeOvers(clock)
  for (let round = 0; round < 3; round++) {
    expect(takeOvers.mayTake('00-net.conf')).toBe(true)
    takeOvers.took('00-net.conf')
    await clock.advance(5_000)
  }
  expect(takeOvers.mayTake('00-net.conf')).toBe(false)
  expect(takeOvers.mayTake('01-net.conf')).toBe(true)
  await clock.advance(600_000)
  expect(takeOvers.mayTake('00-net.conf')).toBe(true)
})
