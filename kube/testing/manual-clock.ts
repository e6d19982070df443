import type { Clock, Timer } from '../clock.ts'

interface Pending {
  readonly due: number
  readonly callback: () => void
}

/** A clock that moves only when a test says so. Starts at 2026-01-01T00:00:00Z; monotonic starts at 0. */
export class ManualClock implements Clock {
  readonly #epoch: number
  #monotonic = 0
  #timers: Pending[] = []

  constructor(epoch = Date.UTC(2026, 0, 1)) {
    this.#epoch = epoch
  }

  now(): number {
    return this.#epoch + this.#monotonic
  }

  monotonic(): number {
    return this.#monotonic
  }

  setTimeout(callback: () => void, ms: number): Timer {
    const pending: Pending = { due: this.#monotonic + Math.max(0, ms), callback }
    this.#timers.push(pending)
    return { cancel: () => void (this.#timers = this.#timers.filter((other) => other !== pending)) }
  }

  /** How many timers wait. A test that ends with some has something still running. */
  get timers(): number {
    return this.#timers.length
  }

  /** Milliseconds to the first timer, or undefined if none waits. */
  get untilNext(): number | undefined {
    return this.#timers.length === 0 ? undefined : this.#first().due - this.#monotonic
  }

  /**
   * Moves on by `ms`, and calls what falls due in the order of due times, then of setting. Before, between and after the
   * callbacks everything that only waits for promises gets to run, so that a timer set by a continuation counts too.
   * What waits for real I/O does not: use `eventually` for that.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#monotonic + ms
    await settle()
    while (this.#timers.length > 0) {
      const first = this.#first()
      if (first.due > end) break
      this.#timers = this.#timers.filter((other) => other !== first)
      this.#monotonic = Math.max(this.#monotonic, first.due)
      first.callback()
      await settle()
    }
    this.#monotonic = end
    await settle()
  }

  /**
   * Time goes on while the process stands still (SIGSTOP, a paused machine, a blocked event loop): nothing is called back,
   * and what fell due meanwhile waits for the next `advance`.
   */
  standStill(ms: number): void {
    this.#monotonic += ms
  }

  #first(): Pending {
    return this.#timers.reduce((a, b) => (b.due < a.due ? b : a))
  }
}

/** Lets all promise continuations run, those of one turn of the event loop included. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

/**
 * Waits, turn by turn of the event loop and without sleeping, until the condition holds: for what real sockets do.
 * @throws Error naming `what` after four seconds of real time, before the test's own limit
 */
export async function eventually(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 4000
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`did not happen within 4 s: ${what}`)
    await settle()
  }
}
