import type { Family } from '../../net/address.ts'
import { AddressSyntaxError } from '../../net/address.ts'
import { type Cidr, parseCidr } from '../../net/cidr.ts'
import type { KubeObject } from '../../kube/objects.ts'
import type { ResourceType } from '../../kube/resource.ts'

export const podNetworkType: ResourceType = {
  group: 'podway.dev',
  version: 'v1alpha1',
  plural: 'podnetworks',
  namespaced: false,
}

/** There is one. */
export const podNetworkName = 'default'

/**
 * What agents have to know of the network; `deploy/crds/podnetworks.yaml` is the schema. It is an observation that the
 * controller publishes, so it is the status: an edit or a manifest that is applied again does not touch it, and a spec is
 * left for what users may want to say.
 */
export interface PodNetwork extends KubeObject {
  /** Absent until the controller knows: then nothing is native. */
  readonly status?: PodNetworkStatus
}

export interface PodNetworkStatus {
  /** {@link RouteProvider.name}; `none` where podway writes no routes. */
  readonly provider: string
  readonly cluster: string
  /** Those of which pods have addresses, IPv4 first. */
  readonly families: readonly PodNetworkFamily[]
  /** When anything of it last changed; RFC 3339, seconds. */
  readonly since: string
}

export interface PodNetworkFamily {
  readonly family: `IPv${Family}`
  /** Where pods have their addresses; aggregated, sorted. */
  readonly pools: readonly string[]
  /** Where pods are answered under their own addresses; aggregated, sorted. */
  readonly nativeRanges: readonly string[]
}

/** Whether both say the same, whenever they began to. Another order, or another spelling, is not the same. */
export function sameFacts(a: PodNetworkStatus | undefined, b: PodNetworkStatus | undefined): boolean {
  return factsText(a) === factsText(b)
}

const factsText = (status: PodNetworkStatus | undefined): string =>
  JSON.stringify(
    status && [
      status.provider,
      status.cluster,
      status.families.map(({ family, nativeRanges, pools }) => [family, pools, nativeRanges]),
    ],
  )

/** The native ranges of both families; what somebody has written there that is none is left out. */
export function nativeRangesOf(status: PodNetworkStatus | undefined): readonly Cidr[] {
  return (status?.families ?? []).flatMap(({ nativeRanges }) =>
    nativeRanges.flatMap((text) => {
      try {
        return [parseCidr(text)]
      } catch (error) {
        if (error instanceof AddressSyntaxError) return []
        throw error
      }
    }),
  )
}
