import type { Call } from '../call.ts'
import { staticAddresses } from '../ipam/static.ts'
import { add } from '../plugins/ipam-add.ts'

export const run = (call: Call): void => add(call, staticAddresses)
