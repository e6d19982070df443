import { parseCidr, type Cidr } from '../../../net/cidr.ts'
import type { NetworkAclEntry, SecurityRule, State, Vpc } from './state.ts'

/** What a VPC has from the start: a group that lets its own members in, and an ACL that lets everything through. */
export function addDefaultSecurity(state: State, vpc: Vpc): void {
  const { vpcId } = vpc
  const groupId = state.newId('sg')
  const members: SecurityRule = {
    ruleId: state.newId('sgr'),
    protocol: '-1',
    source: { kind: 'group', groupId },
  }
  state.securityGroups.set(groupId, {
    groupId,
    groupName: 'default',
    description: 'default VPC security group',
    vpcId,
    ingress: [members],
  })
  const networkAclId = state.newId('acl')
  const entries =
    vpc.ipv6CidrBlocks.length === 0 ? entriesOf(anyV4, 0) : [...entriesOf(anyV4, 0), ...entriesOf(anyV6, 1)]
  state.networkAcls.set(networkAclId, { networkAclId, vpcId, entries })
}

const anyV4 = parseCidr('0.0.0.0/0')
const anyV6 = parseCidr('::/0')

/** The last of each, number `*` in the console, can't be removed. */
export const lastRuleNumber = 32_767

function entriesOf(cidr: Cidr, offset: number): readonly NetworkAclEntry[] {
  return [true, false].flatMap((egress): readonly NetworkAclEntry[] => [
    { ruleNumber: 100 + offset, egress, protocol: '-1', action: 'allow', cidr },
    { ruleNumber: lastRuleNumber + offset, egress, protocol: '-1', action: 'deny', cidr },
  ])
}

export function removeDefaultSecurity(state: State, vpcId: string): void {
  for (const [id, group] of state.securityGroups) if (group.vpcId === vpcId) state.securityGroups.delete(id)
  for (const [id, acl] of state.networkAcls) if (acl.vpcId === vpcId) state.networkAcls.delete(id)
}

export const isDefaultGroup = ({ groupName }: { readonly groupName: string }): boolean =>
  groupName === 'default'
