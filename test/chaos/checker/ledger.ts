import { people } from '../journal.ts'
import type { Invariant } from './invariant.ts'

/** Before a route is asked for, its NodeRoute says so. */
export const ledger = (): Invariant => ({
  name: 'ledger before cloud',
  see(entry, sight) {
    if (entry.kind !== 'cloud-call' || entry.change === undefined || entry.by === people) return []
    const { op, table, target, destination } = entry.change
    if (op === 'delete') return []
    const intended = sight
      .recordsSince(destination, entry.sentAt)
      .some((record) => record.target === target && record.tables.includes(table))
    return intended
      ? []
      : [`asked to ${op} ${destination} → ${target ?? 'nothing'} in ${table}, which no NodeRoute says`]
  },
})
