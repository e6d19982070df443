import { people } from '../journal.ts'
import { type Invariant, blinkMs } from './invariant.ts'
import { canonical } from './sight.ts'

/** What a Node needs that is known to be there is never deleted; it may be replaced. */
export const evidence = (): Invariant => ({
  name: 'evidence',
  see(entry, sight) {
    if (entry.kind !== 'cloud-call' || entry.change?.op !== 'delete' || !entry.done || entry.by === people)
      return []
    const { table } = entry.change
    const destination = canonical(entry.change.destination)
    return [...sight.nodes.values()]
      .filter(({ podCIDRs }) => podCIDRs.map(canonical).includes(destination))
      .filter((node) => sight.knew(entry.by, node, entry.sentAt - blinkMs))
      .map(({ name }) => `deleted the route to ${destination} in ${table}, which node ${name} has`)
  },
})
