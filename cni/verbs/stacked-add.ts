import type { Call } from '../call.ts'
import { hostLocal } from '../ipam/host-local.ts'
import { staticAddresses } from '../ipam/static.ts'
import { chainParts } from '../plugins/chain-parts.ts'
import { addChain } from '../plugins/chain.ts'
import { makeStacked } from '../plugins/stacked-add.ts'
import { stackedKindOf } from '../plugins/stacked-kind.ts'

export function run(call: Call): void {
  const ipam = call.config.ipamType === 'static' ? staticAddresses : hostLocal
  // Its rates can't be limited, and it says so.
  addChain(call, makeStacked(stackedKindOf(call), ipam), chainParts(call))
}
