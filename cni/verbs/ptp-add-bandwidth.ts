import type { Call } from '../call.ts'
import { hostLocal } from '../ipam/host-local.ts'
import { staticAddresses } from '../ipam/static.ts'
import { bandwidthPart } from '../plugins/bandwidth-part.ts'
import { addChain } from '../plugins/chain.ts'
import { masqueradePod } from '../plugins/masquerade.ts'
import { makePtp } from '../plugins/ptp-add.ts'

export const run = (call: Call): void =>
  addChain(call, makePtp(call.config.ipamType === 'static' ? staticAddresses : hostLocal, masqueradePod), [
    bandwidthPart,
  ])
