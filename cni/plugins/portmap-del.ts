import type { Call } from '../call.ts'
import { tidyPorts } from '../nftables/port-tidying.ts'
import { hasPorts } from '../spec/capability.ts'
import { forgetEnded } from './port-connections.ts'
import { endPorts } from './rules-removal.ts'
import { masqueradeComment } from './veth-name.ts'

/**
 * DEL of the chained plugin `portmap`: ends all mappings of the attachment, by its name alone. Neither a namespace nor a
 * previous result nor the ports need be known any more, and one that became invalid keeps nothing.
 */
export function del({ system, environment, config }: Call): void {
  const own = masqueradeComment({ ...environment, network: config.name })
  // What only mappings needed goes with the last of who knows of ports: a DEL without any is cheap.
  endPorts(system, own, { ports: hasPorts(config) ? tidyPorts : undefined, forget: forgetEnded })
}
