import type { Change, Outcome } from '../providers/provider.ts'
import type { Table } from '../providers/route.ts'
import type { Applier } from './apply/apply.ts'
import type { FullTables } from './apply/full-tables.ts'
import type { Turns } from './apply/turns.ts'
import type { TableChange, WrittenChange } from './guarded-work.ts'
import type { DestinationKey } from './ledger/record.ts'
import type { Losses } from './losses.ts'
import type { RoutedNode } from './plan/claims.ts'
import type { TableCache } from './table-cache.ts'

export interface RouteWriterParts {
  readonly applier: Applier
  readonly turns: Turns
  readonly tables: TableCache
  readonly fullTables: FullTables
  readonly losses: Pick<Losses, 'mended'>
  /** A table that counted as full has room. */
  readonly onRoom: (tableId: string) => void
  /** Told of every change that a cloud has answered. */
  readonly onOutcome: (table: Table, change: Change, outcome: Outcome, holder: RoutedNode | undefined) => void
}

/** The one way to the cloud's tables: each change has its turn, and what became of it is remembered. */
export class RouteWriter {
  readonly #parts: RouteWriterParts

  constructor(parts: RouteWriterParts) {
    this.#parts = parts
  }

  /**
   * Whether the changes may be made now; {@link write} or {@link drop} follows then. If not, the destination is called when
   * its turn comes, to be planned anew.
   */
  mayWrite(key: DestinationKey, changes: readonly TableChange[]): boolean {
    const { fullTables, turns } = this.#parts
    const mayWrite = turns.take(
      key,
      changes.map(({ change }) => change),
    )
    if (!mayWrite) return false
    for (const { table, change } of changes) {
      if (change.op === 'create') fullTables.trying(table.id, change.destination.family)
    }
    return true
  }

  /** The destination needs its turn no more. Idempotent. */
  drop(key: DestinationKey): void {
    this.#parts.turns.done(key)
  }

  /** Rejects only on abort. */
  write(
    key: DestinationKey,
    changes: readonly TableChange[],
    holder: RoutedNode | undefined,
  ): Promise<readonly WrittenChange[]> {
    const { applier, losses, onOutcome, tables, turns } = this.#parts
    let toSend = changes.length
    const onSent = (): void => {
      if (--toSend === 0) turns.done(key)
    }
    return Promise.all(
      changes.map(async ({ table, change }) => {
        const outcome = await applier.submit(table, change, onSent)
        if (outcome.result === 'done') {
          tables.record(table.id, change)
          losses.mended(key, table.id)
        }
        this.#noteRoom(table.id, change, outcome)
        onOutcome(table, change, outcome, holder)
        return { table, change, outcome }
      }),
    )
  }

  #noteRoom(tableId: string, { op, destination }: Change, outcome: Outcome): void {
    const { fullTables, onRoom } = this.#parts
    if (outcome.result === 'failed') {
      if (op === 'create' && outcome.error.class === 'quota') fullTables.refused(tableId, destination.family)
    } else if (op !== 'replace' && fullTables.hasRoom(tableId, destination.family)) {
      onRoom(tableId)
    }
  }
}
