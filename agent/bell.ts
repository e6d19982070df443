import { type Clock, delay } from '../kube/clock.ts'

/** Wakes one who waits; a ring while nobody waits is remembered, many count as one. */
export class Bell {
  readonly #clock: Clock
  #rung = false
  #waiting = new AbortController()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  ring(): void {
    this.#rung = true
    this.#waiting.abort()
  }

  /** Resolves at the next ring, after that time, or when the signal aborts. For one at a time. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#rung) {
      this.#waiting = new AbortController()
      const either = AbortSignal.any([signal, this.#waiting.signal])
      await delay(this.#clock, ms, either)
    }
    this.#rung = false
  }
}
