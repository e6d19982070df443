import { type Step, filters, list, stepsOf, tagged } from '../step.ts'
import { launch, nowhere } from './world.ts'

const tables = stepsOf('DescribeRouteTables')
const instances = stepsOf('DescribeInstances')
const interfaces = stepsOf('DescribeNetworkInterfaces')
const vpcs = stepsOf('DescribeVpcs')
const subnets = stepsOf('DescribeSubnets')
const groups = stepsOf('DescribeSecurityGroups')
const acls = stepsOf('DescribeNetworkAcls')
const peerings = stepsOf('DescribeVpcPeeringConnections')

/** Two pages of five, if there is more than one. */
function pages(action: string, found: Readonly<Record<string, string>>): readonly Step[] {
  const parameters = { ...filters(found), MaxResults: '5' }
  const token = `token${action}`
  return [
    {
      name: `${action}, the first page`,
      action,
      parameters,
      save: { [token]: ['nextToken'] },
      countOnly: true,
    },
    {
      name: `${action}, the last page`,
      action,
      parameters: { ...parameters, NextToken: `<${token}>` },
      countOnly: true,
    },
  ]
}

const clusterTag = 'kubernetes.io/cluster/demo'

/** Every way in which the VPC is read, and what EC2 refuses of it. */
export const reads: readonly Step[] = [
  tables('by id', list('RouteTableId', '<table>')),
  tables('by the key of a tag', {
    ...filters({ 'tag-key': clusterTag, 'vpc-id': '<vpc>' }),
    MaxResults: '100',
  }),
  tables('by a pattern', filters({ 'tag-key': 'kubernetes.io/cluster/d?m*', 'vpc-id': '<vpc>' })),
  tables('by a literal asterisk', filters({ 'tag-key': String.raw`kubernetes.io/cluster/\*` })),
  tables('by the key and value of a tag', filters({ [`tag:${clusterTag}`]: 'owned', 'vpc-id': '<vpc>' })),
  tables('by ids in a filter, one unknown', filters({ 'route-table-id': ['<table>', nowhere('rtb')] })),
  tables('by VPC', filters({ 'vpc-id': '<vpc>' })),
  tables('that match nothing', filters({ 'vpc-id': nowhere('vpc') })),
  tables('by an unknown id', list('RouteTableId', nowhere('rtb'))),
  tables('by ids, one unknown', list('RouteTableId', '<table>', nowhere('rtb'))),
  tables('by a malformed id', list('RouteTableId', 'rtb-nonsense')),
  tables('by an unknown filter', filters({ 'no-such-filter': 'x' })),
  tables('with too small pages', { ...filters({ 'vpc-id': '<vpc>' }), MaxResults: '4' }),
  tables('with too large pages', { ...filters({ 'vpc-id': '<vpc>' }), MaxResults: '101' }),
  tables('with a token that nobody gave', { MaxResults: '5', NextToken: 'nonsense' }),
  tables('with a parameter that is none', { ...list('RouteTableId', '<table>'), Colour: 'red' }),
  tables('as a dry run', { ...list('RouteTableId', '<table>'), DryRun: 'true' }),
  ...[1, 2, 3, 4, 5, 6].flatMap((number): readonly Step[] => [
    {
      name: `a table for paging, ${number}`,
      action: 'CreateRouteTable',
      parameters: { VpcId: '<otherVpc>', ...tagged('route-table', { paged: 'yes' }) },
      countOnly: true,
    },
    {
      name: `an instance for paging, ${number}`,
      action: 'RunInstances',
      parameters: {
        ...launch('<otherSubnet>', `10.1.1.${100 + number}`),
        ...tagged('instance', { paged: 'yes' }),
      },
      countOnly: true,
    },
  ]),
  ...pages('DescribeRouteTables', { 'tag:paged': 'yes' }),
  ...pages('DescribeInstances', { 'tag:paged': 'yes' }),
  ...pages('DescribeNetworkInterfaces', { 'addresses.private-ip-address': '10.1.1.10?' }),

  instances('by id', list('InstanceId', '<One>')),
  instances('by ids in a filter, one unknown', filters({ 'instance-id': ['<One>', '<Two>', nowhere('i')] })),
  instances('by IPv4 address', filters({ 'private-ip-address': ['10.0.2.10'], 'vpc-id': '<vpc>' })),
  instances(
    'by IPv6 address',
    filters({ 'network-interface.ipv6-addresses.ipv6-address': '2001:db8:0:2::a', 'vpc-id': '<vpc>' }),
  ),
  instances('by VPC', filters({ 'vpc-id': '<vpc>' })),
  instances('by state', filters({ 'vpc-id': '<vpc>', 'instance-state-name': ['running', 'stopped'] })),
  instances('that match nothing', filters({ 'instance-id': nowhere('i') })),
  instances('by an unknown id', list('InstanceId', nowhere('i'))),
  instances('by a malformed id', list('InstanceId', 'i-nonsense')),
  instances('by id, with pages', { ...list('InstanceId', '<One>'), MaxResults: '5' }),
  instances('with too small pages', { ...filters({ 'vpc-id': '<vpc>' }), MaxResults: '4' }),

  interfaces('by id', list('NetworkInterfaceId', '<eniOne>')),
  interfaces(
    'by ids in a filter, one unknown',
    filters({ 'network-interface-id': ['<eniOne>', '<eniTwo>', nowhere('eni')] }),
  ),
  interfaces('by id, with pages', { ...list('NetworkInterfaceId', '<eniOne>'), MaxResults: '5' }),
  interfaces('by VPC', filters({ 'vpc-id': '<vpc>' })),
  interfaces('that match nothing', filters({ 'network-interface-id': nowhere('eni') })),
  interfaces('by an unknown id', list('NetworkInterfaceId', nowhere('eni'))),
  interfaces('by a malformed id', list('NetworkInterfaceId', 'eni-nonsense')),

  vpcs('that match nothing', filters({ cidr: '10.99.0.0/16' })),
  vpcs('by an unknown id', list('VpcId', nowhere('vpc'))),
  vpcs('by a malformed id', list('VpcId', 'vpc-nonsense')),
  subnets('by id', list('SubnetId', '<subneta>')),
  subnets('that match nothing', filters({ 'vpc-id': nowhere('vpc') })),
  subnets('by an unknown id', list('SubnetId', nowhere('subnet'))),
  {
    ...groups('by VPC', filters({ 'vpc-id': '<vpc>' })),
    save: { defaultGroup: ['securityGroupInfo', 'item', 'groupId'] },
  },
  groups('by ids in a filter, one unknown', filters({ 'group-id': ['<defaultGroup>', nowhere('sg')] })),
  groups('by an unknown id', list('GroupId', nowhere('sg'))),
  {
    ...acls('by VPC', filters({ 'vpc-id': '<vpc>' })),
    save: { acl: ['networkAclSet', 'item', 'networkAclId'] },
  },
  acls('by an unknown id', list('NetworkAclId', nowhere('acl'))),
  {
    name: 'CreateVpcPeeringConnection',
    action: 'CreateVpcPeeringConnection',
    parameters: { VpcId: '<vpc>', PeerVpcId: '<otherVpc>' },
    save: { peering: ['vpcPeeringConnection', 'vpcPeeringConnectionId'] },
  },
  {
    name: 'AcceptVpcPeeringConnection',
    action: 'AcceptVpcPeeringConnection',
    parameters: { VpcPeeringConnectionId: '<peering>' },
  },
  peerings('by the VPC that asked', filters({ 'requester-vpc-info.vpc-id': '<vpc>' })),
  peerings('by the VPC that was asked', filters({ 'accepter-vpc-info.vpc-id': '<otherVpc>' })),
  peerings('that match nothing', filters({ 'requester-vpc-info.vpc-id': nowhere('vpc') })),
  peerings('by an unknown id', list('VpcPeeringConnectionId', nowhere('pcx'))),
]
