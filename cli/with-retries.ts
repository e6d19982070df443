import pRetry from 'p-retry'
import { isGone, isKubeError, isRetryable } from '../kube/errors.ts'
import { ProviderError } from '../providers/errors.ts'

export interface Waits {
  /** Attempts after the first. */
  readonly retries: number
  /** Before the second attempt, in milliseconds; each further wait is twice as long. */
  readonly firstMs: number
}

/** Seven seconds in all: a person waits for it. */
export const commandWaits: Waits = { retries: 4, firstMs: 500 }

/**
 * One call of a command that a person waits for: again where the cloud or the API server says that it may go better in a
 * moment, and nothing was written. Only for work that may be done twice. The controller has its queue instead.
 */
export function withRetries<T>(work: () => Promise<T>, waits: Waits, signal: AbortSignal): Promise<T> {
  return pRetry(work, {
    retries: waits.retries,
    minTimeout: waits.firstMs,
    randomize: true,
    signal,
    shouldRetry: ({ error }) => mayGoBetter(error),
  })
}

function mayGoBetter(error: Error): boolean {
  if (error instanceof ProviderError) return error.class === 'throttled' || error.class === 'transient'
  // A list that took too long: from the start again.
  if (isGone(error)) return true
  // Without an answer it is an address or a credential that is wrong, more often than a server that is away.
  return isKubeError(error) && isRetryable(error) && error.status !== 0
}
