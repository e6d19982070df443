import { overlaps, parseCidr } from '../../../net/cidr.ts'
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
      sight.tablesFor(cidr).flatMap(([table]) =>
        unrouted(
          sight,
          table,
          cidr,
          of.map(({ node }) => node),
        ),
      ),
    ),
    ...tables.flatMap((table) => leaks(sight, table, new Set(claims.keys()))),
    ...tables.flatMap((table) => notInForce(sight, table)),
    ...(sight.adopts
      ? tables.flatMap((table) => [...claims].flatMap(([cidr, of]) => unadopted(sight, table, cidr, of)))
      : []),
    ...[...sight.records.keys()]
      .filter((destination) => !claims.has(destination))
      .map((destination) => `the NodeRoute of ${destination} is left over`),
    ...nodes.flatMap((node) => conditionOf(sight, node, claims)),
  ]
}

function unrouted(
  sight: Sight,
  table: string,
  cidr: string,
  claimants: readonly NodeState[],
): readonly string[] {
  const there = sight.carriers(table, cidr)
  const targets = claimants.map((node) => sight.targetOf(node, cidr))
  if (there.length === 0 && isTaken(sight, table, cidr)) return []
  if (there.length === 0) return [`${cidr} is missing in ${table}`]
  // A foreign route stays where it is.
  if (there.some(({ by }) => by === people)) return []
  return there
    .filter(({ target }) => !targets.includes(target))
    .map(({ target }) => `${cidr} leads to ${target} in ${table}`)
}

/** A part of it is delegated to somebody else, so that it can be nobody's. */
const isTaken = (sight: Sight, table: string, cidr: string): boolean =>
  sight.delegates(table) &&
  sight
    .routes(table)
    .some(({ by, destination }) => by === people && overlaps(parseCidr(destination), parseCidr(cidr)))

/** Podway's routes to what nobody has, and all but one of those to one destination. */
const leaks = (sight: Sight, table: string, wanted: ReadonlySet<string>): readonly string[] => {
  const ours = sight.routes(table).filter(({ by }) => by !== people)
  return [...Map.groupBy(ours, ({ destination }) => destination)].flatMap(([destination, routes]) =>
    routes.length === 1 && wanted.has(destination)
      ? []
      : routes.map(({ target }) => `the route to ${destination}, ${target}, is left over in ${table}`),
  )
}

/** The only route to what one Node alone has, which leads to its machine, is podway's in the end, whoever made it. */
function unadopted(
  sight: Sight,
  table: string,
  cidr: string,
  claims: readonly { readonly node: NodeState }[],
): readonly string[] {
  const [route, ...others] = sight.routesTo(table, cidr)
  const [claim, ...rivals] = claims
  if (route === undefined || claim === undefined || others.length > 0 || rivals.length > 0) return []
  const isRunning = sight.machines.get(claim.node.providerID)?.state === 'running'
  if (!isRunning || route.target !== sight.targetOf(claim.node, cidr)) return []
  return sight.records.get(cidr)?.tables.includes(table) === true
    ? []
    : [`the route to ${cidr} in ${table} matches node ${claim.node.name}, and was not adopted`]
}

/** What is in a table and what its packets follow have to be the same in the end. */
function notInForce(sight: Sight, table: string): readonly string[] {
  const inForce = sight.inForce(table)
  if (inForce === undefined) return []
  const there = new Map(sight.routes(table).map(({ destination, target }) => [destination, target]))
  return [...new Set([...there.keys(), ...inForce.keys()])]
    .filter((destination) => there.get(destination) !== inForce.get(destination))
    .map(
      (destination) =>
        `packets to ${destination} go to ${inForce.get(destination) ?? 'nothing'} in ${table}, which says ${there.get(destination) ?? 'nothing'}`,
    )
}

function conditionOf(
  sight: Sight,
  node: NodeState,
  claims: ReadonlyMap<string, readonly { readonly node: NodeState }[]>,
): readonly string[] {
  const { name, podCIDRs, unavailable = 'none' } = node
  if (strangeReasons.some((reason) => unavailable.endsWith(` ${reason}`))) return []
  const isShared = podCIDRs.some((cidr) => (claims.get(canonical(cidr))?.length ?? 0) > 1)
  const isRunning = sight.machines.get(node.providerID)?.state === 'running'
  const isRouted = podCIDRs.every((cidr) =>
    sight.tablesFor(cidr).every(([table]) => leadsTo(sight, table, cidr, sight.targetOf(node, cidr))),
  )
  // Of several that claim one podCIDR, the one that has it everywhere may still be told that others want it.
  if (isRouted && isRunning && !isShared && podCIDRs.length > 0 && unavailable !== 'False RouteCreated')
    return [`node ${name} is routed, and its condition is ${unavailable}`]
  if (!isRouted && unavailable.startsWith('False') && !isOnlyNew(sight, node))
    return [`node ${name} is not routed, and its condition is ${unavailable}`]
  return []
}

/** All packets to it, that is. */
function leadsTo(sight: Sight, table: string, cidr: string, target: string | undefined): boolean {
  const there = sight.carriers(table, cidr)
  return there.length > 0 && there.every((route) => route.target === target)
}

/**
 * What a table that came later never had takes no node off the net that worked without it. Nor does what a controller does
 * not know of: a foreign route that did the job under its predecessor.
 */
function isOnlyNew(sight: Sight, node: NodeState): boolean {
  return node.podCIDRs.every((cidr) =>
    sight
      .tablesFor(cidr)
      .filter(([table]) => !leadsTo(sight, table, cidr, sight.targetOf(node, cidr)))
      .every(
        ([table, since]) =>
          !sight.wasMade(table, cidr) ||
          (since > 0 && !sight.targetsSince(table, cidr, 0).includes(sight.targetOf(node, cidr) ?? '')),
      ),
  )
}
