import type { Ledger } from './ledger/ledger.ts'
import { type DestinationKey, wasWritten } from './ledger/record.ts'
import type { Claims } from './plan/claims.ts'
import { isRouted } from './plan/plan.ts'
import type { Planner } from './planner.ts'

/** Two looks that are closer together may both see what a cloud that is slow to agree with itself has yet to forget. */
const apartMs = 10_000

export interface LossesParts {
  readonly claims: Claims
  readonly ledger: Ledger
  readonly planner: Planner
  /** Milliseconds that never go back. */
  readonly monotonic: () => number
}

/**
 * Which routes were there and are surely not there any more: missed in two readings of the table, and not to be mended.
 * A route that was never seen in a table is not lost: a table that is new to us (`warming`) takes no node off the net.
 */
export class Losses {
  readonly #parts: LossesParts
  /** By destination, then by table. */
  readonly #sights = new Map<DestinationKey, Map<string, Sight>>()

  constructor(parts: LossesParts) {
    this.#parts = parts
  }

  /** The table was read. */
  afterRead(tableId: string): void {
    const { claims, monotonic, planner } = this.#parts
    for (const key of claims.keys()) {
      const item = planner.inspect(key).find(({ table }) => table.id === tableId)?.item
      // Without a target there is nothing to compare with: no evidence of anything.
      if (item === undefined || item.reason === 'TargetUnknown') continue
      const sight = this.#sights.get(key)?.get(tableId)
      if (isRouted(item)) this.#note(key, tableId, { missed: 0, at: monotonic() })
      else if (sight === undefined && !this.#wasWritten(key, tableId)) continue
      else if (sight === undefined || sight.missed === 0 || monotonic() - sight.at >= apartMs)
        this.#note(key, tableId, { missed: (sight?.missed ?? 0) + 1, at: monotonic() })
    }
  }

  /** The cloud has acknowledged the route: what was missed before is no evidence of what happens after it. */
  mended(key: DestinationKey, tableId: string): void {
    const sight = this.#sights.get(key)?.get(tableId)
    if (sight !== undefined) this.#note(key, tableId, { missed: 0, at: sight.at })
  }

  /** The destination is claimed by nobody any more, or by somebody else. */
  forget(key: DestinationKey): void {
    this.#sights.delete(key)
  }

  isLost(key: DestinationKey): boolean {
    const record = this.#parts.ledger.get(key)
    return this.#parts.planner.inspect(key).some(({ table, item }) => {
      const missed = this.#sights.get(key)?.get(table.id)?.missed ?? 0
      if (missed < 2 || isRouted(item)) return false
      const state = record?.states.get(table.id)
      // What podway would not change, it has not failed to mend: it can't be mended. Nor can it in a table without room.
      return !('change' in item) || state?.state === 'Failed' || state?.reason === 'RouteTableFull'
    })
  }

  /** Before this run. */
  #wasWritten(key: DestinationKey, tableId: string): boolean {
    return wasWritten(this.#parts.ledger.get(key), tableId)
  }

  #note(key: DestinationKey, tableId: string, sight: Sight): void {
    const sights = this.#sights.get(key)
    if (sights === undefined) this.#sights.set(key, new Map([[tableId, sight]]))
    else sights.set(tableId, sight)
  }
}

interface Sight {
  /** How many readings in a row did not have the route. */
  readonly missed: number
  /** When that was last counted. */
  readonly at: number
}
