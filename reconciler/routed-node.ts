import type { Node } from '../kube/objects.ts'
import { type Address, AddressSyntaxError, parseAddress } from '../net/address.ts'
import { type Cidr, cidrAround, parseInterfaceAddress } from '../net/cidr.ts'
import type { RoutedNode } from './plan/claims.ts'

/** The Node as routes see it. */
export function routedNode(node: Node): RoutedNode {
  const { name, uid, creationTimestamp } = node.metadata
  const { providerID, podCIDRs, podCIDR } = node.spec
  return {
    name,
    uid,
    createdAt: creationTimestamp === undefined ? 0 : Date.parse(creationTimestamp),
    ...(providerID === undefined || providerID === '' ? {} : { providerID }),
    addresses: (node.status?.addresses ?? [])
      .filter(({ type }) => type === 'InternalIP')
      .flatMap(({ address }) => readAddress(address)),
    // Clients older than dual-stack set the single field only.
    podCIDRs: podCIDRs ?? (podCIDR === undefined || podCIDR === '' ? [] : [podCIDR]),
  }
}

/** An address that can't be read identifies nobody; the others may. */
function readAddress(text: string): readonly Address[] {
  try {
    return [parseAddress(text)]
  } catch (error) {
    if (error instanceof AddressSyntaxError) return []
    throw error
  }
}

/**
 * The ranges in which the node's pods may have addresses. Of a podCIDR with bits set behind the prefix too: it can't be
 * routed as it is written, and the node uses it all the same (https://github.com/kubernetes/kubernetes/issues/84541).
 */
export function podRanges({ podCIDRs }: RoutedNode): readonly Cidr[] {
  return podCIDRs.flatMap((text) => {
    try {
      const { address, prefixLength } = parseInterfaceAddress(text)
      return [cidrAround(address, prefixLength)]
    } catch (error) {
      if (error instanceof AddressSyntaxError) return []
      throw error
    }
  })
}
