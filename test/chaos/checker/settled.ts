import { people } from '../journal.ts'
import type { NodeState } from '../journal.ts'
import { strangeReasons } from './condition.ts'
import { type Sight, canonical } from './sight.ts'

/** What of the end of a story is not as it has to be; nothing if all is. */
export function unsettled(sight: Sight): readonly string[] {
  const nodes = [...sight.nodes.values()]
  const claims = Map.groupBy(
    nodes.flatMap((node) => node.podCIDRs.map((cidr) => ({ node, cidr: canonical(cidr) }))),
    ({ cidr }) => cidr,
  )
  const tables = [...sight.clusterTables.keys()]
  return [
    ...nodes
      .filter(({ podCIDRs }) => podCIDRs.length === 0)
      .map(({ name }) => `node ${name} has no podCIDRs`),
    ...[...claims].flatMap(([cidr, of]) =>
      tables.flatMap((table) =>
        unrouted(
          sight,
          table,
          cidr,
          of.map(({ node }) => node),
        ),
      ),
    ),
    ...tables.flatMap((table) => leaks(sight, table, new Set(claims.keys()))),
    ...[...sight.records.keys()]
      .filter((destination) => !claims.has(destination))
      .map((destination) => `the NodeRoute of ${destination} is left over`),
    ...nodes.flatMap((node) => conditionOf(sight, node, claims)),
  ]
}

/** A foreign route stays where it is. */
const isForeign = (sight: Sight, table: string, cidr: string): boolean =>
  sight.route(table, cidr)?.by === people

function unrouted(
  sight: Sight,
  table: string,
  cidr: string,
  claimants: readonly NodeState[],
): readonly string[] {
  const there = sight.route(table, cidr)
  const targets = claimants.map((node) => sight.targetOf(node))
  if (there === undefined) return [`${cidr} is missing in ${table}`]
  if (targets.includes(there.target) || isForeign(sight, table, cidr)) return []
  return [`${cidr} leads to ${there.target} in ${table}`]
}

const leaks = (sight: Sight, table: string, wanted: ReadonlySet<string>): readonly string[] =>
  sight
    .routes(table)
    .filter(({ by, destination }) => by !== people && !wanted.has(destination))
    .map(({ destination, target }) => `the route to ${destination}, ${target}, is left over in ${table}`)

function conditionOf(
  sight: Sight,
  node: NodeState,
  claims: ReadonlyMap<string, readonly { readonly node: NodeState }[]>,
): readonly string[] {
  const { name, podCIDRs, unavailable = 'none' } = node
  if (strangeReasons.some((reason) => unavailable.endsWith(` ${reason}`))) return []
  const target = sight.targetOf(node)
  const isShared = podCIDRs.some((cidr) => (claims.get(canonical(cidr))?.length ?? 0) > 1)
  const isRunning = target !== undefined && sight.stateOf(target) === 'running'
  const isRouted = podCIDRs.every((cidr) =>
    [...sight.clusterTables.keys()].every((table) => sight.route(table, cidr)?.target === target),
  )
  // Of several that claim one podCIDR, the one that has it everywhere may still be told that others want it.
  if (isRouted && isRunning && !isShared && podCIDRs.length > 0 && unavailable !== 'False RouteCreated')
    return [`node ${name} is routed, and its condition is ${unavailable}`]
  if (!isRouted && unavailable.startsWith('False') && !isOnlyNew(sight, node))
    return [`node ${name} is not routed, and its condition is ${unavailable}`]
  return []
}

/** What a table that came later never had takes no node off the net that worked without it. */
function isOnlyNew(sight: Sight, node: NodeState): boolean {
  const target = sight.targetOf(node) ?? ''
  return [...sight.clusterTables].every(([table, since]) =>
    node.podCIDRs
      .filter((cidr) => sight.route(table, cidr)?.target !== target)
      .every((cidr) => since > 0 && !sight.targetsSince(table, cidr, 0).includes(target)),
  )
}
