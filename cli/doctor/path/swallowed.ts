import type { PathRoute } from '../../../agent/path/path-facts.ts'
import { type Address, formatAddress } from '../../../net/address.ts'
import type { Finding } from '../../../providers/finding.ts'
import { found } from './path-findings.ts'

/** What the Node takes for itself. Google's guest agent makes such routes for alias ranges (https://github.com/cilium/cilium/issues/36817). */
export function swallowed(node: string, address: Address, route: PathRoute): Finding {
  const isGuestAgents = route.protocol === 66
  const dev = route.interface === undefined ? '' : ` dev ${route.interface}`
  return found('AddressSwallowed', {
    object: { kind: 'Node', name: node },
    message: `Node ${node} takes packets for ${formatAddress(address)} for itself: ${isGuestAgents ? 'Google’s guest agent has made' : `protocol ${route.protocol} has made`} the route local ${route.destination}${dev} in table ${route.table}.`,
    fix: isGuestAgents
      ? `Set ip_aliases = false under [IpForwarding] in /etc/default/instance_configs.cfg, restart google-guest-agent, and: ip route del local ${route.destination}${dev} table ${route.table} (on Node ${node}).`
      : `ip route del local ${route.destination}${dev} table ${route.table} (on Node ${node}), and stop the program that made it.`,
  })
}
