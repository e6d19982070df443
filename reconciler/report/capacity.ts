import type { Logger } from '../../kube/log.ts'
import type { Family } from '../../net/address.ts'
import type { Quota } from '../../providers/provider.ts'
import type { Table } from '../../providers/route.ts'
import type { EventSink, EventSubject } from './events.ts'
import type { ControllerMetrics } from './metrics.ts'

/** From this share of its limit on a table is nearly full: time to raise a quota is counted in days. */
const nearlyFull = 0.8

export interface CapacityParts {
  readonly metrics: ControllerMetrics
  readonly events: EventSink
  /** What Events are about that are about no one Node. */
  readonly subject: EventSubject
  readonly log: Logger
  /** A table that was read has room for so many more routes of the family, by the limit that is known. */
  readonly onRead: (tableId: string, family: Family, room: number) => void
}

/** How full the tables are, and who is told in time (https://github.com/kubernetes/kubernetes/issues/40307: nobody was). */
export class Capacity {
  readonly #parts: CapacityParts
  readonly #told = new Set<string>()

  constructor(parts: CapacityParts) {
    this.#parts = parts
  }

  /** The table was read; undefined where the cloud tells no limit. */
  read(table: Table, quota: Quota | undefined): void {
    for (const { family, used, limit } of quota?.families ?? []) {
      this.#parts.metrics.tableFilled(table.id, family, used, limit)
      for (const one of familiesOf(family)) this.#parts.onRead(table.id, one, limit - used)
      const name = `${table.id} ${family}`
      if (used < nearlyFull * limit) this.#told.delete(name)
      else if (!this.#told.has(name)) {
        this.#told.add(name)
        this.#tell(table, family, used, limit)
      }
    }
  }

  forget(tableId: string): void {
    this.#parts.metrics.tableGone(tableId)
    this.#told.delete(`${tableId} 4`)
    this.#told.delete(`${tableId} 6`)
    this.#told.delete(`${tableId} both`)
  }

  #tell(table: Table, family: Family | 'both', used: number, limit: number): void {
    const { events, log, subject } = this.#parts
    const kind = family === 'both' ? '' : `IPv${family} `
    const note = `table ${table.id} holds ${used} of ${limit} ${kind}routes: raise its quota before it is full`
    log.warn({ table: table.id, family, used, limit }, note)
    events.record({
      regarding: subject,
      type: 'Warning',
      reason: 'RouteTableNearlyFull',
      action: 'ReadRouteTable',
      note,
    })
  }
}

const familiesOf = (family: Family | 'both'): readonly Family[] => (family === 'both' ? [4, 6] : [family])
