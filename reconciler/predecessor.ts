import { delay } from '../kube/clock.ts'
import { type ErrorClass, ProviderError } from '../providers/errors.ts'
import type { RouteProvider } from '../providers/provider.ts'
import { type Target, formatTarget } from '../providers/route.ts'
import type { Ledger } from './ledger/ledger.ts'
import type { Waiting } from './open-ledger.ts'

/** A cloud that can't be asked is asked again so soon, and given up after so long. */
const againMs = 2_000
const patienceMs = 60_000

/**
 * Waits for what an earlier leader, or this program before it was started again, has sent to the cloud and not seen the end
 * of, as far as the cloud shows it: what takes effect after the tables were read would go unnoticed until they are read
 * again. Which targets it may concern the ledger knows, since an intent is recorded before its write. Not knowing is no
 * reason to stand still: whatever is missed is drift, and mended as such.
 */
export async function untilPredecessorIsQuiet(
  provider: Pick<RouteProvider, 'untilQuiet'>,
  ledger: Pick<Ledger, 'all'>,
  { clock, log }: Pick<Waiting, 'clock' | 'log'>,
  signal: AbortSignal,
): Promise<void> {
  if (provider.untilQuiet === undefined) return
  const targets = targetsOf(ledger)
  const start = clock.monotonic()
  for (;;) {
    try {
      await provider.untilQuiet(targets, signal)
      return
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error
      if (!passing.has(error.class) || clock.monotonic() - start >= patienceMs) {
        log.warn(
          { err: error, class: error.class },
          'what an earlier leader has begun can’t be seen: going on',
        )
        return
      }
      await delay(clock, againMs, signal)
      signal.throwIfAborted()
    }
  }
}

/** What is over by itself. */
const passing: ReadonlySet<ErrorClass> = new Set(['throttled', 'transient', 'unknown-outcome'])

function targetsOf(ledger: Pick<Ledger, 'all'>): readonly Target[] {
  const all = ledger.all().flatMap(({ previousTargets, target }) => [target, ...previousTargets])
  return [...new Map(all.map((target) => [formatTarget(target), target])).values()]
}
