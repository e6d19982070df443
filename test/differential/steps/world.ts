import { type Parameters, type Step, filters, list, tagged } from '../step.ts'

/** Well-formed ids of what is not there. */
const NOWHERE = '0ffffffffffffffff'
export const IMAGE = 'ami-12345678'

export const nowhere = (prefix: string): string => `${prefix}-${NOWHERE}`

/** One interface in a subnet, as the demo asks for it. */
export const launch = (subnet: string, address: string): Parameters => ({
  ImageId: IMAGE,
  InstanceType: 't3.small',
  MinCount: '1',
  MaxCount: '1',
  'NetworkInterface.1.DeviceIndex': '0',
  'NetworkInterface.1.SubnetId': subnet,
  'NetworkInterface.1.PrivateIpAddress': address,
  'NetworkInterface.1.DeleteOnTermination': 'true',
})

const instance = (name: string, subnet: string, address: string): Step => ({
  name: `RunInstances ${name}`,
  action: 'RunInstances',
  parameters: { ...launch(subnet, address), ...tagged('instance', { Name: name }) },
  save: {
    [name]: ['instancesSet', 'item', 'instanceId'],
    [`eni${name}`]: ['instancesSet', 'item', 'networkInterfaceSet', 'item', 'networkInterfaceId'],
  },
})

/** The VPC that all other steps are about: two subnets of both families, a table, a gateway, three instances; and another VPC. */
export const world: readonly Step[] = [
  {
    name: 'CreateVpc',
    action: 'CreateVpc',
    parameters: {
      CidrBlock: '10.0.0.0/16',
      AmazonProvidedIpv6CidrBlock: 'true',
      ...tagged('vpc', { Name: 'demo' }),
    },
    save: { vpc: ['vpc', 'vpcId'] },
  },
  {
    name: 'DescribeVpcs by id',
    action: 'DescribeVpcs',
    parameters: list('VpcId', '<vpc>'),
    range: ['vpcSet', 'item', 'ipv6CidrBlockAssociationSet', 'item', 'ipv6CidrBlock'],
  },
  {
    name: 'the main table of a new VPC',
    action: 'DescribeRouteTables',
    parameters: filters({ 'vpc-id': '<vpc>', 'association.main': 'true' }),
    save: { mainTable: ['routeTableSet', 'item', 'routeTableId'] },
  },
  ...['a', 'b'].map((zone, index): Step => ({
    name: `CreateSubnet ${zone}`,
    action: 'CreateSubnet',
    parameters: {
      VpcId: '<vpc>',
      CidrBlock: `10.0.${index + 1}.0/24`,
      Ipv6CidrBlock: `2001:db8:0:${index + 1}::/64`,
      AvailabilityZone: `eu-central-1${zone}`,
      ...tagged('subnet', { Name: zone }),
    },
    save: { [`subnet${zone}`]: ['subnet', 'subnetId'] },
  })),
  {
    name: 'DescribeSubnets by VPC',
    action: 'DescribeSubnets',
    parameters: filters({ 'vpc-id': '<vpc>' }),
  },
  {
    name: 'CreateRouteTable with tags',
    action: 'CreateRouteTable',
    parameters: {
      VpcId: '<vpc>',
      ...tagged('route-table', { Name: 'a', 'kubernetes.io/cluster/demo': 'owned' }),
    },
    save: { table: ['routeTable', 'routeTableId'] },
  },
  {
    name: 'AssociateRouteTable',
    action: 'AssociateRouteTable',
    parameters: { RouteTableId: '<table>', SubnetId: '<subneta>' },
  },
  {
    name: 'CreateInternetGateway',
    action: 'CreateInternetGateway',
    parameters: {},
    save: { gateway: ['internetGateway', 'internetGatewayId'] },
  },
  {
    name: 'AttachInternetGateway',
    action: 'AttachInternetGateway',
    parameters: { InternetGatewayId: '<gateway>', VpcId: '<vpc>' },
  },
  instance('One', '<subneta>', '10.0.1.10'),
  instance('Two', '<subnetb>', '10.0.2.10'),
  ...['One', 'Two'].map((name, index): Step => ({
    name: `AssignIpv6Addresses ${name}`,
    action: 'AssignIpv6Addresses',
    parameters: {
      NetworkInterfaceId: `<eni${name}>`,
      'Ipv6Addresses.1': `2001:db8:0:${index + 1}::a`,
    },
  })),
  {
    name: 'CreateVpc, another one, IPv4 only',
    action: 'CreateVpc',
    parameters: { CidrBlock: '10.1.0.0/16' },
    save: { otherVpc: ['vpc', 'vpcId'] },
  },
  {
    name: 'CreateSubnet in the other VPC',
    action: 'CreateSubnet',
    parameters: { VpcId: '<otherVpc>', CidrBlock: '10.1.1.0/24', AvailabilityZone: 'eu-central-1a' },
    save: { otherSubnet: ['subnet', 'subnetId'] },
  },
  instance('Other', '<otherSubnet>', '10.1.1.10'),
]
