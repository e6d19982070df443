import { ManualClock } from '../../kube/testing/manual-clock.ts'

/** A clock that a test moves, and what is done between two of its times by real SDKs, which time is no part of. */
export class VirtualTime {
  readonly clock = new ManualClock()
  #busy = 0

  /** Work that takes no time but for what it {@link pass}es. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#busy++
    try {
      return await work()
    } finally {
      this.#busy--
    }
  }

  /** So much time goes by, within such work. */
  async pass(ms: number): Promise<void> {
    this.#busy--
    await new Promise<void>((resolve) => void this.clock.setTimeout(resolve, ms))
    this.#busy++
  }

  /** Moves time, from one due time to the next, until the work is done. */
  async until<T>(work: Promise<T>): Promise<T> {
    const state = { over: false }
    const end = (): void => void (state.over = true)
    work.then(end, end)
    for (let calm = 0; !state.over; calm++) {
      await new Promise((resolve) => setImmediate(resolve))
      if (this.#busy > 0) calm = -1
      if (calm < 2) continue
      const ms = this.clock.untilNext
      if (ms === undefined) throw new Error('nothing is due any more, and the work is not done')
      await this.clock.advance(ms)
      calm = -1
    }
    return work
  }
}
