import { expect, test } from 'vitest'
import { parseAddress } from '../../../net/address.ts'
import { parseCidr } from '../../../net/cidr.ts'
import type { GceRoute } from '../gce-route.ts'
import type { Subnet } from '../subnets.ts'
import type { GcpWay, WayInstance, WayInterface } from './gcp-way.ts'
import { judgeGcpWay } from './judge-way.ts'

const network = 'projects/p/global/networks/n'
const pathOf = (name: string): string => `projects/p/zones/z-a/instances/${name}`
const nic = (address: string, ...own: readonly string[]): WayInterface => ({
  name: 'nic0',
  network,
  addresses: [address],
  own: [`${address}/32`, ...own].map(parseCidr),
})
const instance = (name: string, one: WayInterface, more: Partial<WayInstance> = {}): WayInstance => ({
  path: pathOf(name),
  status: 'RUNNING',
  isLive: true,
  canIpForward: true,
  tags: [],
  interfaces: [one],
  ...more,
})
let number = 0
const route = (destination: string, to: string, more: Partial<GceRoute> = {}): GceRoute => ({
  name: `r${number++}`,
  destination: parseCidr(destination),
  target: to.startsWith('10.')
    ? { kind: 'address', id: to }
    : to.includes('/')
      ? { kind: 'other', id: to }
      : { kind: 'instance', id: pathOf(to) },
  priority: 1000,
  state: 'active',
  origin: 'static',
  isMarked: true,
  tags: [],
  description: '',
  ...more,
})
const subnet = (more: Partial<Subnet> = {}): Subnet => ({
  path: 'projects/p/regions/z/subnetworks/s',
  network,
  primary: parseCidr('10.0.1.0/24'),
  secondary: [{ name: 'pods', range: parseCidr('10.64.0.0/16') }],
  ipv6: [],
  isHybrid: false,
  ...more,
})

const aNic = nic('10.0.1.2', '10.64.1.0/24')
const bNic = nic('10.0.1.3', '10.64.3.0/24')
const [a, b] = [instance('a', aNic), instance('b', bNic)]
const sentBy = (one: WayInstance) => ({ node: 'a', instance: one, nic: one.interfaces[0] ?? aNic })
const receivedBy = (one: WayInstance) => ({
  node: 'b',
  podCIDRs: ['10.244.3.0/24', '10.64.3.0/24'].map(parseCidr),
  instance: one,
})
const toInternet = route('0.0.0.0/0', 'projects/p/global/gateways/default-internet-gateway')
const subnetOwn = route('10.64.0.0/16', network, { origin: 'local' })
const toB = route('10.244.3.0/24', 'b')
const way = (more: Partial<GcpWay>): GcpWay => ({
  source: parseAddress('10.244.1.2'),
  destination: parseAddress('10.244.3.2'),
  sender: sentBy(a),
  routes: [toInternet, subnetOwn, toB],
  subnets: [subnet()],
  receiver: receivedBy(b),
  others: undefined,
  ...more,
})
const stopped = { status: 'TERMINATED', isLive: false }
const strict = { canIpForward: false }
/** From alias range to alias range. */
const aliased = {
  source: parseAddress('10.64.1.2'),
  destination: parseAddress('10.64.3.2'),
  sender: sentBy(instance('a', aNic, strict)),
  receiver: receivedBy(instance('b', bNic, strict)),
}
const bare = instance('b', nic('10.0.1.3'))

const cases: readonly (readonly [string, Partial<GcpWay>, readonly string[]])[] = [
  ['all is well', {}, ['SenderMayForward', 'CloudRouteFound', 'ReceiverMayForward']],
  [
    'a next hop by the address of the instance (shared VPC)',
    { routes: [toInternet, route('10.244.3.0/24', '10.0.1.3')] },
    ['SenderMayForward', 'CloudRouteFound', 'ReceiverMayForward'],
  ],
  [
    'the sender may not forward',
    { sender: sentBy(instance('a', aNic, strict)) },
    ['SenderMayNotForward', 'CloudRouteFound', 'ReceiverMayForward'],
  ],
  [
    'the sender may not forward, and sends from its own address',
    { source: parseAddress('10.0.1.2'), sender: sentBy(instance('a', aNic, strict)) },
    ['SenderMayForward', 'CloudRouteFound', 'ReceiverMayForward'],
  ],
  [
    'the receiver may not forward',
    { receiver: receivedBy(instance('b', bNic, strict)) },
    ['SenderMayForward', 'CloudRouteFound', 'ReceiverMayNotForward'],
  ],
  ['no route at all', { routes: [] }, ['SenderMayForward', 'CloudRouteMissing']],
  ['a default route is no way to a pod', { routes: [toInternet] }, ['SenderMayForward', 'CloudRouteMissing']],
  [
    'a tunnel for more than the podCIDR is no way to a pod',
    { routes: [route('10.0.0.0/8', 'projects/p/regions/z/vpnTunnels/t')] },
    ['SenderMayForward', 'CloudRouteMissing'],
  ],
  [
    'a tunnel for the podCIDR leads elsewhere',
    { routes: [route('10.244.3.0/24', 'projects/p/regions/z/vpnTunnels/t')] },
    ['SenderMayForward', 'CloudRouteElsewhere'],
  ],
  [
    'the longest prefix counts, whatever its priority',
    { routes: [toB, route('10.244.3.0/28', 'c', { priority: 60_000 })] },
    ['SenderMayForward', 'CloudRouteElsewhere'],
  ],
  [
    'the lowest priority number counts',
    { routes: [toB, route('10.244.3.0/24', 'c', { priority: 999 })] },
    ['SenderMayForward', 'CloudRouteElsewhere'],
  ],
  [
    'a route of a higher priority number does not count',
    { routes: [toB, route('10.244.3.0/24', 'c', { priority: 1001 })] },
    ['SenderMayForward', 'CloudRouteFound', 'ReceiverMayForward'],
  ],
  [
    'a share of the connections goes elsewhere, another to who may not forward',
    {
      routes: [toB, route('10.244.3.0/24', 'c')],
      receiver: receivedBy(instance('b', bNic, strict)),
    },
    ['SenderMayForward', 'CloudRouteElsewhere', 'ReceiverMayNotForward'],
  ],
  [
    'what does not run takes no share',
    { routes: [toB, route('10.244.3.0/24', 'c', { state: 'blackhole' })] },
    ['SenderMayForward', 'CloudRouteFound', 'ReceiverMayForward'],
  ],
  [
    'a better route to what does not run does not count',
    { routes: [toB, route('10.244.3.0/24', 'c', { state: 'blackhole', priority: 1 })] },
    ['SenderMayForward', 'CloudRouteFound', 'ReceiverMayForward'],
  ],
  [
    'a longer prefix to what does not run drops it',
    { routes: [toB, route('10.244.3.0/28', 'c', { state: 'blackhole' })] },
    ['SenderMayForward', 'CloudRouteBlackhole'],
  ],
  [
    'the receiver is stopped, and Google’s warning is late',
    { receiver: receivedBy(instance('b', bNic, stopped)) },
    ['SenderMayForward', 'CloudRouteBlackhole'],
  ],
  [
    'a route for others’ tags',
    { routes: [toInternet, route('10.244.3.0/24', 'b', { tags: ['node'] })] },
    ['SenderMayForward', 'CloudRouteMissing'],
  ],
  [
    'a route for the sender’s tags',
    {
      routes: [toInternet, route('10.244.3.0/24', 'b', { tags: ['node', 'x'] })],
      sender: sentBy(instance('a', aNic, { tags: ['node'] })),
    },
    ['SenderMayForward', 'CloudRouteFound', 'ReceiverMayForward'],
  ],
  [
    'a route astray that is for others’ tags',
    { routes: [toB, route('10.244.3.0/28', 'c', { tags: ['x'] })] },
    ['SenderMayForward', 'CloudRouteFound', 'ReceiverMayForward'],
  ],
  ['alias ranges ask for no forwarding', aliased, ['SenderMayForward', 'CloudRouteFound']],
  [
    'an alias range of an instance that is stopped',
    { ...aliased, receiver: receivedBy(instance('b', bNic, stopped)) },
    ['SenderMayForward', 'CloudRouteBlackhole'],
  ],
  [
    'an alias range that another instance has',
    {
      ...aliased,
      receiver: receivedBy(bare),
      others: [bare, instance('c', nic('10.0.1.4', '10.64.3.0/24'))],
    },
    ['SenderMayForward', 'CloudRouteElsewhere'],
  ],
  [
    'a part of the alias range that another instance has',
    { ...aliased, receiver: receivedBy(bare), others: [instance('c', nic('10.0.1.4', '10.64.3.0/30'))] },
    ['SenderMayForward', 'CloudRouteElsewhere'],
  ],
  [
    'an alias range that nobody has, even with a route',
    { ...aliased, receiver: receivedBy(bare), others: [a, bare], routes: [route('10.64.3.0/24', 'b')] },
    ['SenderMayForward', 'CloudRouteMissing'],
  ],
  [
    'an alias range in another network is nobody’s here',
    {
      ...aliased,
      receiver: receivedBy(instance('b', { ...bNic, network: 'projects/p/global/networks/o' })),
      others: [],
    },
    ['SenderMayForward', 'CloudRouteMissing'],
  ],
  [
    'the pod sends from an alias range that its Node does not have',
    { ...aliased, sender: sentBy(instance('a', nic('10.0.1.2'), strict)) },
    ['SenderMayNotForward', 'CloudRouteFound'],
  ],
  [
    'in a hybrid subnet the route counts where nobody has the address',
    {
      ...aliased,
      subnets: [subnet({ isHybrid: true })],
      receiver: receivedBy(bare),
      routes: [route('10.64.3.0/24', 'b')],
    },
    ['SenderMayForward', 'CloudRouteFound', 'ReceiverMayForward'],
  ],
  [
    'a Node’s own address needs no route',
    { destination: parseAddress('10.0.1.3'), routes: [], receiver: receivedBy(instance('b', bNic, strict)) },
    ['SenderMayForward', 'CloudRouteFound'],
  ],
  [
    'an address of a subnet that is on no Node',
    { destination: parseAddress('10.0.1.9'), receiver: undefined },
    ['SenderMayForward', 'CloudRouteFound'],
  ],
  [
    'an address that is on no Node',
    { destination: parseAddress('192.0.2.1'), receiver: undefined },
    ['SenderMayForward', 'CloudRouteFound'],
  ],
  [
    'an address that is on no Node, and no way out',
    { destination: parseAddress('192.0.2.1'), receiver: undefined, routes: [] },
    ['SenderMayForward', 'CloudRouteMissing'],
  ],
]

test.each(cases)('%s', (_, more, codes) => {
  expect(judgeGcpWay(way(more)).map(({ code }) => code)).toEqual(codes)
})

/** What is said second: of the route. */
const told = (more: Partial<GcpWay>) => judgeGcpWay(way(more))[1]

test('a share that goes elsewhere is told with the command that ends it', () => {
  const other = route('10.244.3.0/24', 'c', { name: 'besides' })
  const found = told({ routes: [toB, other] })
  expect(found?.message).toBe(
    `nic0 of ${pathOf('a')}, of Node a, is in ${network}, in which the route for 10.244.3.0/24 with priority 1000 leads by besides to instance/${pathOf('c')}, 1 of 2 that share the connections, and 10.244.3.2 is on Node b (${pathOf('b')}).`,
  )
  expect(found?.fix).toBe(
    'If the route is not podway’s and nobody needs it: gcloud compute routes delete besides --project p',
  )
})

test('what a router brought is not to be deleted', () => {
  const learnt = route('10.244.3.0/24', 'projects/p/regions/z/vpnTunnels/t', { origin: 'propagated' })
  expect(told({ routes: [learnt] })?.fix).not.toContain('gcloud')
})

test('a route for tags that the sender lacks is told with the tag', () => {
  const found = told({ routes: [toInternet, route('10.244.3.0/24', 'b', { name: 'to-b', tags: ['node'] })] })
  expect(found?.message).toContain(
    'the route to-b to 10.244.3.0/24 leads there, and is only for instances with',
  )
  expect(found?.fix).toContain('gcloud compute instances add-tags a --project p --zone z-a --tags node')
})

test('who has the alias range is told, and how to take it back', () => {
  const found = told({
    ...aliased,
    receiver: receivedBy(bare),
    others: [instance('c', nic('10.0.1.4', '10.64.3.0/24'))],
  })
  expect(found?.object).toEqual({ kind: 'instance', name: pathOf('c') })
  expect(found?.message).toContain(
    `to 10.64.3.0/24 of nic0 of ${pathOf('c')}, and the cluster has it on Node b`,
  )
  expect(found?.fix).toContain('network-interfaces update c --project p --zone z-a --network-interface nic0')
})

test('whose alias range it is may not be read', () => {
  expect(told({ ...aliased, receiver: receivedBy(bare) })?.message).toContain('may not be read')
})

test('who may not forward is told how to let it', () => {
  const [sender] = judgeGcpWay(way({ sender: sentBy(instance('a', aNic, strict)) }))
  expect(sender?.message).toContain('Google drops what it sends from 10.244.1.2')
  expect(sender?.fix).toContain('gcloud compute instances export a --project p --zone z-a')
})
