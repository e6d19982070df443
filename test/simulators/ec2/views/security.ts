import { formatCidr } from '../../../../net/cidr.ts'
import type { Context } from '../action.ts'
import type { NetworkAcl, NetworkAclEntry, SecurityGroup, SecurityRule, VpcPeering } from '../state.ts'
import { tagSet } from '../tagging.ts'
import type { XmlFields } from '../xml.ts'

export const groupArn = (groupId: string, { region, accountId }: Context): string =>
  `arn:aws:ec2:${region}:${accountId}:security-group/${groupId}`

export function viewSecurityGroup(group: SecurityGroup, context: Context): XmlFields {
  const { state, accountId } = context
  return {
    ownerId: accountId,
    groupId: group.groupId,
    groupName: group.groupName,
    groupDescription: group.description,
    vpcId: group.vpcId,
    securityGroupArn: groupArn(group.groupId, context),
    ipPermissions: viewPermissions(group.ingress, accountId),
    ipPermissionsEgress: [
      {
        ipProtocol: '-1',
        groups: [],
        ipRanges: [{ cidrIp: '0.0.0.0/0' }],
        ipv6Ranges: [],
        prefixListIds: [],
      },
    ],
    tagSet: tagSet(state, group.groupId),
  }
}

/** Rules of one protocol and the same ports are one permission with several sources. */
function viewPermissions(rules: readonly SecurityRule[], userId: string): readonly XmlFields[] {
  const groups = Map.groupBy(rules, ({ protocol, ports }) => JSON.stringify([protocol, ports]))
  return [...groups.values()].map((same) => {
    const sources = same.map(({ source }) => source)
    const [first] = same
    const ranges = sources.flatMap((source) => (source.kind === 'range' ? [source.cidr] : []))
    return {
      ipProtocol: first?.protocol,
      fromPort: first?.ports?.from,
      toPort: first?.ports?.to,
      groups: sources.flatMap((source) =>
        source.kind === 'group' ? [{ userId, groupId: source.groupId }] : [],
      ),
      ipRanges: ranges.filter(({ family }) => family === 4).map((cidr) => ({ cidrIp: formatCidr(cidr) })),
      ipv6Ranges: ranges.filter(({ family }) => family === 6).map((cidr) => ({ cidrIpv6: formatCidr(cidr) })),
      prefixListIds: sources.flatMap((source) =>
        source.kind === 'prefix-list' ? [{ prefixListId: source.prefixListId }] : [],
      ),
    }
  })
}

export function viewSecurityRule(
  groupId: string,
  { ruleId, protocol, ports, source }: SecurityRule,
  { accountId }: Context,
): XmlFields {
  const cidr = source.kind === 'range' ? source.cidr : undefined
  return {
    securityGroupRuleId: ruleId,
    groupId,
    groupOwnerId: accountId,
    isEgress: false,
    ipProtocol: protocol,
    fromPort: ports?.from ?? -1,
    toPort: ports?.to ?? -1,
    cidrIpv4: cidr?.family === 4 ? formatCidr(cidr) : undefined,
    cidrIpv6: cidr?.family === 6 ? formatCidr(cidr) : undefined,
    prefixListId: source.kind === 'prefix-list' ? source.prefixListId : undefined,
    referencedGroupInfo: source.kind === 'group' ? { groupId: source.groupId, userId: accountId } : undefined,
  }
}

export function viewNetworkAcl(acl: NetworkAcl, { state, accountId }: Context): XmlFields {
  const { networkAclId, vpcId } = acl
  const subnets = [...state.subnets.values()].filter((subnet) => subnet.vpcId === vpcId)
  return {
    networkAclId,
    vpcId,
    default: true,
    entrySet: acl.entries.map(viewEntry),
    associationSet: subnets.map(({ subnetId }) => ({
      networkAclAssociationId: subnetId.replace('subnet', 'aclassoc'),
      networkAclId,
      subnetId,
    })),
    tagSet: tagSet(state, networkAclId) ?? [],
    ownerId: accountId,
  }
}

const viewEntry = ({ ruleNumber, protocol, action, egress, cidr, ports }: NetworkAclEntry): XmlFields => ({
  ruleNumber,
  protocol,
  ruleAction: action,
  egress,
  cidrBlock: cidr.family === 4 ? formatCidr(cidr) : undefined,
  ipv6CidrBlock: cidr.family === 6 ? formatCidr(cidr) : undefined,
  portRange: ports,
})

const statusText: Readonly<Record<VpcPeering['status'], string>> = {
  'pending-acceptance': 'Pending Acceptance by 123456789012',
  active: 'Active',
  failed: 'Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range',
  deleted: 'Deleted by 123456789012',
}

/** As long as it is not accepted, only its id is told of the other side. */
export function viewPeering(peering: VpcPeering, context: Context): XmlFields {
  const { status, vpcPeeringConnectionId } = peering
  return {
    vpcPeeringConnectionId,
    requesterVpcInfo: viewSide(peering.requesterVpcId, context, true),
    accepterVpcInfo: viewSide(peering.accepterVpcId, context, status === 'active'),
    status: { code: status, message: statusText[status] },
    tagSet: tagSet(context.state, vpcPeeringConnectionId) ?? [],
  }
}

function viewSide(vpcId: string, { state, accountId, region }: Context, whole: boolean): XmlFields {
  const vpc = whole ? state.vpcs.get(vpcId) : undefined
  const v4 = (vpc?.cidrBlocks ?? []).map(({ cidr }) => formatCidr(cidr))
  const v6 = (vpc?.ipv6CidrBlocks ?? []).map(({ cidr }) => formatCidr(cidr))
  return {
    ownerId: accountId,
    vpcId,
    region,
    cidrBlock: v4[0],
    cidrBlockSet: v4.length === 0 ? undefined : v4.map((cidrBlock) => ({ cidrBlock })),
    ipv6CidrBlockSet: v6.length === 0 ? undefined : v6.map((ipv6CidrBlock) => ({ ipv6CidrBlock })),
  }
}
