import { people } from '../journal.ts'
import type { Invariant } from './invariant.ts'
import { canonical } from './sight.ts'

/** As documented: more than so many, and more than this share of all, are held. */
const count = 10
const share = 0.2
/** As documented, but for the time from the brake's word to the last attempt of the delete. */
const windowMs = 600_000 - 60_000

/** Only so many routes of machines that run are taken away within ten minutes by one process. */
export function brake(): Invariant {
  const deletes = new Map<string, { readonly at: number; readonly destination: string }[]>()
  const known: { readonly at: number; readonly records: number }[] = []
  return {
    name: 'brake',
    see(entry, sight) {
      if (entry.kind === 'record') known.push({ at: entry.at, records: sight.records.size })
      if (entry.kind !== 'route' || entry.change.op !== 'delete' || entry.by === people) return []
      const destination = canonical(entry.change.destination)
      const there = sight.at(entry.change)
      if (there === undefined || sight.stateOf(there.target) !== 'running') return []
      if (sight.routesTo(entry.change.table, destination).length > 1) return []
      if (sight.heirOf(entry.change) !== undefined) return []
      if (sight.records.get(destination)?.isReleased === true) return []
      const since = entry.at - windowMs
      const before = (deletes.get(entry.by) ?? []).filter(({ at }) => at > since)
      const all = [...before, { at: entry.at, destination }]
      deletes.set(entry.by, all)
      const different = new Set(all.map((one) => one.destination)).size
      const most = Math.max(0, ...known.filter(({ at }) => at > since).map(({ records }) => records))
      return different > count && different > share * most
        ? [
            `deleted the routes to ${different} of ${most} destinations whose machines run, ${destination} last`,
          ]
        : []
    },
  }
}
