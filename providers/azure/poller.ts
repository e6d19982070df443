import { ProviderError } from '../errors.ts'

export interface PollClock {
  monotonic(): number
  /** Calls back once, not before `ms` milliseconds from now. */
  setTimeout(callback: () => void, ms: number): { cancel(): void }
}

/** How what goes on behind a write is asked about; milliseconds. */
export interface Polling {
  readonly clock: PollClock
  /** Until the first look; each further wait is twice as long. */
  readonly firstMs: number
  readonly mostMs: number
  /** After that long it is not waited for any more. */
  readonly untilMs: number
}

/**
 * A route table takes one to five seconds. ARM asks to be polled every ten, which would make ten of two; at one look in
 * two seconds a table takes less than a tenth of what may be read.
 */
export const defaultPolling: Omit<Polling, 'clock'> = { firstMs: 250, mostMs: 2_000, untilMs: 300_000 }

/**
 * Looks until there is an answer. A look that fails in a way that passes is one without an answer.
 * @throws ProviderError as the look does, or what `overdue` makes; the signal's reason once it is aborted
 */
export async function poll<T>(
  { clock, firstMs, mostMs, untilMs }: Polling,
  look: () => Promise<T | undefined>,
  overdue: () => ProviderError,
  signal: AbortSignal,
): Promise<T> {
  const start = clock.monotonic()
  for (let waitMs = firstMs; ; waitMs = Math.min(mostMs, waitMs * 2)) {
    await pause(clock, waitMs, signal)
    const answer = await look().catch((error: unknown) => {
      if (error instanceof ProviderError && passes.has(error.class)) return undefined
      throw error
    })
    if (answer !== undefined) return answer
    if (clock.monotonic() - start > untilMs) throw overdue()
  }
}

const passes: ReadonlySet<ProviderError['class']> = new Set(['transient', 'throttled'])

/** Rejects with the signal's reason if it aborts before. */
export async function pause(clock: PollClock, ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<undefined>()
  const timer = clock.setTimeout(() => resolve(undefined), ms)
  const abort = (): void => reject(signal.reason as Error)
  signal.addEventListener('abort', abort, { once: true })
  try {
    await promise
  } finally {
    timer.cancel()
    signal.removeEventListener('abort', abort)
  }
}
