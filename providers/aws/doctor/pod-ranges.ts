import { type Cidr, containsCidr, formatCidr } from '../../../net/cidr.ts'
import type { FindingObject } from '../../finding.ts'
import type { AwsPicture } from './picture.ts'

/** A range in which pods have addresses, or may. */
export interface PodRange {
  readonly cidr: Cidr
  /** `pool 10.244.0.0/16`, `podCIDR 10.9.0.0/24 of Node a` */
  readonly text: string
  readonly object: FindingObject
}

/** The pools, and those podCIDRs that are of none of them. */
export function podRanges({ nodes, pools }: AwsPicture): readonly PodRange[] {
  return [
    ...pools.map(({ range }): PodRange => ({
      cidr: range,
      text: `pool ${formatCidr(range)}`,
      object: { kind: 'pool', name: formatCidr(range) },
    })),
    ...nodes.flatMap(({ name, podCIDRs }) =>
      podCIDRs
        .filter((cidr) => !pools.some(({ range }) => containsCidr(range, cidr)))
        .map((cidr): PodRange => ({
          cidr,
          text: `podCIDR ${formatCidr(cidr)} of Node ${name}`,
          object: { kind: 'Node', name },
        })),
    ),
  ]
}
