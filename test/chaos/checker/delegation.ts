import { overlaps, parseCidr } from '../../../net/cidr.ts'
import { people } from '../journal.ts'
import { type Invariant, blinkMs } from './invariant.ts'
import { type Route, canonical } from './sight.ts'

/**
 * Where the network delegates ranges to machines: no two machines have one, or a part of one; and what podway has given to
 * one is not asked for another before it is taken away, nor forgotten while it is on its way.
 */
export const delegation = (): Invariant => ({
  name: 'delegation',
  see(entry, sight) {
    const meeting = (table: string, destination: string, target: string): readonly Route[] =>
      sight
        .routes(table)
        .filter(
          (route) =>
            route.target !== target && overlaps(parseCidr(route.destination), parseCidr(destination)),
        )
    if (entry.kind === 'route' && entry.change.op === 'create' && sight.delegates(entry.change.table)) {
      const { destination, table, target = '' } = entry.change
      const isForgotten = entry.by !== people && !sight.records.has(canonical(destination))
      return [
        ...meeting(table, destination, target).map(
          (route) => `${destination} was given to ${target}, though ${route.target} has ${route.destination}`,
        ),
        ...(isForgotten ? [`${destination} came to ${target}, and no NodeRoute knows of it any more`] : []),
      ]
    }
    if (entry.kind !== 'cloud-call' || entry.by === people) return []
    return (entry.asks ?? [])
      .filter(({ op, table }) => op === 'create' && sight.delegates(table))
      .flatMap(({ destination, table, target = '' }) =>
        meeting(table, destination, target)
          .filter(({ by, since }) => by !== people && entry.sentAt - since > blinkMs)
          .map(
            (route) =>
              `asked to give ${canonical(destination)} to ${target}, though ${route.target} still has ${route.destination}`,
          ),
      )
  },
})
