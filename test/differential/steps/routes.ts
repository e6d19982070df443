import { type Parameters, type Step, newTable, readTable, stepsOf } from '../step.ts'
import { nowhere } from './world.ts'

const create = stepsOf('CreateRoute')
const replace = stepsOf('ReplaceRoute')
const remove = stepsOf('DeleteRoute')

const v4 = { DestinationCidrBlock: '10.244.0.0/24' }
const v6 = { DestinationIpv6CidrBlock: 'fd00:10:244::/64' }
const one = { NetworkInterfaceId: '<eniOne>' }
const two = { NetworkInterfaceId: '<eniTwo>' }

/** Both families, the same way. */
const life = (family: string, destination: Parameters): readonly Step[] => {
  const table = `life${family}`
  const inTable = { RouteTableId: `<${table}>`, ...destination }
  const when = (what: string): string => `of ${family} ${what}`
  return [
    newTable(table),
    readTable(table, 'when new'),
    create(when('to an interface'), { ...inTable, ...one }),
    readTable(table, 'with a route'),
    replace(when('to another interface'), { ...inTable, ...two }),
    readTable(table, 'with a replaced route'),
    replace(when('to where it leads'), { ...inTable, ...two }),
    replace(when('to a gateway'), { ...inTable, GatewayId: '<gateway>' }),
    readTable(table, 'with a route to a gateway'),
    remove(when('that is there'), inTable),
    readTable(table, 'without routes again'),
    remove(when('that is not there'), inTable),
    replace(when('that is not there'), { ...inTable, ...one }),
    readTable(table, 'after replacing nothing'),
  ]
}

/** Each in a table of its own: where one cloud does what the other refuses, nothing else is to notice. */
const alone = (table: string, ...steps: readonly Step[]): readonly Step[] => [
  newTable(table),
  ...steps,
  readTable(table, 'afterwards'),
]

const refused = (table: string, what: string, parameters: Parameters): readonly Step[] =>
  alone(table, create(what, { RouteTableId: `<${table}>`, ...parameters }))

export const routes: readonly Step[] = [
  ...life('v4', v4),
  ...life('v6', v6),

  ...alone(
    'twice',
    create('a first time', { RouteTableId: '<twice>', ...v4, ...one }),
    create('a second time, elsewhere', { RouteTableId: '<twice>', ...v4, ...two }),
  ),
  ...alone(
    'same',
    create('once', { RouteTableId: '<same>', ...v4, ...one }),
    create('again', { RouteTableId: '<same>', ...v4, ...one }),
  ),
  ...alone('instance', create('by instance', { RouteTableId: '<instance>', ...v4, InstanceId: '<One>' })),
  ...alone(
    'dry',
    create('as a dry run', { RouteTableId: '<dry>', ...v4, ...one, DryRun: 'true' }),
    create('before a dry run', { RouteTableId: '<dry>', ...v6, ...one }),
    remove('as a dry run', { RouteTableId: '<dry>', ...v6, DryRun: 'true' }),
  ),
  ...alone(
    'hostBits',
    create('with host bits', { RouteTableId: '<hostBits>', DestinationCidrBlock: '100.68.0.18/18', ...one }),
    create('of IPv6 with host bits', {
      RouteTableId: '<hostBits>',
      DestinationIpv6CidrBlock: 'fd00:10:244::1/64',
      ...one,
    }),
  ),
  ...alone(
    'spelling',
    create('of IPv6, spelt in full', {
      RouteTableId: '<spelling>',
      DestinationIpv6CidrBlock: 'FD00:0010:0244:0000::/64',
      ...one,
    }),
    remove('of IPv6, spelt briefly', { RouteTableId: '<spelling>', ...v6 }),
  ),
  ...refused('short', 'with two octets', { DestinationCidrBlock: '10.244/24', ...one }),
  ...refused('nonsense', 'to nonsense', { DestinationCidrBlock: 'nonsense', ...one }),
  ...refused('swapped', 'of IPv6 as IPv4', { DestinationCidrBlock: 'fd00:10:244::/64', ...one }),
  ...refused('both', 'of both families', { ...v4, ...v6, ...one }),
  ...refused('noDestination', 'to nowhere', one),
  ...refused('noTarget', 'without a target', v4),
  ...refused('twoTargets', 'with two targets', { ...v4, ...one, GatewayId: '<gateway>' }),
  ...refused('inside', 'inside a subnet of the VPC', { DestinationCidrBlock: '10.0.1.0/28', ...one }),
  ...refused('subnet', 'to a subnet of the VPC', { DestinationCidrBlock: '10.0.2.0/24', ...one }),
  ...refused('local', 'to the VPC itself', { DestinationCidrBlock: '10.0.0.0/16', ...one }),
  ...refused('services', 'to the services of the VPC', { DestinationCidrBlock: '169.254.169.0/24', ...one }),
  ...refused('unknownEni', 'to an unknown interface', { ...v4, NetworkInterfaceId: nowhere('eni') }),
  ...refused('malformedEni', 'to a malformed interface', { ...v4, NetworkInterfaceId: 'eni-nonsense' }),
  ...refused('unknownGateway', 'to an unknown gateway', { ...v4, GatewayId: nowhere('igw') }),
  ...refused('unknownInstance', 'to an unknown instance', { ...v4, InstanceId: nowhere('i') }),
  ...refused('foreign', 'to an interface of another VPC', { ...v4, NetworkInterfaceId: '<eniOther>' }),

  create('in an unknown table', { RouteTableId: nowhere('rtb'), ...v4, ...one }),
  create('in a malformed table', { RouteTableId: 'rtb-nonsense', ...v4, ...one }),
  create('without a table', { ...v4, ...one }),
  replace('in an unknown table', { RouteTableId: nowhere('rtb'), ...v4, ...one }),
  remove('in an unknown table', { RouteTableId: nowhere('rtb'), ...v4 }),
  remove('without a destination', { RouteTableId: '<table>' }),
  ...alone(
    'kept',
    remove('of the VPC itself', { RouteTableId: '<kept>', DestinationCidrBlock: '10.0.0.0/16' }),
  ),
  ...alone(
    'moved',
    create('to be moved', { RouteTableId: '<moved>', ...v4, ...one }),
    replace('to an unknown interface', {
      RouteTableId: '<moved>',
      ...v4,
      NetworkInterfaceId: nowhere('eni'),
    }),
    replace('without a target', { RouteTableId: '<moved>', ...v4 }),
    remove('with host bits', { RouteTableId: '<moved>', DestinationCidrBlock: '10.244.0.7/24' }),
  ),
]
