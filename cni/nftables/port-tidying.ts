import type { Request } from '../netlink/connection.ts'
import { difference } from './difference.ts'
import type { Nftables } from './nftables.ts'
import { isOfPorts } from './port-names.ts'
import { readRuleset } from './reading.ts'

/**
 * The changes that take away all that port mappings needed. What they are about belongs to the generation that is read, so
 * they hold for the caller's if it is the same.
 */
export const tidyPorts = (nftables: Nftables): readonly Request[] =>
  difference({ chains: [], sets: [] }, readRuleset(nftables), isOfPorts).changes
