import pRetry from 'p-retry'
import { isRetryable } from '../kube/errors.ts'
import type { Logger } from '../kube/log.ts'
import type { Ledger } from './ledger/ledger.ts'

const firstWaitMs = 250
const longestWaitMs = 30_000

/**
 * Reads the ledger once the API server answers: a controller may well start before it, or before the way to it is there.
 * Rejects with what waiting does not mend (no permission, no definition), or with the signal's reason.
 */
export async function openLedger(ledger: Ledger, log: Logger, signal: AbortSignal): Promise<void> {
  await pRetry(() => ledger.open(signal), {
    retries: Infinity,
    minTimeout: firstWaitMs,
    maxTimeout: longestWaitMs,
    randomize: true,
    signal,
    shouldRetry: ({ error }) => isRetryable(error),
    onFailedAttempt: ({ error, attemptNumber }) => {
      log.warn({ err: error, attempt: attemptNumber }, 'the ledger could not be read')
    },
  })
}
