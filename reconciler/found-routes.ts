import type { Change, RouteProvider } from '../providers/provider.ts'
import type { ObservedRoute, Table } from '../providers/route.ts'
import { type DestinationKey, destinationKey } from './ledger/record.ts'

export interface FoundRoutesParts {
  readonly provider: Pick<RouteProvider, 'untilEffective'>
  /** Packets follow what was found at these destinations. */
  readonly onEffective: (keys: readonly DestinationKey[]) => void
  readonly signal: AbortSignal
}

/**
 * Which routes were found in a table, rather than written by this run, and may have been written so recently that packets
 * don't follow them yet. A table does not tell when a route came: a leader that died may have written it in its last
 * second. So what a reading shows for the first time is waited for as if it had been written at that moment, which is the
 * latest that it can have been. A node that is told to be routed already stays so.
 */
export class FoundRoutes {
  readonly #parts: FoundRoutesParts
  /** By table and destination: the last wait for it. */
  readonly #waits = new Map<string, symbol>()

  constructor(parts: FoundRoutesParts) {
    this.#parts = parts
  }

  /** A reading has shown routes that were not known before. */
  found(table: Table, routes: readonly ObservedRoute[]): void {
    const { onEffective, provider, signal } = this.#parts
    // What leads elsewhere than to a node makes no node routed.
    const changes = routes.flatMap(({ destination, target }): readonly Change[] =>
      target.kind === 'other' ? [] : [{ op: 'create', destination, target }],
    )
    const wait = changes.length === 0 ? undefined : provider.untilEffective?.(table, changes, signal)
    if (wait === undefined) return
    const keys = changes.map(({ destination }) => destinationKey(destination))
    const mark = Symbol('wait')
    for (const key of keys) this.#waits.set(`${table.id} ${key}`, mark)
    const over = (): void => {
      const ended = keys.filter((key) => this.#waits.get(`${table.id} ${key}`) === mark)
      for (const key of ended) this.#waits.delete(`${table.id} ${key}`)
      onEffective(ended)
    }
    // It rejects only when all is over.
    wait.then(over, () => undefined)
  }

  /** Whether packets may not follow yet what was found there. */
  awaits(tableId: string, key: DestinationKey): boolean {
    return this.#waits.has(`${tableId} ${key}`)
  }
}
