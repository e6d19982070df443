import type { Clock } from '../../kube/clock.ts'

/** So often a file may come back within the window: a crash half-way is healed, a fight with its owner is not fought. */
const limit = 3
const windowMs = 600_000

/**
 * Which predecessors were taken over of late. One whose DaemonSet still runs lays its configuration again, and to take that
 * over each time would have the runtime load another network every few seconds.
 */
export class TakeOvers {
  readonly #clock: Pick<Clock, 'monotonic'>
  /** By file: when. */
  readonly #taken = new Map<string, readonly number[]>()

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  mayTake(file: string): boolean {
    return this.#lately(file).length < limit
  }

  took(file: string): void {
    this.#taken.set(file, [...this.#lately(file), this.#clock.monotonic()])
  }

  #lately(file: string): readonly number[] {
    const since = this.#clock.monotonic() - windowMs
    return (this.#taken.get(file) ?? []).filter((at) => at > since)
  }
}
