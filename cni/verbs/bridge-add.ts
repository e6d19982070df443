import type { Call } from '../call.ts'
import { hostLocal } from '../ipam/host-local.ts'
import { makeBridge } from '../plugins/bridge-add.ts'
import { addChain } from '../plugins/chain.ts'

export const run = (call: Call): void => addChain(call, makeBridge(hostLocal))
