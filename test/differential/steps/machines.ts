import { type Step, filters, list, newTable, readTable, stepsOf } from '../step.ts'
import { IMAGE, launch, nowhere } from './world.ts'

const modify = stepsOf('ModifyNetworkInterfaceAttribute')
const run = stepsOf('RunInstances')
const assign = stepsOf('AssignIpv6Addresses')
const unassign = stepsOf('UnassignIpv6Addresses')
const reservations = stepsOf('GetSubnetCidrReservations')
const terminate = stepsOf('TerminateInstances')
const off = { 'SourceDestCheck.Value': 'false' }
const on = { 'SourceDestCheck.Value': 'true' }

const readInterface = (name: string, when: string): Step => ({
  name: `the interface of ${name} ${when}`,
  action: 'DescribeNetworkInterfaces',
  parameters: filters({ 'network-interface-id': `<eni${name}>` }),
})
const readInstance = (name: string, when: string): Step => ({
  name: `the instance ${name} ${when}`,
  action: 'DescribeInstances',
  parameters: filters({ 'instance-id': `<${name}>` }),
})

const ofPlain = ['instancesSet', 'item', 'networkInterfaceSet', 'item'] as const

/** Interfaces and instances: their changes, and their end. */
export const machines: readonly Step[] = [
  modify('off', { NetworkInterfaceId: '<eniOne>', ...off }),
  readInterface('One', 'without its check'),
  modify('off again', { NetworkInterfaceId: '<eniOne>', ...off }),
  modify('on', { NetworkInterfaceId: '<eniOne>', ...on }),
  readInterface('One', 'with its check again'),
  modify('as a dry run', { NetworkInterfaceId: '<eniTwo>', ...off, DryRun: 'true' }),
  readInterface('Two', 'after a dry run'),
  modify('back', { NetworkInterfaceId: '<eniTwo>', ...on }),
  modify('of an unknown interface', { NetworkInterfaceId: nowhere('eni'), ...off }),
  modify('of a malformed interface', { NetworkInterfaceId: 'eni-nonsense', ...off }),
  modify('without an interface', off),
  modify('to nonsense', { NetworkInterfaceId: '<eniOne>', 'SourceDestCheck.Value': 'nonsense' }),
  modify('of nothing', { NetworkInterfaceId: '<eniOne>' }),

  assign('of an unknown interface', {
    NetworkInterfaceId: nowhere('eni'),
    'Ipv6Addresses.1': '2001:db8:0:1::b',
  }),
  assign('of nothing', { NetworkInterfaceId: '<eniOne>' }),
  assign('outside the subnet', { NetworkInterfaceId: '<eniOther>', 'Ipv6Addresses.1': '2001:db8:0:1::c' }),
  assign('to nonsense', { NetworkInterfaceId: '<eniOther>', 'Ipv6Addresses.1': 'nonsense' }),

  assign('of a prefix', { NetworkInterfaceId: '<eniOne>', 'Ipv6Prefix.1': '2001:db8:0:1:77::/80' }),
  readInterface('One', 'with a prefix'),
  assign('of a prefix outside the subnet', {
    NetworkInterfaceId: '<eniOne>',
    'Ipv6Prefix.1': '2001:db8:0:2:77::/80',
  }),
  assign('of a prefix that is too small', {
    NetworkInterfaceId: '<eniOne>',
    'Ipv6Prefix.1': '2001:db8:0:1:78::/96',
  }),
  unassign('of the prefix', { NetworkInterfaceId: '<eniOne>', 'Ipv6Prefix.1': '2001:db8:0:1:77::/80' }),
  readInterface('One', 'without its prefix'),
  unassign('of an unknown interface', {
    NetworkInterfaceId: nowhere('eni'),
    'Ipv6Prefix.1': '2001:db8:0:1:77::/80',
  }),
  unassign('of nothing', { NetworkInterfaceId: '<eniOne>' }),
  // None is made first: LocalStack never answers CreateSubnetCidrReservation.
  reservations('of a subnet', { SubnetId: '<subneta>' }),
  reservations('of an unknown subnet', { SubnetId: nowhere('subnet') }),

  run('in an unknown subnet', launch(nowhere('subnet'), '10.0.1.20')),
  run('at an address that is taken', launch('<subneta>', '10.0.1.10')),
  run('outside the subnet', launch('<subneta>', '10.0.2.20')),
  run('without an image', { MinCount: '1', MaxCount: '1', SubnetId: '<subneta>' }),
  run('less than one', { ImageId: IMAGE, MinCount: '0', MaxCount: '0', SubnetId: '<subneta>' }),

  {
    name: 'RunInstances by subnet',
    action: 'RunInstances',
    parameters: {
      ImageId: IMAGE,
      MinCount: '1',
      MaxCount: '1',
      SubnetId: '<subnetb>',
      PrivateIpAddress: '10.0.2.30',
      Ipv6AddressCount: '1',
    },
    save: {
      Plain: ['instancesSet', 'item', 'instanceId'],
      eniPlain: [...ofPlain, 'networkInterfaceId'],
      addressOfPlain: [...ofPlain, 'ipv6AddressesSet', 'item', 'ipv6Address'],
    },
  },
  terminate('Plain', list('InstanceId', '<Plain>')),
  readInterface('Plain', 'after its end'),

  newTable('dead'),
  ...[{ DestinationCidrBlock: '10.244.0.0/24' }, { DestinationIpv6CidrBlock: 'fd00:10:244::/64' }].map(
    (destination, index): Step => ({
      name: `CreateRoute to an instance that will end, ${index + 1}`,
      action: 'CreateRoute',
      parameters: { RouteTableId: '<dead>', ...destination, NetworkInterfaceId: '<eniTwo>' },
    }),
  ),
  terminate('as a dry run', { ...list('InstanceId', '<Other>'), DryRun: 'true' }),
  readInstance('Other', 'after a dry run'),
  terminate('Two', list('InstanceId', '<Two>')),
  terminate('Two again', list('InstanceId', '<Two>')),
  readInstance('Two', 'after its end'),
  readInterface('Two', 'after its end'),
  readTable('dead', 'after the end of what it leads to'),
  modify('of an interface that is gone', { NetworkInterfaceId: '<eniTwo>', ...off }),
  stepsOf('CreateRoute')('to an interface that is gone', {
    RouteTableId: '<dead>',
    DestinationCidrBlock: '10.244.9.0/24',
    NetworkInterfaceId: '<eniTwo>',
  }),
  stepsOf('ReplaceRoute')('of a dead one', {
    RouteTableId: '<dead>',
    DestinationCidrBlock: '10.244.0.0/24',
    NetworkInterfaceId: '<eniOne>',
  }),
  stepsOf('DeleteRoute')('of a dead one', {
    RouteTableId: '<dead>',
    DestinationIpv6CidrBlock: 'fd00:10:244::/64',
  }),
  readTable('dead', 'after its repair'),
  terminate('an unknown one', list('InstanceId', nowhere('i'))),
  terminate('nothing', {}),
]
