import { people } from '../journal.ts'
import type { Invariant } from './invariant.ts'

/** Before a route is asked for, its NodeRoute says so. */
export const ledger = (): Invariant => ({
  name: 'ledger before cloud',
  see(entry, sight) {
    if (entry.kind !== 'cloud-call' || entry.by === people) return []
    return (entry.asks ?? [])
      .filter(({ op }) => op !== 'delete')
      .filter(
        ({ destination, table, target }) =>
          !sight
            .recordsSince(destination, entry.sentAt)
            .some((record) => record.target === target && record.tables.includes(table)),
      )
      .map(
        ({ destination, op, table, target }) =>
          `asked to ${op} ${destination} → ${target ?? 'nothing'} in ${table}, which no NodeRoute says`,
      )
  },
})
