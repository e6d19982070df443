import { formatCidr } from '../../../../net/cidr.ts'
import { timestamp } from '../operations.ts'
import { urlOf } from '../references.ts'
import type { Firewall, FirewallPolicy, FirewallPolicyRule } from '../state.ts'

export function firewallView(rule: Firewall): object {
  const ranges = rule.ranges.map(formatCidr)
  return {
    kind: 'compute#firewall',
    id: rule.id,
    creationTimestamp: timestamp(rule.created),
    name: rule.name,
    description: '',
    network: urlOf(rule.network),
    priority: rule.priority,
    direction: rule.direction,
    disabled: rule.disabled,
    [rule.action === 'allow' ? 'allowed' : 'denied']: rule.protocols.map((text) => {
      const [IPProtocol = '', ports] = text.split(':')
      return { IPProtocol, ...(ports === undefined ? {} : { ports: [ports] }) }
    }),
    ...list(rule.direction === 'INGRESS' ? 'sourceRanges' : 'destinationRanges', ranges),
    ...list('sourceTags', rule.sourceTags),
    ...list('sourceServiceAccounts', rule.sourceServiceAccounts),
    ...list('targetTags', rule.targetTags),
    ...list('targetServiceAccounts', rule.targetServiceAccounts),
    logConfig: { enable: false },
    selfLink: urlOf(rule.path),
  }
}

/** As `getEffectiveFirewalls` has it. */
export const policyView = ({ name, rules, type }: FirewallPolicy): object => ({
  name,
  displayName: name,
  shortName: name,
  type,
  ...list('rules', rules.map(policyRuleView)),
})

function policyRuleView(rule: FirewallPolicyRule): object {
  const [near, far] = rule.direction === 'INGRESS' ? ['src', 'dest'] : ['dest', 'src']
  return {
    kind: 'compute#firewallPolicyRule',
    priority: rule.priority,
    description: '',
    direction: rule.direction,
    action: rule.action,
    disabled: rule.disabled ?? false,
    match: {
      ...list(`${near}IpRanges`, rule.ranges ?? []),
      ...list(`${far}IpRanges`, rule.otherRanges ?? []),
      ...list(`${near}AddressGroups`, rule.addressGroups ?? []),
      layer4Configs: rule.protocols.map((text) => {
        const [ipProtocol = '', ports] = text.split(':')
        return { ipProtocol, ...(ports === undefined ? {} : { ports: [ports] }) }
      }),
    },
    ...list('targetServiceAccounts', rule.targetServiceAccounts ?? []),
    ...list('targetResources', (rule.targets ?? []).map(urlOf)),
    ...list(
      'targetSecureTags',
      (rule.targetTags ?? []).map((name) => ({ name, state: 'EFFECTIVE' })),
    ),
    ruleTupleCount: 1,
    enableLogging: false,
  }
}

/** The API leaves empty lists out. */
const list = (name: string, items: readonly unknown[]): object =>
  items.length === 0 ? {} : { [name]: items }
