import { type Cidr, containsCidr, formatCidr } from '../../../net/cidr.ts'
import type { FindingObject } from '../../finding.ts'
import { type AwsPicture, valueOf } from './picture.ts'

/** A range in which pods have addresses, or may. */
export interface PodRange {
  readonly cidr: Cidr
  /** `pool 10.244.0.0/16`, `podCIDR 10.9.0.0/24 of Node a` */
  readonly text: string
  readonly object: FindingObject
}

/**
 * The pools, and those podCIDRs that are of none of them. What the VPC delegates to an interface is left out: it lies in the
 * VPC's range by right, and no route leads to it.
 */
export function podRanges(picture: AwsPicture): readonly PodRange[] {
  const { nodes, pools } = picture
  const isDelegated = delegation(picture)
  return [
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
}

/** Whether the VPC delivers a range to an interface of a Node without any route. */
export function delegation({ interfaces }: AwsPicture): (cidr: Cidr) => boolean {
  const delegated = [...(valueOf(interfaces)?.values() ?? [])].flatMap((eni) => eni.delegated)
  return (cidr) => delegated.some((range) => containsCidr(range, cidr))
}
