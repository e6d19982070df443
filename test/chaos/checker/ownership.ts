import { type Entry, people } from '../journal.ts'
import { type Invariant, blinkMs } from './invariant.ts'
import { type Route, type Sight, canonical } from './sight.ts'

interface Place {
  readonly table: string
  readonly destination: string
  /** What podway wrote there. */
  readonly targets: Set<string>
}

/**
 * A route that others made is never deleted nor overwritten, nor gets another one beside it. A place in a table is podway's
 * from the create that podway has done there, until its own delete, or until its ledger lets go of it; only what podway
 * wrote itself is deleted, and what others change at such a place may be put right. Where podway adopts, a route is its own
 * too from the record on that names its table, if it led then where podway would have led it.
 *
 * @param isConditional the cloud has conditional writes, so that what others did a moment ago is respected too
 */
export function ownership(isConditional: boolean): Invariant {
  const places = new Map<string, Place>()
  /** Whose records others have deleted: podway makes them again, if it needs them. */
  const deleted = new Set<string>()
  const newsMs = isConditional ? 0 : blinkMs

  const know = (entry: Extract<Entry, { kind: 'record' }>, sight: Sight): void => {
    const { before, by, record } = entry
    for (const { destination, table, target } of sight.adoptedBy(entry)) {
      const key = `${table} ${destination}`
      places.set(key, { table, destination, targets: new Set([...(places.get(key)?.targets ?? []), target]) })
    }
    const destination = canonical((record ?? before)?.destination ?? '')
    if (by === people && record?.isDeleting !== false) deleted.add(destination)
    if (record === undefined && deleted.has(destination)) return
    if (before === undefined) deleted.delete(destination)
    for (const [key, place] of [...places])
      if (place.destination === destination && record?.tables.includes(place.table) !== true)
        places.delete(key)
  }

  const touched = (entry: Extract<Entry, { kind: 'route' }>, sight: Sight): readonly string[] => {
    const { op, table, target = '' } = entry.change
    const destination = canonical(entry.change.destination)
    const key = `${table} ${destination}`
    const there = sight.at(entry.change)
    const beside = sight.routesTo(table, destination).filter((route) => route !== there)
    const ownBeside = beside.filter(({ by }) => by !== people)
    const ours = places.get(key)
    const isNews = ({ by, since }: Route): boolean => by === people && entry.sentAt - since <= newsMs
    // One that somebody made in place of podway's own, just as it was, may pass for it.
    const passes = (route: Route): boolean =>
      ours?.targets.has(route.target) === true && !(route.by === people && leadsTo(ownBeside, route.target))
    switch (op) {
      case 'delete':
        // What others have moved elsewhere is put right, which takes two steps there.
        if (ours !== undefined && sight.heirOf(entry.change) !== undefined) return []
        // Its twin of a foreign hand may pass for it from now on, see decision 15.
        if (ownBeside.length === 0 && !leadsTo(beside, there?.target ?? '')) places.delete(key)
        if (there === undefined || (newsMs > 0 && isNews(there)) || passes(there)) return []
        return [
          `deleted the route to ${destination} in ${table}, which leads to ${there.target} by ${there.by}`,
        ]
      case 'create': {
        const known = beside.length > 0 && ours !== undefined ? ours.targets : []
        places.set(key, { table, destination, targets: new Set([...known, target]) })
        const rival = sight.carriers(table, destination).find(({ by }) => by === people)
        if (rival === undefined || isNews(rival) || passes(rival)) return []
        return [
          `made a route to ${destination} in ${table} beside that which ${rival.by} made to lead to ${rival.target}`,
        ]
      }
      case 'replace':
        ours?.targets.add(target)
        if (ours !== undefined || there === undefined || (newsMs > 0 && isNews(there))) return []
        return [
          `replaced the route to ${destination} in ${table}, which ${there.by} made to lead to ${there.target}`,
        ]
    }
  }

  return {
    name: 'ownership',
    see(entry, sight) {
      if (entry.kind === 'record') know(entry, sight)
      if (entry.kind === 'table-edit' && entry.by !== people) return [entry.what]
      return entry.kind === 'route' && entry.by !== people ? touched(entry, sight) : []
    },
  }
}

const leadsTo = (routes: readonly Route[], wanted: string): boolean =>
  routes.some(({ target }) => target === wanted)
