import type { Call } from '../call.ts'
import { hostLocal } from '../ipam/host-local.ts'
import { addChain } from '../plugins/chain.ts'
import { masqueradePod } from '../plugins/masquerade.ts'
import { makePtp } from '../plugins/ptp-add.ts'

export const run = (call: Call): void => addChain(call, makePtp(hostLocal, masqueradePod))
