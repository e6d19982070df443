import type { Node } from '../../kube/objects.ts'
import type { ExaminedNode } from '../../providers/examined.ts'
import { podRanges, routedNode } from '../../reconciler/routed-node.ts'

export function examinedNode(node: Node): ExaminedNode {
  const routed = routedNode(node)
  const { addresses, name, providerID } = routed
  return {
    name,
    addresses,
    podCIDRs: podRanges(routed),
    ...(providerID === undefined ? {} : { providerID }),
  }
}
