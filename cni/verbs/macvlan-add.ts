import type { Call } from '../call.ts'
import { hostLocal } from '../ipam/host-local.ts'
import { staticAddresses } from '../ipam/static.ts'
import { bandwidthPart } from '../plugins/bandwidth-part.ts'
import { addChain } from '../plugins/chain.ts'
import { mapPorts } from '../plugins/portmap.ts'
import { makeStacked } from '../plugins/stacked-add.ts'

export function run(call: Call): void {
  const ipam = call.config.ipamType === 'static' ? staticAddresses : hostLocal
  // Its rates can't be limited, and it says so.
  addChain(call, makeStacked('macvlan', ipam), call.reference ? [] : [mapPorts, bandwidthPart])
}
