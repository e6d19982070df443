import type { Call } from '../call.ts'
import { staticAddresses } from '../ipam/static.ts'
import { addChain } from '../plugins/chain.ts'
import { makePtp } from '../plugins/ptp-add.ts'

export const run = (call: Call): void => addChain(call, makePtp(staticAddresses))
