import { type Parameters, type Step, newTable, stepsOf, tagged } from '../step.ts'
import { nowhere } from './world.ts'

const vpc = stepsOf('CreateVpc')
const subnet = (what: string, parameters: Parameters): Step => ({
  ...stepsOf('CreateSubnet')(what, parameters),
  countOnly: true,
})
const table = stepsOf('CreateRouteTable')
const associate = stepsOf('AssociateRouteTable')
const attach = stepsOf('AttachInternetGateway')
const removeTable = stepsOf('DeleteRouteTable')
const inA = { VpcId: '<vpc>' }

/** What EC2 refuses of the network's making, and the end of a table. */
export const network: readonly Step[] = [
  vpc('without a range', {}),
  vpc('of nonsense', { CidrBlock: 'nonsense' }),
  vpc('that is too large', { CidrBlock: '10.0.0.0/8' }),
  vpc('that is too small', { CidrBlock: '10.0.0.0/29' }),
  subnet('in an unknown VPC', { VpcId: nowhere('vpc'), CidrBlock: '10.0.9.0/24' }),
  subnet('without a range', inA),
  subnet('outside the VPC', { ...inA, CidrBlock: '10.9.0.0/24' }),
  subnet('over another one', { ...inA, CidrBlock: '10.0.1.128/25' }),
  subnet('in an unknown zone', { ...inA, CidrBlock: '10.0.9.0/24', AvailabilityZone: 'eu-central-1z' }),
  subnet('of a large IPv6 range', {
    ...inA,
    CidrBlock: '10.0.10.0/24',
    Ipv6CidrBlock: '2001:db8:0:10::/60',
  }),
  subnet('of an IPv6 range between the sizes', {
    ...inA,
    CidrBlock: '10.0.11.0/24',
    Ipv6CidrBlock: '2001:db8:0:20::/62',
  }),
  table('in an unknown VPC', { VpcId: nowhere('vpc') }),
  table('without a VPC', {}),
  table('with tags of another resource', { ...inA, ...tagged('instance', { a: 'b' }) }),
  associate('in an unknown table', { RouteTableId: nowhere('rtb'), SubnetId: '<subnetb>' }),
  associate('of an unknown subnet', { RouteTableId: '<table>', SubnetId: nowhere('subnet') }),
  newTable('second'),
  associate('of a subnet that has one', { RouteTableId: '<second>', SubnetId: '<subneta>' }),
  stepsOf('CreateInternetGateway')('with tags of another resource', tagged('instance', { a: 'b' })),
  attach('a second time', { InternetGatewayId: '<gateway>', VpcId: '<otherVpc>' }),
  attach('of an unknown gateway', { InternetGatewayId: nowhere('igw'), VpcId: '<otherVpc>' }),
  newTable('shortlived'),
  removeTable('as a dry run', { RouteTableId: '<shortlived>', DryRun: 'true' }),
  removeTable('that is free', { RouteTableId: '<shortlived>' }),
  removeTable('that is gone', { RouteTableId: '<shortlived>' }),
  removeTable('that is the main one', { RouteTableId: '<mainTable>' }),
  removeTable('that has a subnet', { RouteTableId: '<table>' }),
  removeTable('without a table', {}),
  { name: 'an unknown action', action: 'NoSuchAction', parameters: {} },
  { name: 'no action', action: '', parameters: {} },
]
