import { aggregate } from '../../net/aggregate.ts'
import { type Cidr, formatCidr } from '../../net/cidr.ts'
import type { PodNetworkFamily, PodNetworkStatus } from './pod-network.ts'

export interface PodNetworkInput {
  readonly provider: string
  readonly cluster: string
  /** Where pods may have addresses: pools, and what nodes have, in them or not; in any order, overlapping or not. */
  readonly podRanges: readonly Cidr[]
  /** What answers pods under their own addresses; as above. */
  readonly nativeRanges: readonly Cidr[]
}

/**
 * What is to be published. Pure: equal sets of addresses give equal texts, whatever ranges they came in. A family without
 * pods is left out, with its native ranges: nobody has an address that would be native there.
 */
export function podNetworkFacts(input: PodNetworkInput): Omit<PodNetworkStatus, 'since'> {
  const { cluster, nativeRanges, podRanges, provider } = input
  const families = ([4, 6] as const).flatMap((family): readonly PodNetworkFamily[] => {
    const textsOf = (ranges: readonly Cidr[]): readonly string[] =>
      aggregate(ranges.filter((range) => range.family === family)).map(formatCidr)
    const pools = textsOf(podRanges)
    return pools.length === 0 ? [] : [{ family: `IPv${family}`, pools, nativeRanges: textsOf(nativeRanges) }]
  })
  return { provider, cluster, families }
}
