import { expect, test } from 'vitest'
import {
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
