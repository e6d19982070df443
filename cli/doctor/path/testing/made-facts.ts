import type { PathEnd, PathFacts, PathLink } from '../../../../agent/path/path-facts.ts'
import { parseAddress } from '../../../../net/address.ts'
import { parseCidr } from '../../../../net/cidr.ts'
import type { ExaminedNode } from '../../../../providers/examined.ts'
import type { Leg, Party } from '../path-picture.ts'

/** Two Nodes with a pod each, as they would be if all were well. IPv4. */
export const nodeA = node('node-a', '10.0.1.10', '10.244.1.0/24')
export const nodeB = node('node-b', '10.0.2.10', '10.244.3.0/24')
export const podA: Party = pod('web', '10.244.1.2', nodeA)
export const podB: Party = pod('db', '10.244.3.2', nodeB)

function node(name: string, address: string, range: string): ExaminedNode {
  return { name, addresses: [parseAddress(address)], podCIDRs: [parseCidr(range)] }
}

export function pod(name: string, address: string, on: ExaminedNode): Party {
  return { name: `pod default/${name}`, address: parseAddress(address), node: on, isHost: false }
}

export const uplink: PathLink = {
  name: 'eth0',
  isUp: true,
  hasCarrier: true,
  mtu: 9001,
  mac: '02:00:00:00:00:0a',
  forwards: true,
  reversePathFilter: 0,
}

export const veth: PathLink = {
  name: 'veth1',
  kind: 'veth',
  isUp: true,
  hasCarrier: true,
  mtu: 9001,
  mac: '02:00:00:00:00:01',
  forwards: true,
  reversePathFilter: 0,
  peer: { name: 'eth0', isUp: true, mtu: 9001, mac: '02:00:00:00:00:02' },
}

/** An address of a pod that the Node has. */
export const near = (address: string, link: PathLink = veth): PathEnd => ({
  route: { destination: `${address}/32`, kind: 'unicast', table: 254, protocol: 3, interface: link.name },
  link,
  neighbour: { state: 'known', mac: '02:00:00:00:00:02' },
})

/** Any other address. */
export const far: PathEnd = {
  route: {
    destination: '0.0.0.0/0',
    kind: 'unicast',
    table: 254,
    protocol: 16,
    gateway: '10.0.1.1',
    interface: 'eth0',
  },
  link: uplink,
  neighbour: { state: 'known', mac: '02:00:00:00:00:ff' },
}

const quiet = { downInterfaces: [], firewall: { chains: [], legacyTables: [] } } as const

/** Of a packet that leaves its pod's Node. */
export const leaving = (source: string, more: Partial<PathFacts> = {}): PathFacts => ({
  ...quiet,
  source: near(source),
  destination: far,
  entry: veth,
  way: { result: 'found', route: { ...farRoute } },
  exit: uplink,
  forwards: true,
  ...more,
})

/** Of a packet that comes to its pod's Node. */
export const coming = (destination: string, more: Partial<PathFacts> = {}): PathFacts => ({
  ...quiet,
  source: far,
  destination: near(destination),
  entry: uplink,
  way: { result: 'found', route: { ...nearRoute(destination) } },
  exit: veth,
  forwards: true,
  ...more,
})

const farRoute = {
  destination: '0.0.0.0/0',
  kind: 'unicast',
  table: 254,
  protocol: 16,
  gateway: '10.0.1.1',
  interface: 'eth0',
} as const

export const nearRoute = (address: string) =>
  ({ destination: `${address}/32`, kind: 'unicast', table: 254, protocol: 3, interface: 'veth1' }) as const

/** From the pod on `node-a` to that on `node-b`, with what is not well. */
export const leg = (more: {
  readonly departure?: Partial<PathFacts>
  readonly arrival?: Partial<PathFacts>
  readonly leg?: Partial<Leg>
}): Leg => ({
  way: 'there',
  source: podA,
  destination: podB,
  departure: { facts: leaving('10.244.1.2', more.departure) },
  cloud: [],
  arrival: { facts: coming('10.244.3.2', more.arrival) },
  ...more.leg,
})
