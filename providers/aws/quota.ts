import type { Family } from '../../net/address.ts'
import type { Quota, Snapshot } from '../provider.ts'

/** Each family has a limit of its own. */
export interface FamilyQuota extends Quota {
  readonly families: readonly (Quota['families'][number] & { readonly family: Family })[]
}

/**
 * How full a table is. The quota is one of routes that are not propagated, and each family has its own
 * (https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html). The VPC's local routes count: a VPC gets no
 * further range whose route would exceed it (https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html).
 *
 * A route to a prefix list counts as many as the list may have entries. That is not known here, such routes are not
 * listed; in a table with some, EC2 refuses creates that much earlier.
 */
export function quotaOf({ routes }: Snapshot, limit: number): FamilyQuota {
  const counted = routes.filter((route) => route.origin !== 'propagated')
  const usedBy = (family: Family): number =>
    counted.filter((route) => route.destination.family === family).length
  return {
    families: [
      { family: 4, used: usedBy(4), limit },
      { family: 6, used: usedBy(6), limit },
    ],
  }
}
