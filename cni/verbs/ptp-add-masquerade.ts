import type { Call } from '../call.ts'
import { hostLocal } from '../ipam/host-local.ts'
import { masqueradePod } from '../plugins/masquerade.ts'
import { add } from '../plugins/ptp-add.ts'

export const run = (call: Call): void => add(call, hostLocal, masqueradePod)
