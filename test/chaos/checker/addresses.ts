import { overlaps, parseCidr } from '../../../net/cidr.ts'
import { people } from '../journal.ts'
import { type Invariant, blinkMs } from './invariant.ts'

/** A podCIDR is given to one Node, once, and not as long as a route of podway's leads to another machine. */
export const addresses = (): Invariant => ({
  name: 'addresses',
  see(entry, sight) {
    if (
      entry.kind !== 'node' ||
      entry.by === people ||
      entry.node === undefined ||
      entry.before === undefined
    )
      return []
    const { node, before } = entry
    if (node.podCIDRs.join() === before.podCIDRs.join()) return []
    if (before.podCIDRs.length > 0) return [`changed the podCIDRs of node ${node.name}`]
    return node.podCIDRs.flatMap((given) => {
      const meets = (other: string): boolean => overlaps(parseCidr(given), parseCidr(other))
      const twice = [...sight.nodes.values()]
        .filter((other) => other.name !== node.name && other.podCIDRs.some(meets))
        .filter((other) => sight.knew(entry.by, other, entry.at - blinkMs))
        .map((other) => `gave ${given} to node ${node.name}, though node ${other.name} has it`)
      const early = [...sight.clusterTables]
        .filter(([, since]) => entry.at - since > blinkMs)
        .flatMap(([table]) => sight.routes(table))
        .filter(
          ({ by, destination, target }) =>
            by !== people && target !== sight.targetOf(node, destination) && meets(destination),
        )
        .map(
          ({ destination, table, target }) =>
            `gave ${given} to node ${node.name}, though ${table} still leads ${destination} to ${target}`,
        )
      return [...twice, ...early]
    })
  },
})
