import { cidrAround } from '../../net/cidr.ts'
import { Nftables } from '../nftables/nftables.ts'
import { addPod } from '../nftables/pod-addition.ts'
import type { MasqueradedAddress } from '../nftables/pod-masquerade.ts'
import { removePods } from '../nftables/pod-removal.ts'
import { tidyPods } from '../nftables/pod-tidying.ts'
import type { System } from '../sys.ts'
import type { Undo } from '../undo.ts'
import type { Lease } from './lease.ts'
import type { MasqueradeConfig } from './masquerade-config.ts'
import { type Member, masqueradeComment } from './veth-name.ts'

/**
 * Masquerades what the pod's addresses send to elsewhere, and remembers how to take that back. Whoever is in the pod's own
 * subnet sees its addresses, as upstream has it.
 */
export function masqueradePod(
  system: System,
  request: {
    readonly owner: Member
    readonly leases: readonly Pick<Lease, 'address'>[]
    readonly config: MasqueradeConfig
  },
  undo: Undo,
): void {
  const nftables = new Nftables(system)
  const comment = masqueradeComment(request.owner)
  // Before the attempt: it may be there although the answer got lost.
  undo.add(() => removePods(nftables, (found) => found === comment, tidyPods))
  addPod(nftables, toMasqueradedAddresses(request.leases, request.config), comment)
}

export const toMasqueradedAddresses = (
  leases: readonly Pick<Lease, 'address'>[],
  { exceptions }: MasqueradeConfig,
): readonly MasqueradedAddress[] =>
  leases.map(({ address: { address, prefixLength } }) => ({
    address,
    exceptions: [cidrAround(address, prefixLength), ...exceptions],
  }))
