import { people } from '../journal.ts'
import { type Invariant, blinkMs } from './invariant.ts'
import { canonical, placeOf } from './sight.ts'

/** What a Node needs that is known to be there is never deleted; another route may take its place before. */
export const evidence = (): Invariant => ({
  name: 'evidence',
  see(entry, sight) {
    if (entry.kind !== 'route' || entry.change.op !== 'delete' || entry.by === people) return []
    const { table } = entry.change
    const destination = canonical(entry.change.destination)
    const all = [...sight.nodes.values()].filter(({ podCIDRs }) =>
      podCIDRs.map(canonical).includes(destination),
    )
    // Of several that claim it, it is for podway to say which has it.
    const heir = sight.heirOf(entry.change)
    if (heir !== undefined && all.some((node) => sight.targetOf(node, destination) === heir)) return []
    const claimants = all.filter((node) => sight.knew(entry.by, node, entry.sentAt - blinkMs))
    const left = sight
      .routesTo(table, destination)
      .filter((route) => placeOf(route) !== placeOf(entry.change))
    const there = sight.at(entry.change)
    return claimants
      .filter((node) => {
        const target = sight.targetOf(node, destination)
        const isUseful = there?.target === target && !left.some((route) => route.target === target)
        return isUseful || left.length === 0
      })
      .map(({ name }) => `deleted the route to ${destination} in ${table}, which node ${name} has`)
  },
})
