import type { NodeRules } from '../../cni/serve/protocol.ts'
import { AddressSyntaxError } from '../../net/address.ts'
import { aggregate } from '../../net/aggregate.ts'
import { type Cidr, formatCidr, parseCidr } from '../../net/cidr.ts'
import { type PodNetworkStatus, nativeRangesOf } from '../../reconciler/pod-network/pod-network.ts'
import type { SetupSettings } from './settings.ts'

/** Where pods have their addresses, as far as a node knows by itself. */
export interface KnownPods {
  /** The node's own. */
  readonly own: readonly Cidr[]
  /** Of other Nodes, where it watches them. */
  readonly others: readonly Cidr[]
}

/**
 * The rules of the node: what is not for pods or for native ranges is masqueraded, if pods send it. As docs/reference/pod-network.md
 * says, without a PodNetwork everything is but the pod addresses that the node knows by itself: to masquerade too much
 * costs the pod's own address, too little costs the reply. The pools' ranges are exceptions, not the node's own podCIDRs
 * alone, which would masquerade between pods of two nodes (https://github.com/kubernetes/kubernetes/issues/11204).
 */
export function desiredRules(
  { others, own }: KnownPods,
  network: PodNetworkStatus | undefined,
  settings: SetupSettings,
): NodeRules {
  const ofFamilies = (cidrs: readonly Cidr[]): readonly string[] =>
    aggregate(cidrs.filter(({ family }) => settings.masquerade.includes(family))).map(formatCidr)
  const pools = poolsOf(network)
  const sources = ofFamilies([...own, ...pools])
  const exceptions = ofFamilies([
    ...own,
    ...others,
    ...pools,
    ...nativeRangesOf(network),
    ...settings.nonMasqueradeCidrs,
  ])
  return {
    ...(sources.length > 0 && {
      masquerade: {
        sources,
        exceptions,
        linkLocal: settings.masqueradeLinkLocal,
        randomFully: settings.randomFully,
      },
    }),
    antiSpoofing: settings.antiSpoofing,
    blockMetadata: settings.blockMetadata,
  }
}

/** Whether they keep or change no packet: then a machine that can't have rules does as well. */
export const areEmpty = ({ antiSpoofing, blockMetadata, masquerade }: NodeRules): boolean =>
  masquerade === undefined && !antiSpoofing && !blockMetadata

/** The pools of both families; what somebody has written there that is none is left out. */
function poolsOf(status: PodNetworkStatus | undefined): readonly Cidr[] {
  return (status?.families ?? []).flatMap(({ pools }) =>
    pools.flatMap((text) => {
      try {
        return [parseCidr(text)]
      } catch (error) {
        if (error instanceof AddressSyntaxError) return []
        throw error
      }
    }),
  )
}
