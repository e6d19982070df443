import { parseAddress } from '../../../net/address.ts'
import type { MeshNode } from '../../../agent/mesh/mesh-nodes.ts'

/** The n-th node of one large segment, 10.0.0.0/16 and fd00::/64, with a podCIDR of each family. */
export function peer(n: number): MeshNode {
  const [high, low] = [n >> 8, n & 255]
  return {
    name: `node-${n}`,
    uid: `uid-${n}`,
    createdAt: n,
    addresses: [`10.0.${high}.${low}`, `fd00::${n.toString(16)}`].map(parseAddress),
    podCIDRs: [`10.${100 + high}.${low}.0/24`, `fd00:10:244:${n.toString(16)}::/64`],
  }
}
