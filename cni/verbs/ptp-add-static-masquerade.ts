import type { Call } from '../call.ts'
import { staticAddresses } from '../ipam/static.ts'
import { masqueradePod } from '../plugins/masquerade.ts'
import { add } from '../plugins/ptp-add.ts'

export const run = (call: Call): void => add(call, staticAddresses, masqueradePod)
