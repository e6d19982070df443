import { type Difference, answers, api, guide } from '../difference.ts'

const membersOfTheGroup = [
  'simulator: groups: groupId=<defaultGroup>',
  'simulator: ipPermissions: ipProtocol=-1',
]
const rangesOfSides = [
  'simulator: cidrBlockSet: cidrBlock=10.0.0.0/16',
  'simulator: cidrBlockSet: cidrBlock=10.1.0.0/16',
  'simulator: ipv6CidrBlockSet: ipv6CidrBlock=2001:db8::/56',
]
const entry6 = (egress: boolean, action: 'allow' | 'deny', number: number): string =>
  `simulator: entrySet: egress=${egress} ipv6CidrBlock=::/0 protocol=-1 ruleAction=${action} ruleNumber=${number}`

export const securityDifferences: readonly Difference[] = [
  {
    rule: 'the default security group of a VPC lets its own members in',
    source: guide('default-security-group'),
    seen: {
      'DescribeSecurityGroups by VPC': membersOfTheGroup,
      'DescribeSecurityGroups by ids in a filter, one unknown': membersOfTheGroup,
    },
  },
  {
    rule: 'the default network ACL of a VPC with an IPv6 range has entries for IPv6',
    source: guide('default-network-acl'),
    seen: {
      'DescribeNetworkAcls by VPC': [
        entry6(false, 'allow', 101),
        entry6(false, 'deny', 32_768),
        entry6(true, 'allow', 101),
        entry6(true, 'deny', 32_768),
      ],
    },
  },
  {
    rule: 'a network ACL that is not there has a code of its own',
    source: api('errors-overview'),
    seen: {
      'DescribeNetworkAcls by an unknown id': answers(
        '400 InvalidNetworkAclID.NotFound',
        '400 InvalidRouteTableID.NotFound',
      ),
    },
  },
  {
    rule: 'a peering tells all ranges of both sides',
    source: api('API_VpcPeeringConnectionVpcInfo'),
    seen: {
      'DescribeVpcPeeringConnections by the VPC that asked': rangesOfSides,
      'DescribeVpcPeeringConnections by the VPC that was asked': rangesOfSides,
    },
  },
  {
    rule: 'DescribeVpcPeeringConnections filters, and refuses an unknown id',
    source: api('API_DescribeVpcPeeringConnections'),
    seen: {
      'DescribeVpcPeeringConnections that match nothing': [
        'LocalStack: vpcPeeringConnectionSet: accepterVpcInfo/cidrBlock=10.1.0.0/16 accepterVpcInfo/vpcId=<otherVpc> requesterVpcInfo/cidrBlock=10.0.0.0/16 requesterVpcInfo/vpcId=<vpc> status/code=active vpcPeeringConnectionId=<peering>',
        'simulator: vpcPeeringConnectionSet: (empty)',
      ],
      'DescribeVpcPeeringConnections by an unknown id': answers('400 InvalidVpcPeeringConnectionID.NotFound'),
    },
  },
]
