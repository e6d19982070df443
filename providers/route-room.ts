import type { Family } from '../net/address.ts'
import { type Cidr, formatCidr } from '../net/cidr.ts'
import type { ExaminedCluster } from './examined.ts'
import type { IsDelegated } from './pod-ranges.ts'
import type { Quota } from './provider.ts'

/** From which part of the limit on it is time to ask for more: it may take a cloud days. */
const nearlyFull = 0.8

/** Why a table has, or will have, too little room. */
export type RoomProblem =
  /** For the routes that the Nodes lack. */
  | { readonly kind: 'full'; readonly missing: number }
  /** It has so many once every Node has its own, which is close to the limit. */
  | { readonly kind: 'nearly-full'; readonly needed: number }
  /** For as many Nodes as the pools are for, besides those routes that are not Nodes'. */
  | { readonly kind: 'pools-exceed'; readonly nodes: bigint; readonly others: bigint }

/**
 * Whether a table takes the routes of the Nodes that there are, and of those that the pools allow.
 * @param there destinations that have a route already
 */
export function roomProblems(
  { family, limit, used }: Quota['families'][number],
  there: readonly Cidr[],
  cluster: ExaminedCluster,
  isDelegated: IsDelegated = () => false,
): readonly RoomProblem[] {
  const families = family === 'both' ? ([4, 6] as const) : [family]
  const wanted = families.flatMap((one) => wantedRoutes(one, cluster, isDelegated))
  const known = new Set(there.map(formatCidr))
  const missing = wanted.filter((route) => !known.has(route)).length
  const needed = used + missing
  if (needed > limit) return [{ kind: 'full', missing }]
  const nodes = nodesOfPools(cluster)
  // Other routes than those of Nodes stay, however many Nodes there are.
  const others = BigInt(Math.max(0, needed - wanted.length))
  const ofEach = BigInt(families.filter((one) => hasPool(cluster, one)).length)
  return [
    ...(needed >= limit * nearlyFull ? [{ kind: 'nearly-full' as const, needed }] : []),
    ...(ofEach > 0n && others + nodes * ofEach > BigInt(limit)
      ? [{ kind: 'pools-exceed' as const, nodes, others }]
      : []),
  ]
}

/** One for each podCIDR, and one for each Node that is to get one yet, which no table has. */
function wantedRoutes(family: Family, cluster: ExaminedCluster, isDelegated: IsDelegated): readonly string[] {
  return cluster.nodes.flatMap(({ name, podCIDRs }) => {
    if (podCIDRs.length === 0) return hasPool(cluster, family) ? [`of ${name}`] : []
    return podCIDRs.filter((cidr) => cidr.family === family && !isDelegated(cidr)).map(formatCidr)
  })
}

const hasPool = ({ pools }: ExaminedCluster, family: Family): boolean =>
  pools.some(({ range }) => range.family === family)

/** A node gets one block of each family, so the smaller family says how many there can be. */
function nodesOfPools({ pools }: ExaminedCluster): bigint {
  const families = ([4, 6] as const).filter((family) => pools.some(({ range }) => range.family === family))
  const sizes = families.map((family) =>
    pools.filter(({ range }) => range.family === family).reduce((sum, { nodes }) => sum + nodes, 0n),
  )
  return sizes.reduce((least, size) => (size < least ? size : least), sizes[0] ?? 0n)
}
