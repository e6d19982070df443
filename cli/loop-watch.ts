import type { Clock, Timer } from '../kube/clock.ts'

const everyMs = 1_000
/** A stall of this length is a fault: a Lease's renewal and every other deadline suffer from it. */
export const stallMs = 10_000
/** How long a stall is remembered: a few probes see it; one that comes once is forgotten before a restart is due. */
export const memoryMs = 30_000

/**
 * Notices when the event loop stood still: a timer that is due every second comes late. While it stands still nobody is
 * answered at all; afterwards, whether that happens again and again is what is of interest.
 */
export class LoopWatch {
  readonly #clock: Clock
  #timer: Timer
  #due: number
  #stall = { ms: 0, at: -Infinity }

  constructor(clock: Clock) {
    this.#clock = clock
    this.#due = clock.monotonic() + everyMs
    this.#timer = clock.setTimeout(() => this.#tick(), everyMs)
  }

  /** What is wrong, as sentences. */
  faults(): readonly string[] {
    const now = this.#clock.monotonic()
    // A request may be answered before the timer that is late.
    this.#note(now)
    return now - this.#stall.at <= memoryMs
      ? [`the event loop stood still for ${Math.round(this.#stall.ms / 1000)} s`]
      : []
  }

  stop(): void {
    this.#timer.cancel()
  }

  #tick(): void {
    const now = this.#clock.monotonic()
    this.#note(now)
    this.#due = now + everyMs
    this.#timer = this.#clock.setTimeout(() => this.#tick(), everyMs)
  }

  #note(now: number): void {
    if (now - this.#due >= stallMs) this.#stall = { ms: now - this.#due, at: now }
  }
}
