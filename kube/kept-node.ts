import type { Node } from './objects.ts'

/**
 * What podway reads of a Node, for a {@link Reflector} to keep: the rest, which is managed fields, annotations, and fifty
 * images by all their names, is twenty times as much, and 5,000 Nodes are a cluster. Pure.
 */
export function keptOfNode({ metadata, spec, status }: Node): Node {
  const { name, uid, resourceVersion, creationTimestamp, deletionTimestamp, labels } = metadata
  const { podCIDR, podCIDRs, providerID, taints } = spec
  const { addresses, conditions } = status ?? {}
  const networkUnavailable = conditions?.filter(({ type }) => type === 'NetworkUnavailable')
  return {
    metadata: {
      ...{ name, uid, resourceVersion },
      ...(creationTimestamp !== undefined && { creationTimestamp }),
      ...(deletionTimestamp !== undefined && { deletionTimestamp }),
      ...(labels !== undefined && { labels }),
    },
    spec: {
      ...(podCIDR !== undefined && { podCIDR }),
      ...(podCIDRs !== undefined && { podCIDRs }),
      ...(providerID !== undefined && { providerID }),
      ...(taints !== undefined && { taints }),
    },
    status: {
      ...(addresses !== undefined && { addresses }),
      ...(networkUnavailable !== undefined && { conditions: networkUnavailable }),
    },
  }
}
