import { backoffMs } from '../kube/backoff.ts'
import { type Clock, delay } from '../kube/clock.ts'
import { isKubeError } from '../kube/errors.ts'
import { FailureLog } from '../kube/failure-log.ts'
import type { Logger } from '../kube/log.ts'
import type { Ledger } from './ledger/ledger.ts'

const backoff = { baseMs: 250, maxMs: 30_000 }

export interface Waiting {
  readonly clock: Clock
  readonly random: () => number
  readonly log: Logger
}

/**
 * Reads the ledger as soon as the API server lets us: a controller may well start before it, and one that has just started
 * denies for a moment what it is going to allow. Rejects with what waiting does not mend (NodeRoutes are not defined).
 * Resolves early, with nothing read, after an abort.
 */
export async function openLedger(
  ledger: Ledger,
  { clock, random, log }: Waiting,
  signal: AbortSignal,
): Promise<void> {
  const told = new FailureLog<'ledger'>(log)
  for (let failures = 1; !signal.aborted; failures++) {
    try {
      await ledger.open(signal)
      return
    } catch (error) {
      if (!isKubeError(error)) throw error
      const waitMs = Math.round(backoffMs(failures, backoff, random))
      told.tell('ledger', {
        level: 'warn',
        what: String(error),
        fields: { err: error, failures, waitMs },
        message: 'the ledger could not be read: trying again',
      })
      await delay(clock, waitMs, signal)
    }
  }
}
