import { expect, test } from 'vitest'
import { parseAddress } from '../../../net/address.ts'
import { parseCidr } from '../../../net/cidr.ts'
import type { ObservedRoute } from '../../route.ts'
import type { RouteTable } from '../route-table.ts'
import { type AwsWay, type WayInterface, judgeAwsWay } from './judge-way.ts'

const eni = (id: string, own: readonly string[], more: Partial<WayInterface> = {}): WayInterface => ({
  id,
  mac: undefined,
  subnetId: 'subnet-1',
  sourceDestCheck: false,
  own: own.map(parseCidr),
  isPrimary: true,
  ...more,
})
const route = (destination: string, id: string, more: Partial<ObservedRoute> = {}): ObservedRoute => ({
  destination: parseCidr(destination),
  target: { kind: id.startsWith('eni') ? 'eni' : 'other', id },
  state: 'active',
  origin: id === 'local' ? 'local' : 'static',
  ...more,
})
const local = route('10.0.0.0/16', 'local')
const toB = route('10.244.3.0/24', 'eni-b')
const table = (...routes: readonly ObservedRoute[]): RouteTable => ({
  id: 'rtb-1',
  name: undefined,
  vpcId: 'vpc-1',
  tagKeys: [],
  subnets: ['subnet-1'],
  isMain: false,
  isOfGateway: false,
  routes: [local, ...routes],
})
const sender = { node: 'a', eni: eni('eni-a', ['10.0.1.10/32']) }
const receiver = { node: 'b', enis: [eni('eni-b', ['10.0.2.10/32', '10.0.128.0/28'])] }
const way = (more: Partial<AwsWay>): AwsWay => ({
  source: parseAddress('10.244.1.2'),
  destination: parseAddress('10.244.3.2'),
  sender,
  table: table(toB),
  receiver,
  ...more,
})
const checked = { sourceDestCheck: true }

const cases: readonly (readonly [string, Partial<AwsWay>, readonly string[]])[] = [
  ['all is well', {}, ['SenderMayForward', 'CloudRouteFound', 'ReceiverMayForward']],
  [
    'the sender is checked',
    { sender: { node: 'a', eni: eni('eni-a', ['10.0.1.10/32'], checked) } },
    ['SenderMayNotForward', 'CloudRouteFound', 'ReceiverMayForward'],
  ],
  [
    'the sender is checked, and sends from its own address',
    {
      source: parseAddress('10.0.1.10'),
      sender: { node: 'a', eni: eni('eni-a', ['10.0.1.10/32'], checked) },
    },
    ['SenderMayForward', 'CloudRouteFound', 'ReceiverMayForward'],
  ],
  [
    'the receiver is checked',
    { receiver: { node: 'b', enis: [eni('eni-b', ['10.0.2.10/32'], checked)] } },
    ['SenderMayForward', 'CloudRouteFound', 'ReceiverMayNotForward'],
  ],
  ['no table', { table: undefined }, ['SenderMayForward', 'CloudRouteMissing']],
  ['no route', { table: table() }, ['SenderMayForward', 'CloudRouteMissing']],
  [
    'a default route is no way to a pod',
    { table: table(route('0.0.0.0/0', 'igw-1')) },
    ['SenderMayForward', 'CloudRouteMissing'],
  ],
  [
    'the more specific one counts',
    { table: table(route('0.0.0.0/0', 'igw-1'), toB) },
    ['SenderMayForward', 'CloudRouteFound', 'ReceiverMayForward'],
  ],
  [
    'a part of the range leads to another one',
    { table: table(toB, route('10.244.3.0/28', 'eni-x')) },
    ['SenderMayForward', 'CloudRouteElsewhere'],
  ],
  [
    'a blackhole',
    { table: table(route('10.244.3.0/24', 'eni-b', { state: 'blackhole' })) },
    ['SenderMayForward', 'CloudRouteBlackhole'],
  ],
  [
    'a Node’s own address goes by the local route, whatever the check says',
    {
      destination: parseAddress('10.0.2.10'),
      receiver: { node: 'b', enis: [eni('eni-b', ['10.0.2.10/32'], checked)] },
    },
    ['SenderMayForward', 'CloudRouteFound'],
  ],
  [
    'so does a prefix that is delegated to the interface',
    { destination: parseAddress('10.0.128.5') },
    ['SenderMayForward', 'CloudRouteFound'],
  ],
  [
    'a pod in the VPC’s own range is nobody’s, even with a route',
    { destination: parseAddress('10.0.64.2'), table: table(route('10.0.64.0/24', 'eni-b')) },
    ['SenderMayForward', 'CloudRouteElsewhere'],
  ],
  [
    'an address that is on no Node',
    {
      destination: parseAddress('192.0.2.1'),
      receiver: undefined,
      table: table(route('0.0.0.0/0', 'nat-1')),
    },
    ['SenderMayForward', 'CloudRouteFound'],
  ],
  [
    'an address that is on no Node, and no way out',
    { destination: parseAddress('192.0.2.1'), receiver: undefined },
    ['SenderMayForward', 'CloudRouteMissing'],
  ],
]

test.each(cases)('%s', (_, more, codes) => {
  expect(judgeAwsWay(way(more)).map(({ code }) => code)).toEqual(codes)
})

test('what is wrong is told with what it takes to mend it', () => {
  const [, elsewhere] = judgeAwsWay(way({ table: table(route('10.244.3.0/24', 'eni-x')) }))
  expect(elsewhere?.message).toBe(
    'subnet-1, the subnet of Node a, follows rtb-1, whose route to 10.244.3.0/24 leads to eni/eni-x, and 10.244.3.2 is on Node b (eni-b).',
  )
  expect(elsewhere?.fix).toContain(
    'aws ec2 delete-route --route-table-id rtb-1 --destination-cidr-block 10.244.3.0/24',
  )
})
