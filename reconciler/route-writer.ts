import type { Change, Outcome } from '../providers/provider.ts'
import { delegates } from '../providers/route.ts'
import type { Applier } from './apply/apply.ts'
import type { FullTables } from './apply/full-tables.ts'
import type { Turns } from './apply/turns.ts'
import type { TableChange, WrittenChange } from './guarded-work.ts'
import type { DestinationKey, NodeRef } from './ledger/record.ts'
import type { Losses } from './losses.ts'
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
  readonly onOutcome: (answered: AnsweredChange) => void
  /** The destination had to wait so long for its turn. */
  readonly onWaited: (op: Change['op'], ms: number) => void
  /** Milliseconds that never go back. */
  readonly monotonic: () => number
}

export interface AnsweredChange extends WrittenChange {
  /** Whose destination it is, or was. */
  readonly node: string
  /** From handing it over until the answer. */
  readonly ms: number
}

/** The one way to the cloud's tables: each change has its turn, and what became of it is remembered. */
export class RouteWriter {
  readonly #parts: RouteWriterParts
  /** Since when those wait that wait for their turn. */
  readonly #waiting = new Map<DestinationKey, number>()

  constructor(parts: RouteWriterParts) {
    this.#parts = parts
  }

  /**
   * Whether the changes may be made now; {@link write} or {@link drop} follows then. If not, the destination is called when
   * its turn comes, to be planned anew.
   */
  mayWrite(key: DestinationKey, changes: readonly TableChange[]): boolean {
    const { fullTables, monotonic, onWaited, turns } = this.#parts
    const mayWrite = turns.take(
      key,
      changes.map(({ table, change }) => ({ op: change.op, delegates: delegates(table) })),
    )
    const since = this.#waiting.get(key)
    if (!mayWrite) {
      if (since === undefined) this.#waiting.set(key, monotonic())
      return false
    }
    this.#waiting.delete(key)
    const [first] = changes
    if (first !== undefined && since !== undefined) onWaited(first.change.op, monotonic() - since)
    for (const { table, change } of changes) {
      if (change.op === 'create') fullTables.trying(table.id, change.destination.family)
    }
    return true
  }

  /** The destination needs its turn no more. Idempotent. */
  drop(key: DestinationKey): void {
    this.#waiting.delete(key)
    this.#parts.turns.done(key)
  }

  /** Rejects only on abort. */
  write(
    key: DestinationKey,
    changes: readonly TableChange[],
    node: Pick<NodeRef, 'name'>,
  ): Promise<readonly WrittenChange[]> {
    const { applier, losses, monotonic, onOutcome, tables, turns } = this.#parts
    const start = monotonic()
    let toSend = changes.length
    const onSent = (): void => {
      if (--toSend === 0) turns.done(key)
    }
    return Promise.all(
      changes.map(async ({ table, change, reason }) => {
        const over = tables.begin(table.id, change)
        const outcome = await applier.submit(table, change, onSent).finally(over)
        if (outcome.result === 'done') {
          tables.record(table.id, change)
          losses.mended(key, table.id)
        } else if (outcome.error.class === 'unknown-outcome') {
          // What the last listing says is no evidence any more, neither that the route is there nor that it is not.
          tables.doubt(table.id, key)
        }
        this.#noteRoom(table.id, change, outcome)
        const written = { table, change, reason, outcome }
        onOutcome({ ...written, node: node.name, ms: monotonic() - start })
        return written
      }),
    )
  }

  #noteRoom(tableId: string, { op, destination }: Change, outcome: Outcome): void {
    const { fullTables, onRoom } = this.#parts
    if (outcome.result === 'failed') {
      if (op === 'create' && outcome.error.class === 'quota') fullTables.refused(tableId, destination.family)
    } else if (
      op !== 'replace' &&
      outcome.existed !== true &&
      fullTables.hasRoom(tableId, destination.family, op)
    ) {
      onRoom(tableId)
    }
  }
}
