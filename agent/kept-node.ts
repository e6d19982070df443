import type { Node } from '../kube/objects.ts'

/** What one agent sets and reads of another's Node, and what is said there by others. */
const conditions = ['Ready', 'NetworkUnavailable', 'PodNetworkReachable', 'MeshProgrammed']

/** What an agent reads of a Node, for a Reflector to keep: of hundreds, the rest would be megabytes. Pure. */
export function keptByAgent({ metadata, spec, status }: Node): Node {
  const { deletionTimestamp, name, resourceVersion, uid } = metadata
  const { podCIDR, podCIDRs, providerID } = spec
  return {
    metadata: { name, uid, resourceVersion, ...(deletionTimestamp !== undefined && { deletionTimestamp }) },
    spec: {
      ...(podCIDR !== undefined && { podCIDR }),
      ...(podCIDRs !== undefined && { podCIDRs }),
      ...(providerID !== undefined && { providerID }),
    },
    status: {
      addresses: status?.addresses ?? [],
      conditions: (status?.conditions ?? []).filter(({ type }) => conditions.includes(type)),
    },
  }
}
