import type { Call } from '../call.ts'
import { hostLocal } from '../ipam/host-local.ts'
import { staticAddresses } from '../ipam/static.ts'
import { foundation } from '../nftables/creation.ts'
import { baseRuleset } from '../nftables/pod-masquerade.ts'
import { portRuleset } from '../nftables/pod-ports.ts'
import { chainParts } from '../plugins/chain-parts.ts'
import { addChain } from '../plugins/chain.ts'
import { masqueradePod } from '../plugins/masquerade.ts'
import { makePtp } from '../plugins/ptp-add.ts'

// This is evaluated when the executable is made: its memory image has them.
foundation(baseRuleset)
foundation(portRuleset)

/** With all that few pods of the plain network need. */
export function run(call: Call): void {
  const ipam = call.config.ipamType === 'static' ? staticAddresses : hostLocal
  addChain(call, makePtp(ipam, masqueradePod), chainParts(call))
}
