import type { ServedRange } from '../provider.ts'
import type { SubnetTables } from './served-ranges.ts'

/** New subnets, and those that a main table lost to a table which is not ours, show so late. */
const lastsMs = 15 * 60_000

/**
 * Which ranges are served follows from the subnets, which hardly ever change, and from which table each has, which every
 * reading of the tables tells: so the subnets are read again only when that has changed, and from time to time.
 */
export class RememberedRanges {
  readonly #clock: { monotonic(): number }
  #last: { readonly of: string; readonly at: number; readonly ranges: readonly ServedRange[] } | undefined

  constructor(clock: { monotonic(): number }) {
    this.#clock = clock
  }

  /** @param read rejects if it can't; then nothing is remembered */
  async get(
    users: SubnetTables,
    read: () => Promise<readonly ServedRange[]>,
  ): Promise<readonly ServedRange[]> {
    const of = JSON.stringify([users.tables, users.associated && [...users.associated].sort()])
    const at = this.#clock.monotonic()
    if (this.#last?.of === of && at - this.#last.at < lastsMs) return this.#last.ranges
    this.#last = undefined
    const ranges = await read()
    this.#last = { of, at, ranges }
    return ranges
  }
}
