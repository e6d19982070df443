import type { Request } from '../netlink/connection.ts'
import { difference } from './difference.ts'
import type { Nftables } from './nftables.ts'
import { isOfPorts, suffixOf } from './port-names.ts'
import { readRuleset } from './reading.ts'

/**
 * The changes that take away what port mappings needed that are gone. What they are about belongs to the generation that
 * is read, so they hold for the caller's if it is the same.
 *
 * @param used - the suffixes of what mappings still need, see {@link suffixOf}; '' for none. Undefined: all goes
 */
export function tidyPorts(nftables: Nftables, used: ReadonlySet<string> | undefined): readonly Request[] {
  const isUnneeded = (name: string): boolean => isOfPorts(name) && used?.has(suffixOf(name) ?? '') !== true
  return difference({ chains: [], sets: [] }, readRuleset(nftables), isUnneeded).changes
}
