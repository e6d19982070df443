import type { Call } from '../call.ts'
import { hasMappings } from '../nftables/port-owner.ts'
import { hasPorts } from '../spec/capability.ts'
import { endMappings } from './ports-removal.ts'
import { leave, openFilter } from './rules-removal.ts'
import { masqueradeComment } from './veth-name.ts'

/**
 * DEL of the chained plugin `portmap`: ends all mappings of the attachment, by its name alone. Neither a namespace nor a
 * previous result nor the ports need be known any more, and one that became invalid keeps nothing. Told of no port, it
 * asks first whether there were any: most often not.
 */
export function del({ system, environment, config }: Call): void {
  const nftables = openFilter(system)
  if (nftables === undefined) return
  const own = masqueradeComment({ ...environment, network: config.name })
  if (hasPorts(config) || hasMappings(nftables, own))
    leave(nftables, endMappings(system, nftables, (found) => found === own).length)
}
