import { describe, expect, test } from 'vitest'
import { parseAddress } from '../../../net/address.ts'
import { parseCidr } from '../../../net/cidr.ts'
import type { WireEffectiveRoute, WireRoute } from '../wire.ts'
import { judgeAzureWay } from './judge-way.ts'
import type { AzureWay, WayInterface } from './way.ts'

const group = '/subscriptions/s/resourcegroups/g/providers'
const network = `${group}/microsoft.network`
const subnet = `${network}/virtualnetworks/net/subnets/a`

const nic = (name: string, own: readonly string[], more: Partial<WayInterface> = {}): WayInterface => ({
  id: `${network}/networkinterfaces/${name}`,
  mac: undefined,
  isPrimary: true,
  forwards: true,
  own: own.map(parseCidr),
  subnet,
  machine: `${group}/microsoft.compute/virtualmachines/${name}`,
  ...more,
})
const route = (addressPrefix: string, hop: string, more: object = {}): WireRoute => ({
  name: `to-${addressPrefix.replace('/', '-')}`,
  properties: {
    addressPrefix,
    provisioningState: 'Succeeded',
    ...(/[.:]/.test(hop) ? { nextHopType: 'VirtualAppliance', nextHopIpAddress: hop } : { nextHopType: hop }),
    ...more,
  },
})
const effective = (addressPrefix: string, hop: string, source = 'User'): WireEffectiveRoute => ({
  source,
  state: 'Active',
  addressPrefix: [addressPrefix],
  ...(/[.:]/.test(hop)
    ? { nextHopType: 'VirtualAppliance', nextHopIpAddress: [hop] }
    : { nextHopType: hop, nextHopIpAddress: [] }),
})

const toB = route('10.244.3.0/24', '10.0.2.4')
const table = (...routes: readonly WireRoute[]): AzureWay['table'] => ({
  id: `${network}/routetables/nodes`,
  routes,
})
const sender = { node: 'a', nic: nic('a-nic', ['10.0.1.4/32']) }
const ofB = (more: Partial<WayInterface> = {}) => nic('b-nic', ['10.0.2.4/32', 'fd00:10::4/128'], more)
const receiver = { node: 'b', nics: [ofB()], isRunning: true }
const way = (more: Partial<AzureWay>): AzureWay => ({
  source: parseAddress('10.244.1.2'),
  destination: parseAddress('10.244.3.2'),
  sender,
  table: table(toB),
  ranges: ['10.0.0.0/16', 'fd00:10::/48'].map(parseCidr),
  inForce: { unasked: 'nobody is there' },
  receiver,
  ...more,
})

const well = ['SenderMayForward', 'CloudRouteFound', 'ReceiverMayForward']
const beyond = { destination: parseAddress('192.0.2.1'), receiver: undefined }

const cases: readonly (readonly [string, Partial<AzureWay>, readonly string[]])[] = [
  ['all is well', {}, well],
  [
    'IP forwarding of the sender is off',
    { sender: { node: 'a', nic: nic('a-nic', ['10.0.1.4/32'], { forwards: false }) } },
    ['SenderMayNotForward', 'CloudRouteFound', 'ReceiverMayForward'],
  ],
  [
    'it is off, and the packet is from the interface’s own address',
    {
      source: parseAddress('10.0.1.4'),
      sender: { node: 'a', nic: nic('a-nic', ['10.0.1.4/32'], { forwards: false }) },
    },
    well,
  ],
  [
    'IP forwarding of the receiver is off',
    { receiver: { ...receiver, nics: [ofB({ forwards: false })] } },
    ['SenderMayForward', 'CloudRouteFound', 'ReceiverMayNotForward'],
  ],
  ['the subnet has no table', { table: undefined }, ['SenderMayForward', 'CloudRouteMissing']],
  ['the table has no route', { table: table() }, ['SenderMayForward', 'CloudRouteMissing']],
  [
    'what leads everything to a firewall is no way to a pod',
    { table: table(route('0.0.0.0/0', '10.0.9.4')) },
    ['SenderMayForward', 'CloudRouteMissing'],
  ],
  [
    'neither is the Internet',
    { table: table(route('0.0.0.0/0', 'Internet')) },
    ['SenderMayForward', 'CloudRouteMissing'],
  ],
  ['the longest prefix counts', { table: table(route('0.0.0.0/0', '10.0.9.4'), toB) }, well],
  ['a service tag is no range', { table: table(route('AzureCloud', 'Internet'), toB) }, well],
  [
    'the route leads to another machine',
    { table: table(route('10.244.3.0/24', '10.0.1.9')) },
    ['SenderMayForward', 'CloudRouteElsewhere'],
  ],
  [
    'a part of the range leads to another machine',
    { table: table(toB, route('10.244.3.0/28', '10.0.1.9')) },
    ['SenderMayForward', 'CloudRouteElsewhere'],
  ],
  [
    'next hop type None',
    { table: table(toB, route('10.244.3.0/28', 'None')) },
    ['SenderMayForward', 'CloudRouteDrops'],
  ],
  [
    'the route to a gateway',
    { table: table(route('10.244.0.0/16', 'VirtualNetworkGateway')) },
    ['SenderMayForward', 'CloudRouteElsewhere'],
  ],
  [
    'a route that Azure failed to put into force',
    { table: table(route('10.244.3.0/24', '10.0.2.4', { provisioningState: 'Failed' })) },
    ['SenderMayForward', 'CloudRouteNotInForce'],
  ],
  ['it is in force', { inForce: { routes: [effective('10.244.3.0/24', '10.0.2.4')] } }, well],
  [
    'it is not in force (https://github.com/kubernetes-sigs/cloud-provider-azure/issues/527)',
    { inForce: { routes: [effective('10.244.3.0/24', '10.0.1.9'), effective('10.244.4.0/24', '10.0.2.4')] } },
    ['SenderMayForward', 'CloudRouteNotInForce'],
  ],
  [
    'None is in force',
    {
      table: table(route('10.244.3.0/24', 'None')),
      inForce: { routes: [effective('10.244.3.0/24', 'None')] },
    },
    ['SenderMayForward', 'CloudRouteDrops'],
  ],
  [
    'a longer prefix that a gateway has learnt counts',
    {
      inForce: {
        routes: [
          effective('10.244.3.0/24', '10.0.2.4'),
          effective('10.244.3.0/25', '10.0.255.4', 'VirtualNetworkGateway'),
        ],
      },
    },
    ['SenderMayForward', 'CloudRouteElsewhere'],
  ],
  [
    'of the same prefix the table’s counts',
    {
      inForce: {
        routes: [
          effective('10.244.3.0/24', '10.0.255.4', 'VirtualNetworkGateway'),
          effective('10.244.3.0/24', '10.0.2.4'),
        ],
      },
    },
    well,
  ],
  [
    'what a route server has been told leads to the Node, without a table',
    {
      table: undefined,
      inForce: { routes: [effective('10.244.3.0/24', '10.0.2.4', 'VirtualNetworkGateway')] },
    },
    well,
  ],
  [
    'the machine does not run',
    { receiver: { ...receiver, isRunning: false } },
    ['SenderMayForward', 'CloudRouteBlackhole'],
  ],
  [
    'a Node’s own address needs no route and no forwarding',
    {
      destination: parseAddress('10.0.2.4'),
      table: undefined,
      receiver: { ...receiver, nics: [ofB({ forwards: false })] },
    },
    ['SenderMayForward', 'CloudRouteFound'],
  ],
  [
    'a table’s route to a Node’s own address comes before the network’s',
    { destination: parseAddress('10.0.2.4'), table: table(route('10.0.0.0/16', '10.0.9.4')) },
    ['SenderMayForward', 'CloudRouteElsewhere'],
  ],
  [
    'a route by the network to the machine itself',
    { destination: parseAddress('10.0.2.4'), table: table(route('10.0.2.4/32', 'VnetLocal')) },
    ['SenderMayForward', 'CloudRouteFound'],
  ],
  [
    'a pod in the network’s own range is nobody’s',
    { destination: parseAddress('10.0.64.2') },
    ['SenderMayForward', 'CloudRouteMissing'],
  ],
  [
    'unless a route leads to it',
    { destination: parseAddress('10.0.64.2'), table: table(route('10.0.64.0/24', '10.0.2.4')) },
    well,
  ],
  [
    'IPv6, in another spelling',
    {
      source: parseAddress('fd00:244:1::2'),
      destination: parseAddress('fd00:244:3::2'),
      table: table(route('FD00:244:3:0::/64', 'fd00:10:0::4')),
      inForce: { routes: [effective('fd00:244:3::/64', 'fd00:10::0004')] },
    },
    well,
  ],
  ['on no Node, on the Internet', { ...beyond, table: undefined }, ['SenderMayForward', 'CloudRouteFound']],
  [
    'on no Node, by a firewall',
    { ...beyond, table: table(route('0.0.0.0/0', '10.0.9.4')) },
    ['SenderMayForward', 'CloudRouteFound'],
  ],
  [
    'on no Node, in the network',
    { ...beyond, destination: parseAddress('10.0.3.7') },
    ['SenderMayForward', 'CloudRouteFound'],
  ],
  [
    'on no Node, in a private range that the network does not have',
    { ...beyond, destination: parseAddress('192.168.7.1') },
    ['SenderMayForward', 'CloudRouteMissing'],
  ],
]

test.each(cases)('%s', (_, more, codes) => {
  expect(judgeAzureWay(way(more)).map(({ code }) => code)).toEqual(codes)
})

describe('what is wrong is told with its value and what mends it:', () => {
  const told = (more: Partial<AzureWay>) => {
    const finding = judgeAzureWay(way(more)).find(({ severity }) => severity === 'error')
    return [finding?.object.name, finding?.message, finding?.fix]
  }

  test('a route elsewhere', () => {
    expect(told({ table: table(route('10.244.3.0/24', '10.0.1.9')) })).toEqual([
      'nodes',
      'The subnet net/a of Node a follows nodes, whose route to-10.244.3.0-24 to 10.244.3.0/24 leads to address/10.0.1.9, and 10.244.3.2 is on Node b (10.0.2.4).',
      `If the route is not podway’s and nobody needs it: az network route-table route delete --ids ${network}/routetables/nodes/routes/to-10.244.3.0-24`,
    ])
  })

  test('no table', () => {
    expect(told({ table: undefined })).toEqual([
      'net/a',
      'The subnet net/a of Node a has no route table, and so no route to 10.244.3.2.',
      `az network vnet subnet update --ids ${subnet} --route-table TABLE, with the id of one of the cluster’s tables.`,
    ])
  })

  test('what a gateway has learnt is nobody’s to delete', () => {
    const learnt = effective('10.244.3.0/25', '10.0.255.4', 'VirtualNetworkGateway')
    expect(told({ inForce: { routes: [learnt] } })).toEqual([
      'nodes',
      expect.stringContaining('whose learnt route to 10.244.3.0/25 leads to address/10.0.255.4'),
      `Look which gateway or route server announces the range, or: az network route-table update --ids ${network}/routetables/nodes --disable-bgp-route-propagation true`,
    ])
  })

  test('IP forwarding, of a machine and of a member of a uniform scale set', () => {
    const off = ofB({ forwards: false })
    expect(told({ receiver: { ...receiver, nics: [off] } })).toEqual([
      'b-nic',
      'IP forwarding of b-nic of Node b is off: Azure drops what is for 10.244.3.2.',
      `az network nic update --ids ${off.id} --ip-forwarding true`,
    ])
    const machine = `${group}/microsoft.compute/virtualmachinescalesets/pool/virtualmachines/0`
    expect(told({ receiver: { ...receiver, nics: [{ ...off, machine }] } })[2]).toBe(
      'Set enableIPForwarding in the network profile of the scale set pool, and update its instances.',
    )
  })
})
