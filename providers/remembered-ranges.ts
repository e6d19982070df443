import type { ServedRange } from './provider.ts'

/** What no reading of the tables shows, such as a new subnet of a network that is one table, is seen so late. */
const lastsMs = 15 * 60_000

/**
 * Which ranges are served follows from the subnets, which hardly ever change, and from which of them follow a table, which
 * the readings of the tables tell where it can change: so the subnets are read again only when that has changed, and from
 * time to time.
 */
export class RememberedRanges {
  readonly #clock: { monotonic(): number }
  #last: { readonly of: string; readonly at: number; readonly ranges: readonly ServedRange[] } | undefined

  constructor(clock: { monotonic(): number }) {
    this.#clock = clock
  }

  /**
   * @param of what they follow from, as far as it is known without a reading: data that is the same as JSON if it is the same
   * @param read rejects if it can't; then nothing is remembered
   */
  async get(of: unknown, read: () => Promise<readonly ServedRange[]>): Promise<readonly ServedRange[]> {
    const key = JSON.stringify(of)
    const at = this.#clock.monotonic()
    if (this.#last?.of === key && at - this.#last.at < lastsMs) return this.#last.ranges
    this.#last = undefined
    const ranges = await read()
    this.#last = { of: key, at, ranges }
    return ranges
  }
}
