import { isKubeError, isRetryable } from '../../kube/errors.ts'
import { WorkQueue } from '../../kube/work-queue.ts'
import { ProviderError } from '../../providers/errors.ts'
import type { Outcome, RouteProvider } from '../../providers/provider.ts'
import { type Retry, retryOf } from '../../reconciler/apply/retry.ts'
import { RecordChangedError } from '../../reconciler/ledger/ledger.ts'
import { type DestinationKey, destinationKey } from '../../reconciler/ledger/record.ts'
import { readTables } from '../survey/read-tables.ts'
import type { RouteSurvey } from '../survey/survey.ts'
import type { Waits } from '../with-retries.ts'
import { type RouteHandsParts, routeHands } from './route-hands.ts'

export interface CarryOutParts extends Omit<RouteHandsParts, 'state' | 'onTurn' | 'onOutcome'> {
  readonly waits: Waits
  /** A number from 0 to below 1. */
  readonly random: () => number
  /** How many destinations are worked on at a time. */
  readonly atOnce: number
  /** Told of each destination that is done with, well or not. */
  readonly onDone: (done: number, all: number) => void
}

/** What became of it. */
export interface CarriedOut {
  /** What the cloud last answered, by {@link changeKey}; nothing of what was not written. */
  readonly outcomes: ReadonlyMap<string, Outcome>
  /** Why nothing more is tried for a destination, where that is no cloud's refusal of a change. */
  readonly failures: ReadonlyMap<DestinationKey, string>
}

export const changeKey = (tableId: string, key: DestinationKey): string => `${tableId} ${key}`

/** A cloud that says "come again" after more than that is asked again by a person. */
const longestWaitMs = 30_000

/**
 * Brings every destination of the survey to what it should be, as the controller does it: the intent is recorded before the
 * call, one destination is done one step after the other, different ones in parallel, within the API's budget. What fails is
 * tried again where that helps, a few times. Killed at any moment, it is enough to begin anew: with another survey.
 *
 * Rejects if it can't go on at all (`fatal`, a ledger that can't be written), and with the signal's reason.
 */
export async function carryOut(
  survey: RouteSurvey,
  parts: CarryOutParts,
  signal: AbortSignal,
): Promise<CarriedOut> {
  const { atOnce, clock, onDone, provider, random, waits } = parts
  const { state } = survey
  const outcomes = new Map<string, Outcome>()
  const failures = new Map<DestinationKey, string>()
  const left = new Set(survey.destinations.map(({ key }) => key))
  const all = left.size
  const backoff = { baseMs: waits.firstMs, maxMs: longestWaitMs }
  const queue = new WorkQueue<DestinationKey>({ clock, random, backoff })
  const end = new AbortController()
  const stopped = AbortSignal.any([signal, end.signal])
  const hands = routeHands(
    {
      ...parts,
      state,
      onTurn: (key) => queue.add(key),
      onOutcome: ({ change, outcome, table }) =>
        outcomes.set(changeKey(table.id, destinationKey(change.destination)), outcome),
    },
    signal,
  )
  const reread = rereading(survey, { provider, waits }, signal)

  const finish = (key: DestinationKey): void => {
    queue.forget(key)
    if (!left.delete(key)) return
    onDone(all - left.size, all)
    if (left.size === 0) end.abort()
  }
  const again = async (key: DestinationKey, retry: Retry): Promise<void> => {
    if (retry.kind === 'turn') return
    const isTooLong =
      retry.kind === 'after' && (retry.ms > longestWaitMs || !isThrottled(key, outcomes, survey))
    if (retry.kind === 'never' || isTooLong || queue.failures(key) >= waits.retries) {
      finish(key)
      return
    }
    if (retry.kind === 'reread') await reread()
    queue.retry(key)
    if (retry.kind === 'after') queue.addAfter(key, retry.ms)
  }
  const work = async (key: DestinationKey): Promise<void> => {
    try {
      const retry = await hands.reconcile(key, signal)
      failures.delete(key)
      if (retry === undefined) finish(key)
      else await again(key, retry)
    } catch (error) {
      signal.throwIfAborted()
      const retry = retryAfter(error)
      if (retry === undefined) throw error
      failures.set(key, error instanceof Error ? error.message : String(error))
      await again(key, retry)
    }
  }
  if (all === 0) return { outcomes, failures }
  for (const key of left) queue.add(key)
  try {
    const lane = async (): Promise<void> => {
      for (let key = await queue.next(stopped); key !== undefined; key = await queue.next(stopped)) {
        try {
          await work(key)
        } catch (error) {
          // The others end what they have begun.
          end.abort()
          throw error
        } finally {
          queue.done(key)
        }
      }
    }
    const ended = await Promise.allSettled(Array.from({ length: Math.min(atOnce, all) }, lane))
    const failed = ended.find(({ status }) => status === 'rejected')
    if (failed?.status === 'rejected') throw failed.reason
  } finally {
    end.abort()
    queue.shutDown()
  }
  signal.throwIfAborted()
  return { outcomes, failures }
}

/** Undefined of what is no failure of this one destination. */
function retryAfter(error: unknown): Retry | undefined {
  if (error instanceof ProviderError) return error.class === 'fatal' ? undefined : retryOf(error)
  if (error instanceof RecordChangedError) return { kind: 'soon' }
  if (isKubeError(error)) return isRetryable(error) ? { kind: 'soon' } : { kind: 'never' }
  return undefined
}

/** Whether all that a cloud has refused of the destination it may take in a moment. */
function isThrottled(
  key: DestinationKey,
  outcomes: ReadonlyMap<string, Outcome>,
  { tables }: RouteSurvey,
): boolean {
  const failed = tables.flatMap(({ table }) => {
    const outcome = outcomes.get(changeKey(table.id, key))
    return outcome?.result === 'failed' ? [outcome.error] : []
  })
  return failed.length > 0 && failed.every((error) => error.class === 'throttled')
}

/** Reads all tables anew; whoever asks while that goes on has the answer of the next reading. */
function rereading(
  { state, tables }: RouteSurvey,
  reader: { readonly provider: RouteProvider; readonly waits: Waits },
  signal: AbortSignal,
): () => Promise<void> {
  const read = async (): Promise<void> => {
    const mark = state.tables.mark()
    const readings = await readTables(
      reader,
      tables.map(({ table }) => table),
      signal,
    )
    for (const { snapshot, table } of readings)
      if (snapshot !== undefined) state.tables.load(table.id, snapshot, mark)
  }
  let running: Promise<void> = Promise.resolve()
  let next: Promise<void> | undefined
  return () => {
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined
        running = read()
        return running
      })
    return next
  }
}
