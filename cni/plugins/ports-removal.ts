import type { Nftables } from '../nftables/nftables.ts'
import { type Removed, removePorts } from '../nftables/port-removal.ts'
import { tidyPorts } from '../nftables/port-tidying.ts'
import type { System } from '../sys.ts'
import { forgetEnded } from './port-connections.ts'

/**
 * Ends the port mappings of all whose comments the function knows, with what only they needed, and with what the kernel
 * remembers of connections by them.
 */
export function endMappings(
  system: System,
  nftables: Nftables,
  isGone: (comment: string) => boolean,
): readonly Removed[] {
  const removed = removePorts(nftables, isGone, tidyPorts)
  forgetEnded(system, nftables.connection, removed)
  return removed
}
