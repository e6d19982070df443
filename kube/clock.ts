/** Time as an input: whoever waits, measures or times out takes a clock, so that tests need no sleeping. */
export interface Clock {
  /** Milliseconds since the epoch. May jump; only for what is shown or stored. */
  now(): number
  /** Milliseconds since some moment of this process. Never goes back; the only one to measure with. */
  monotonic(): number
  /** Calls back once, not before `ms` milliseconds from now. At most 2³¹−1 ms (24.8 days). */
  setTimeout(callback: () => void, ms: number): Timer
}

export interface Timer {
  /** The callback is not called after this. Idempotent, also when it was called already. */
  cancel(): void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout(callback, ms) {
    const timer = setTimeout(callback, ms)
    return { cancel: () => clearTimeout(timer) }
  },
}

/** Resolves after `ms` milliseconds of the clock, or as soon as the signal aborts: the caller checks which. */
export function delay(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve()
      return
    }
    const end = (): void => {
      timer.cancel()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = clock.setTimeout(end, ms)
    signal.addEventListener('abort', end, { once: true })
  })
}
