import type { Call } from '../call.ts'
import { tidyPorts } from '../nftables/port-tidying.ts'
import { forgetEnded } from './port-connections.ts'
import { endMappings } from './rules-removal.ts'
import { masqueradeComment } from './veth-name.ts'

/**
 * DEL of the chained plugin `portmap`: ends all mappings of the attachment, by its name alone. Neither a namespace nor a
 * previous result nor the ports need be known any more, and one that became invalid keeps nothing.
 */
export function del({ system, environment, config }: Call): void {
  const own = masqueradeComment({ ...environment, network: config.name })
  endMappings(system, (comment) => comment === own, { ports: tidyPorts, forget: forgetEnded })
}
