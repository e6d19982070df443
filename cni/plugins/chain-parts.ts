import type { Call } from '../call.ts'
import { hasPorts, limitsBandwidth } from '../spec/capability.ts'
import { bandwidthPart } from './bandwidth-part.ts'
import type { ChainPart } from './chain.ts'
import { mapPorts } from './portmap.ts'

/** What the configuration and the pod want added to the pod's interface; the reference plugins for interfaces add nothing. */
export function chainParts({ config, reference }: Call): readonly ChainPart[] {
  if (reference) return []
  return [...(hasPorts(config) ? [mapPorts] : []), ...(limitsBandwidth(config) ? [bandwidthPart] : [])]
}
