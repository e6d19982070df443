import { type Cidr, containsCidr, formatCidr, overlaps } from '../../../net/cidr.ts'
import type { OperationError } from './errors.ts'
import {
  type Instance,
  type Network,
  type NextHop,
  type ResourcePath,
  type Route,
  type State,
  type Subnetwork,
  projectOf,
} from './state.ts'

export const subnetworksOf = (state: State, network: ResourcePath): readonly Subnetwork[] =>
  [...state.subnetworks.values()].filter((subnetwork) => subnetwork.network === network)

/** Primary and secondary ones, of both families. */
export const rangesOf = (subnetwork: Subnetwork): readonly Cidr[] => [
  subnetwork.range,
  ...subnetwork.secondaryRanges.map(({ range }) => range),
  ...(subnetwork.ipv6 === undefined ? [] : [subnetwork.ipv6]),
]

/** The networks whose subnets a packet of this one reaches without leaving Google's routing. */
const neighbours = (state: State, network: Network): readonly ResourcePath[] => [
  network.path,
  ...network.peerings.map((peering) => peering.network).filter((path) => state.networks.has(path)),
]

/**
 * Why a static route to that destination is refused, as a sentence: it may neither be nor lie within a range of a subnet,
 * of the network or of one that it is peered with, unless that is a hybrid subnet.
 *
 * Sources: https://docs.cloud.google.com/vpc/docs/routes#subnet-routes,
 * https://github.com/rimusz/gke-haproxy-lb/issues/4
 */
export function hiddenRange(state: State, network: Network, destination: Cidr): string | undefined {
  for (const path of neighbours(state, network))
    for (const subnetwork of subnetworksOf(state, path)) {
      if (subnetwork.allowsOverlap) continue
      for (const range of rangesOf(subnetwork))
        if (containsCidr(range, destination))
          return `${formatCidr(destination)} hides the address space of the network (${formatCidr(range)}). Cannot change the routing of packets destined for the network.`
    }
  return undefined
}

/**
 * The error of the operation that would exceed a quota, of the network or of its peering group, which is the network and
 * those that it is peered with; undefined while there is room.
 */
export function quotaError(state: State, network: Network): OperationError | undefined {
  const project = state.projects.get(projectOf(network.path))
  const own = project?.staticRoutesPerNetwork ?? 0
  if (routesIn(state, [network.path]) >= own)
    return exceeded(network, 'NETWORK', 'static_routes_per_vpc_network', own)
  const group = neighbours(state, network)
  if (group.length === 1) return undefined
  const limit = Math.max(project?.staticRoutesPerPeeringGroup ?? 0, own)
  if (routesIn(state, group) < limit) return undefined
  return exceeded(network, 'PEERING_GROUP', 'static_routes_per_peering_group', limit)
}

const routesIn = (state: State, networks: readonly ResourcePath[]): number =>
  [...state.routes.values()].filter(({ network }) => networks.includes(network)).length

const exceeded = (network: Network, of: string, metric: string, limit: number): OperationError => ({
  code: 'QUOTA_EXCEEDED',
  message: `Quota 'STATIC_ROUTES_PER_${of}' exceeded.  Limit: ${limit}.0 globally.`,
  httpStatus: 403,
  httpMessage: 'FORBIDDEN',
  quota: {
    metricName: `compute.googleapis.com/${metric}`,
    limitName: `STATIC-ROUTES-PER-${of.replace('_', '-')}-per-project-network`,
    limit,
    dimensions: { network_id: network.id },
  },
})

/** What is wrong with a route's next hop now; the API stores the route all the same. */
export function warningsOf(state: State, route: Route): readonly object[] {
  const code = hopProblem(state, route)
  if (code === undefined) return []
  const [name, message, data] = code
  return [{ code: name, message, data }]
}

type Problem = readonly [code: string, message: string, data: readonly { key: string; value: string }[]]

function hopProblem(state: State, route: Route): Problem | undefined {
  const { nextHop } = route
  if (nextHop.kind === 'gateway') return undefined
  const instance = instanceBehind(state, route.network, nextHop)
  if (instance === undefined)
    return nextHop.kind === 'instance'
      ? problem(
          'NEXT_HOP_INSTANCE_NOT_FOUND',
          `Next hop instance '${nextHop.instance}' does not exist.`,
          nextHop.instance,
        )
      : problem(
          'NEXT_HOP_ADDRESS_NOT_ASSIGNED',
          'Next hop address is not assigned to an instance on the network.',
          '',
        )
  const nic = instance.interfaces.find(({ network }) => network === route.network)
  if (nic === undefined)
    return problem(
      'NEXT_HOP_INSTANCE_NOT_ON_NETWORK',
      `Next hop instance '${instance.path}' is not on the route's network.`,
      instance.path,
    )
  if (route.destination.family === 6 && nic.ipv6 === undefined)
    return problem(
      'NEXT_HOP_INSTANCE_HAS_NO_IPV6_INTERFACE',
      `Next hop instance '${instance.path}' has no IPv6 interface.`,
      instance.path,
    )
  if (instance.status !== 'RUNNING')
    return problem(
      'NEXT_HOP_NOT_RUNNING',
      `Next hop instance '${instance.path}' is not running.`,
      instance.path,
    )
  if (!instance.canIpForward)
    return problem(
      'NEXT_HOP_CANNOT_IP_FORWARD',
      `Next hop instance '${instance.path}' cannot forward IP.`,
      instance.path,
    )
  return undefined
}

const problem = (code: string, message: string, value: string): Problem => [
  code,
  message,
  value === '' ? [] : [{ key: 'instance', value }],
]

function instanceBehind(state: State, network: ResourcePath, hop: NextHop): Instance | undefined {
  if (hop.kind === 'instance') return state.instances.get(hop.instance)
  if (hop.kind === 'gateway') return undefined
  const { family, value } = hop.address
  return [...state.instances.values()].find(({ interfaces }) =>
    interfaces.some((nic) => {
      const own = family === 4 ? nic.address : nic.ipv6
      return nic.network === network && own?.value === value
    }),
  )
}

/** Whether two ranges have an address in common. */
export const collide = (a: Cidr, b: Cidr): boolean => a.family === b.family && overlaps(a, b)
