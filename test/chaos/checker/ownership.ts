import { type Entry, people } from '../journal.ts'
import { type Invariant, blinkMs } from './invariant.ts'
import { type Sight, canonical } from './sight.ts'

/**
 * A route that others made is never deleted nor overwritten. A place in a table is podway's from the create that podway
 * has done there, until its own delete, or until its ledger lets go of it; only what podway wrote itself is deleted, and
 * what others change at such a place may be put right.
 */
export function ownership(): Invariant {
  /** What podway wrote, by place: of its own places alone. */
  const places = new Map<string, Set<string>>()
  /** Whose records others have deleted: podway makes them again, if it needs them. */
  const deleted = new Set<string>()

  const know = (entry: Extract<Entry, { kind: 'record' }>): void => {
    const { before, by, record } = entry
    const destination = canonical((record ?? before)?.destination ?? '')
    if (by === people && record?.isDeleting !== false) deleted.add(destination)
    if (record === undefined && deleted.has(destination)) return
    if (before === undefined) deleted.delete(destination)
    for (const place of [...places.keys()]) {
      const [table = '', at] = place.split(' ')
      if (at === destination && record?.tables.includes(table) !== true) places.delete(place)
    }
  }

  const touched = (entry: Entry, sight: Sight): readonly string[] => {
    if (entry.kind !== 'cloud-call' || entry.change === undefined || !entry.done || entry.by === people)
      return []
    const { op, table, target = '' } = entry.change
    const destination = canonical(entry.change.destination)
    const place = `${table} ${destination}`
    const there = sight.route(table, destination)
    const ours = places.get(place)
    const isNews = there?.by === people && entry.at - there.since <= blinkMs
    if (op === 'delete') {
      places.delete(place)
      if (there === undefined || isNews || ours?.has(there.target)) return []
      return [
        `deleted the route to ${destination} in ${table}, which leads to ${there.target} by ${there.by}`,
      ]
    }
    if (op === 'create') {
      places.set(place, new Set([target]))
      return []
    }
    ours?.add(target)
    if (ours !== undefined || isNews || there === undefined) return []
    return [
      `replaced the route to ${destination} in ${table}, which ${there.by} made to lead to ${there.target}`,
    ]
  }

  return {
    name: 'ownership',
    see(entry, sight) {
      if (entry.kind === 'record') know(entry)
      return touched(entry, sight)
    },
  }
}
