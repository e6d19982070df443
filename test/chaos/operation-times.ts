import type { ManualClock } from '../../kube/testing/manual-clock.ts'
import type { Random } from './world/random.ts'

/** How long what goes on behind a write takes: seconds as a rule, and longer where a story says so. */
export class OperationTimes {
  readonly #clock: ManualClock
  readonly #random: Random
  readonly #onEnd: () => void
  #slow: number[] = []

  /** @param onEnd called a moment after an operation has ended */
  constructor(clock: ManualClock, random: Random, onEnd: () => void) {
    this.#clock = clock
    this.#random = random
    this.#onEnd = onEnd
  }

  /** Of an operation that begins now, in whole milliseconds. */
  next(): number {
    const usual = this.#random.integer(200, this.#random.chance(0.1) ? 8_000 : 1_500)
    const ms = this.#slow.shift() ?? usual
    this.#clock.setTimeout(this.#onEnd, ms + 1)
    return ms
  }

  /** The next so many operations take that long. */
  slow(ms: number, operations: number): void {
    this.#slow.push(...Array.from({ length: operations }, () => ms))
  }

  calm(): void {
    this.#slow = []
  }
}
