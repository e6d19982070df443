import { expect } from 'vitest'
import { fc, test } from '@fast-check/vitest'
import {
  attemptTimeoutMs,
  checkLeaderElectionTimes,
  defaultLeaderElectionTimes,
  LeaderElectionConfigError,
  type LeaderElectionTimes,
} from './leader-election-config.ts'

test.each<readonly [string, Partial<LeaderElectionTimes>]>([
  ['the defaults', {}],
  ['just long enough', { leaseDurationMs: 10_001, renewDeadlineMs: 10_000, retryPeriodMs: 8_333 }],
  ['short, for a test', { leaseDurationMs: 300, renewDeadlineMs: 200, retryPeriodMs: 50 }],
])('%s are accepted', (_, times) => {
  expect(() => checkLeaderElectionTimes({ ...defaultLeaderElectionTimes, ...times })).not.toThrow()
})

test.each<readonly [string, Partial<LeaderElectionTimes>, string]>([
  [
    'a lease that ends at the deadline',
    { leaseDurationMs: 10_000 },
    '--leader-elect-lease-duration=10s must be longer than --leader-elect-renew-deadline=10s: else another leads before this one has stopped',
  ],
  [
    'a deadline that one late renewal misses',
    { retryPeriodMs: 8_334 },
    '--leader-elect-renew-deadline=10s must be longer than 1.2 times --leader-elect-retry-period=8.334s: else one slow answer loses the lease',
  ],
  [
    'no time at all',
    { retryPeriodMs: 0 },
    '--leader-elect-retry-period=0s: expected more than 0 and at most 24 days',
  ],
  [
    'less than that',
    { renewDeadlineMs: -1 },
    '--leader-elect-renew-deadline=-0.001s: expected more than 0 and at most 24 days',
  ],
  [
    'no number',
    { leaseDurationMs: Number.NaN },
    '--leader-elect-lease-duration=NaNs: expected more than 0 and at most 24 days',
  ],
  [
    'more than a timer takes',
    { leaseDurationMs: 2 ** 31 },
    '--leader-elect-lease-duration=2147483.648s: expected more than 0 and at most 24 days',
  ],
])('%s is refused, with the names of the flags', (_, times, message) => {
  const check = (): void => checkLeaderElectionTimes({ ...defaultLeaderElectionTimes, ...times })
  expect(check).toThrow(LeaderElectionConfigError)
  expect(check).toThrow(message)
})

test.each<readonly [string, leaseDurationMs: number, renewDeadlineMs: number, attemptMs: number]>([
  ['the defaults', 15_000, 10_000, 4_000],
  ['a longer lease: no write needs more', 60_000, 10_000, 4_000],
  ['a lease of a second', 1_000, 600, 320],
  ['as close as they may be', 10_125, 10_000, 100],
])('how long an attempt may take, of %s', (_, leaseDurationMs, renewDeadlineMs, attemptMs) => {
  expect(attemptTimeoutMs({ leaseDurationMs, renewDeadlineMs })).toBe(attemptMs)
})

test.prop([fc.integer({ min: 1, max: 600_000 }), fc.integer({ min: 1, max: 600_000 })])(
  'what is sent at the deadline is given up before another may lead, or the times are refused',
  (leaseDurationMs, renewDeadlineMs) => {
    let attemptMs: number
    try {
      attemptMs = attemptTimeoutMs({ leaseDurationMs, renewDeadlineMs })
    } catch (error) {
      expect(error).toBeInstanceOf(LeaderElectionConfigError)
      expect(leaseDurationMs - renewDeadlineMs).toBeLessThan(125)
      return
    }
    expect(attemptMs).toBeGreaterThanOrEqual(100)
    expect(renewDeadlineMs + attemptMs).toBeLessThan(leaseDurationMs)
  },
)

test('a deadline so close to the end of the lease that no write has time to be answered', () => {
  const times = { leaseDurationMs: 1_000, renewDeadlineMs: 900 }
  expect(() => attemptTimeoutMs(times)).toThrow(LeaderElectionConfigError)
  expect(() => attemptTimeoutMs(times)).toThrow(
    '--leader-elect-lease-duration=1s must be at least 0.125s longer than --leader-elect-renew-deadline=0.9s: ',
  )
})
