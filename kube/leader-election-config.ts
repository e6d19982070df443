/** All in milliseconds. */
export interface LeaderElectionTimes {
  /** How long the others wait after the last renewal that they saw, before they take over. */
  readonly leaseDurationMs: number
  /** How long after the start of its last successful renewal a leader still leads. */
  readonly renewDeadlineMs: number
  /** From one attempt, to get the lease or to renew it, to the next. */
  readonly retryPeriodMs: number
}

/** As kube-controller-manager: after a crash the next leader is there in 15 to 20 seconds. */
export const defaultLeaderElectionTimes: LeaderElectionTimes = {
  leaseDurationMs: 15_000,
  renewDeadlineMs: 10_000,
  retryPeriodMs: 2_000,
}

/** How much longer than `retryPeriodMs` a wait for the lease may be, as client-go: 2.2 times in all. */
export const jitterFactor = 1.2

/** Times that can't work, or no identity. `message` names the flags, the values, and what would do. */
export class LeaderElectionConfigError extends Error {
  readonly code = 'ERR_LEADER_ELECTION_CONFIG'
  override readonly name = 'LeaderElectionConfigError'
}

/** The rules of client-go's `NewLeaderElector`. @throws LeaderElectionConfigError */
export function checkLeaderElectionTimes(times: LeaderElectionTimes): void {
  const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = times
  const given = [
    ['--leader-elect-lease-duration', leaseDurationMs],
    ['--leader-elect-renew-deadline', renewDeadlineMs],
    ['--leader-elect-retry-period', retryPeriodMs],
  ] as const
  for (const [flag, ms] of given) {
    // The Lease says whole seconds in 32 bits; a timer takes no more than that in milliseconds.
    if (!(ms >= 1 && ms <= 2 ** 31 - 1))
      throw new LeaderElectionConfigError(`${flag}=${shown(ms)}: expected more than 0 and at most 24 days`)
  }
  if (leaseDurationMs <= renewDeadlineMs) {
    throw new LeaderElectionConfigError(
      `--leader-elect-lease-duration=${shown(leaseDurationMs)} must be longer than --leader-elect-renew-deadline=${shown(renewDeadlineMs)}: else another leads before this one has stopped`,
    )
  }
  if (renewDeadlineMs <= retryPeriodMs * jitterFactor) {
    throw new LeaderElectionConfigError(
      `--leader-elect-renew-deadline=${shown(renewDeadlineMs)} must be longer than ${jitterFactor} times --leader-elect-retry-period=${shown(retryPeriodMs)}: else one slow answer loses the lease`,
    )
  }
}

/** More than that no write takes where all is well. */
const longestAttemptMs = 4_000
/** In less no server answers that is not on the same machine. */
const shortestAttemptMs = 100
/** The rest is for what comes between the look at the clock and the sending, and for clocks that go at different speeds. */
const attemptShare = 0.8

/**
 * How long one attempt of a leader's write may take: what was sent just before the renew deadline is given up before
 * another may lead. It is four fifths of the time between the two, and 4 s at most (which is what Kubernetes' usual 10 s
 * and 15 s give). Others wait for whole seconds, as the Lease says them: for no less than `leaseDurationMs`.
 *
 * @throws LeaderElectionConfigError where it is too short for any call
 */
export function attemptTimeoutMs({
  leaseDurationMs,
  renewDeadlineMs,
}: Pick<LeaderElectionTimes, 'leaseDurationMs' | 'renewDeadlineMs'>): number {
  const ms = Math.floor((leaseDurationMs - renewDeadlineMs) * attemptShare)
  if (ms >= shortestAttemptMs) return Math.min(ms, longestAttemptMs)
  const least = shortestAttemptMs / attemptShare
  throw new LeaderElectionConfigError(
    `--leader-elect-lease-duration=${shown(leaseDurationMs)} must be at least ${shown(least)} longer than --leader-elect-renew-deadline=${shown(renewDeadlineMs)}: else a write that is sent just before the deadline has no time to be answered before another leads`,
  )
}

const shown = (ms: number): string => `${ms / 1000}s`
