import type { Family } from '../../net/address.ts'

/** So long a table may lack the route of a routed node until what it serves is native no more: a repair takes seconds. */
export const gapMs = 120_000

/** Whether routes of routed nodes are missing in a table, as far as is known. */
export type Completeness = 'complete' | 'gaps' | 'unknown'

/**
 * In which tables all routed nodes' routes are, by family, and so whose ranges are native. A node's agent can't tell its
 * own case from others', and every change is a change on every node: so a table is taken up as soon as it is complete,
 * and dropped only when routes have been missing for {@link gapMs} without a break. A table that can't be read is no
 * evidence of anything: whatever it was, it stays, and what was missing before counts from anew.
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
    const key = keyOf(tableId, family)
    const state = this.#states.get(key) ?? { native: found !== 'complete' && before(), gapSince: undefined }
    const next = this.#next(state, found)
    this.#states.set(key, next)
    return next.native
  }

  /** Forgets what serves nothing now: when it comes back, it has to be complete first. */
  keep(serving: readonly { readonly tableId: string; readonly family: Family }[]): void {
    const keys = new Set(serving.map(({ family, tableId }) => keyOf(tableId, family)))
    for (const key of this.#states.keys()) if (!keys.has(key)) this.#states.delete(key)
  }

  /** In how many milliseconds, more than 0, a table that has gaps is native no more, if nothing happens; undefined if none has. */
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
        return { native: state.native, gapSince: undefined }
      case 'gaps': {
        const gapSince = state.gapSince ?? this.#monotonic()
        return { native: state.native && this.#monotonic() - gapSince < gapMs, gapSince }
      }
    }
  }
}

const keyOf = (tableId: string, family: Family): string => `${tableId} ${family}`

interface TableState {
  readonly native: boolean
  /** Since when routes are missing in it, without a break. */
  readonly gapSince: number | undefined
}
