import { type Cidr, containsCidr, equalCidrs, formatCidr } from '../net/cidr.ts'
import type { ExaminedCluster, ExaminedNode, PodPool } from './examined.ts'
import type { FindingObject } from './finding.ts'

/** A range in which pods have addresses, or may. */
export interface PodRange {
  readonly cidr: Cidr
  /** `pool 10.244.0.0/16`, `podCIDR 10.9.0.0/24 of Node a` */
  readonly text: string
  readonly object: FindingObject
}

/** Whether the network delivers a podCIDR to its Node by itself: then no route leads to it, and it may lie in a subnet's range. */
export type IsDelegated = (cidr: Cidr) => boolean

/** The pools, and those podCIDRs that are of none of them, without what is delegated. */
export const podRanges = (
  { nodes, pools }: Pick<ExaminedCluster, 'nodes' | 'pools'>,
  isDelegated: IsDelegated = () => false,
): readonly PodRange[] => [
  ...pools.map(({ range }): PodRange => ({
    cidr: range,
    text: `pool ${formatCidr(range)}`,
    object: { kind: 'pool', name: formatCidr(range) },
  })),
  ...nodes.flatMap(({ name, podCIDRs }) =>
    podCIDRs
      .filter((cidr) => !isDelegated(cidr) && !pools.some(({ range }) => containsCidr(range, cidr)))
      .map((cidr): PodRange => ({
        cidr,
        text: `podCIDR ${formatCidr(cidr)} of Node ${name}`,
        object: { kind: 'Node', name },
      })),
  ),
]

/** Where a destination stands among those of pods. */
export type PodPlace =
  /** It is the podCIDR of the Node. */
  | { readonly at: 'node'; readonly node: ExaminedNode }
  /** It is a part of that podCIDR. */
  | { readonly at: 'inside'; readonly node: ExaminedNode }
  /** It is a part of the pool that no Node has. */
  | { readonly at: 'pool'; readonly pool: PodPool }

/** Undefined for what takes no packet of a pod away: a wider destination does not either, since the more specific one wins. */
export function podPlace(
  destination: Cidr,
  { nodes, pools }: Pick<ExaminedCluster, 'nodes' | 'pools'>,
): PodPlace | undefined {
  const holder = nodes.find(({ podCIDRs }) => podCIDRs.some((cidr) => equalCidrs(cidr, destination)))
  if (holder !== undefined) return { at: 'node', node: holder }
  const around = nodes.find(({ podCIDRs }) => podCIDRs.some((cidr) => containsCidr(cidr, destination)))
  if (around !== undefined) return { at: 'inside', node: around }
  const pool = pools.find(({ range }) => containsCidr(range, destination))
  return pool === undefined ? undefined : { at: 'pool', pool }
}
