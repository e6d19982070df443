export interface BackoffOptions {
  /** First wait, before jitter, in milliseconds. */
  readonly baseMs: number
  /** No wait is longer. */
  readonly maxMs: number
}

/**
 * How long to wait after the `failures`-th failure in a row (from 1): doubles from `baseMs` to `maxMs`, then a random
 * share from half to all of it. Half at least, so that a fault never becomes a storm; random, so that many clients that
 * failed together do not come back together.
 *
 * @param random a number from 0 to below 1
 */
export function backoffMs(failures: number, options: BackoffOptions, random: () => number): number {
  const full = Math.min(options.maxMs, options.baseMs * 2 ** Math.max(0, failures - 1))
  return full / 2 + (full / 2) * random()
}
