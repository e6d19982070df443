import type { Family } from '../../net/address.ts'

/** So long a table may lack the route of a routed node until what it serves is native no more: a repair takes seconds. */
export const gapMs = 120_000

/** Whether routes of routed nodes are missing in a table, as far as is known. */
export type Completeness = 'complete' | 'gaps' | 'unknown'

/**
 * In which tables all routed nodes' routes are, by family, and so whose ranges are native. A node's agent can't tell its
 * own case from others', and every change is a change on every node: so a table is taken up as soon as it is complete,
 * and dropped only when routes have been missing for {@link gapMs} without a break. A table that can't be read is no
 * evidence of anything: whatever it was, it stays.
 */
export class NativeTables {
  readonly #monotonic: () => number
  readonly #states = new Map<string, TableState>()

  /** @param monotonic milliseconds that never go back */
  constructor(monotonic: () => number) {
    this.#monotonic = monotonic
  }

  /**
   * Whether the table is native now. `before`: whether it was when this program came; asked when it is first seen, and not
   * complete.
   */
  see(tableId: string, family: Family, found: Completeness, before: () => boolean): boolean {
    const key = `${tableId} ${family}`
    const state = this.#states.get(key) ?? { native: found !== 'complete' && before(), gapSince: undefined }
    const next = this.#next(state, found)
    this.#states.set(key, next)
    return next.native
  }

  /** Forgets all other tables: one that comes back has to be complete first. */
  keep(tableIds: ReadonlySet<string>): void {
    for (const key of this.#states.keys())
      if (!tableIds.has(key.slice(0, key.lastIndexOf(' ')))) this.#states.delete(key)
  }

  /** In how many milliseconds a table that has gaps is native no more, if nothing happens; undefined if none has. */
  untilDropped(): number | undefined {
    const now = this.#monotonic()
    const waits = [...this.#states.values()].flatMap(({ gapSince, native }) =>
      native && gapSince !== undefined ? [Math.max(0, gapSince + gapMs - now)] : [],
    )
    return waits.length === 0 ? undefined : Math.min(...waits)
  }

  #next(state: TableState, found: Completeness): TableState {
    switch (found) {
      case 'complete':
        return { native: true, gapSince: undefined }
      case 'unknown':
        return state
      case 'gaps': {
        const gapSince = state.gapSince ?? this.#monotonic()
        return { native: state.native && this.#monotonic() - gapSince < gapMs, gapSince }
      }
    }
  }
}

interface TableState {
  readonly native: boolean
  /** Since when routes are missing in it, without a break. */
  readonly gapSince: number | undefined
}
