import { ec2Limits } from '../../../providers/aws/limits.ts'
import type { ClusterSize } from './cluster-size.ts'

/** How many writes of one kind something takes at least. */
export interface Work {
  readonly action: 'CreateRoute' | 'DeleteRoute' | 'ModifyNetworkInterfaceAttribute'
  readonly count: number
}

/** Half of what AWS lets everybody together write in a second, of each kind. */
export const rivalPerSecond = ec2Limits.others.perSecond / 2

/**
 * The seconds that the work takes at least within a share of the cloud's buckets, from full ones: whatever does it, and
 * however well. Actions have buckets of their own, so the slowest one counts. A rival leaves what it does not take.
 */
export function floorSeconds(
  work: readonly Work[],
  cluster: Pick<ClusterSize, 'bucketScale' | 'hasRival'>,
  share: number,
): number {
  return Math.max(0, ...work.map((one) => secondsFor(one, cluster, share)))
}

function secondsFor(
  { action, count }: Work,
  { bucketScale, hasRival }: Pick<ClusterSize, 'bucketScale' | 'hasRival'>,
  share: number,
): number {
  const { burst, perSecond } = ec2Limits.byAction[action] ?? ec2Limits.others
  const isContended = hasRival && action !== 'ModifyNetworkInterfaceAttribute'
  const left = bucketScale * perSecond - (isContended ? rivalPerSecond : 0)
  return Math.max(0, count - share * bucketScale * burst) / Math.min(share * bucketScale * perSecond, left)
}
