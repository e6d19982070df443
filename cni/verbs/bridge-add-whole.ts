import type { Call } from '../call.ts'
import { hostLocal } from '../ipam/host-local.ts'
import { staticAddresses } from '../ipam/static.ts'
import { chainParts } from '../plugins/chain-parts.ts'
import { makeBridge } from '../plugins/bridge-add.ts'
import { addChain } from '../plugins/chain.ts'
import { guardMac } from '../plugins/mac-guard.ts'
import { masqueradePod } from '../plugins/masquerade.ts'
import { setPortVlans } from '../plugins/port-vlans.ts'
import { ensureVlanGateway } from '../plugins/vlan-gateway.ts'

/** With all that few bridges need. */
export function run(call: Call): void {
  const ipam = call.config.ipamType === 'static' ? staticAddresses : hostLocal
  const podInterface = makeBridge(ipam, { masqueradePod, guardMac, setPortVlans, ensureVlanGateway })
  addChain(call, podInterface, chainParts(call))
}
