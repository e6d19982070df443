import type { Call } from '../call.ts'
import { hostLocal } from '../ipam/host-local.ts'
import { staticAddresses } from '../ipam/static.ts'
import { bandwidthPart } from '../plugins/bandwidth-part.ts'
import { addChain } from '../plugins/chain.ts'
import { masqueradePod } from '../plugins/masquerade.ts'
import { mapPorts } from '../plugins/portmap.ts'
import { makePtp } from '../plugins/ptp-add.ts'

export function run(call: Call): void {
  const ipam = call.config.ipamType === 'static' ? staticAddresses : hostLocal
  addChain(call, makePtp(ipam, masqueradePod), [mapPorts, bandwidthPart])
}
