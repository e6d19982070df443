import { people } from '../journal.ts'
import type { Invariant } from './invariant.ts'

/** What was so this long ago may be what was last read of a table: readings fail, and come once a minute. */
const readMs = 300_000

/** A Node is told to be routed only when every podCIDR of it was in every table. */
export const condition = (): Invariant => ({
  name: 'condition',
  see(entry, sight) {
    if (entry.kind !== 'node' || entry.by === people || entry.node === undefined) return []
    const { node, before } = entry
    if (node.unavailable !== 'False RouteCreated' || before?.unavailable?.startsWith('False') === true)
      return []
    if (node.podCIDRs.length === 0) return [`told that node ${node.name} is routed, which has no podCIDR`]
    return node.podCIDRs.flatMap((cidr) =>
      sight
        .tablesFor(cidr)
        .filter(([, since]) => entry.at - since > readMs)
        .filter(
          ([table]) =>
            !sight
              .targetsSince(table, cidr, entry.at - readMs)
              .includes(sight.targetOf(node, cidr) ?? 'nothing'),
        )
        .map(
          ([table]) => `told that node ${node.name} is routed, though ${cidr} was not in force in ${table}`,
        ),
    )
  },
})

/** What other components say of a Node. */
export const strangeReasons: readonly string[] = ['CalicoIsUp', 'CiliumIsUp', 'ExternalCNI']

/** What others say of a Node stays as they said it. */
export const strangers = (): Invariant => ({
  name: 'foreign conditions',
  see(entry) {
    if (
      entry.kind !== 'node' ||
      entry.by === people ||
      entry.node === undefined ||
      entry.before === undefined
    )
      return []
    const { node, before } = entry
    const isStrange = strangeReasons.some((reason) => before.unavailable?.endsWith(` ${reason}`) === true)
    return [
      ...(isStrange && node.unavailable !== before.unavailable
        ? [
            `changed NetworkUnavailable of node ${node.name} from ${before.unavailable} to ${node.unavailable}`,
          ]
        : []),
      ...(node.rest === before.rest
        ? []
        : [`changed more of node ${node.name} than is podway's: ${before.rest} became ${node.rest}`]),
    ]
  },
})
