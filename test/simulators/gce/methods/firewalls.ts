import type { Context, Method, Request } from '../method.ts'
import { firewallView, policyView } from '../views/firewall.ts'
import { findNetwork } from './networks.ts'

/** All that holds for a network: its own rules, and the policies of the organization, its folders and itself. */
function effective(request: Request, context: Context): object {
  const network = findNetwork(request, context)
  const rules = [...context.state.firewalls.values()].filter((rule) => rule.network === network.path)
  return {
    ...(rules.length === 0 ? {} : { firewalls: rules.map(firewallView) }),
    ...(network.policies.length === 0 ? {} : { firewallPolicys: network.policies.map(policyView) }),
  }
}

export const FIREWALL_METHODS: readonly Method[] = [
  {
    name: 'networks.getEffectiveFirewalls',
    httpMethod: 'GET',
    path: 'projects/{project}/global/networks/{network}/getEffectiveFirewalls',
    query: [],
    group: 'read',
    run: effective,
  },
]
