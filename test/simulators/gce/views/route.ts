import { createHash } from 'node:crypto'
import { formatAddress } from '../../../../net/address.ts'
import { type Cidr, formatCidr } from '../../../../net/cidr.ts'
import { timestamp } from '../operations.ts'
import { urlOf } from '../references.ts'
import { type Network, type NextHop, type Route, type State, projectOf } from '../state.ts'
import { rangesOf, subnetworksOf, warningsOf } from '../static-routes.ts'

/** As `get` and `list` give it. */
export interface RouteView {
  readonly kind: 'compute#route'
  readonly name: string
  readonly [field: string]: unknown
}

export function routeView(state: State, route: Route): RouteView {
  const warnings = warningsOf(state, route)
  return {
    kind: 'compute#route',
    id: route.id,
    creationTimestamp: timestamp(route.created),
    name: route.name,
    description: route.description,
    network: urlOf(route.network),
    ...(route.tags.length === 0 ? {} : { tags: route.tags }),
    destRange: formatCidr(route.destination),
    priority: route.priority,
    ...hopFields(route.nextHop),
    routeType: 'STATIC',
    ...(warnings.length === 0 ? {} : { warnings }),
    selfLink: urlOf(route.path),
  }
}

function hopFields(hop: NextHop): object {
  switch (hop.kind) {
    case 'instance':
      return { nextHopInstance: urlOf(hop.instance) }
    case 'ip':
      return { nextHopIp: formatAddress(hop.address) }
    case 'gateway':
      return { nextHopGateway: urlOf(hop.gateway) }
  }
}

/** The routes that a network has because of its subnets, and of those of the networks that it is peered with. */
export function impliedRoutes(state: State, network: Network): readonly RouteView[] {
  const own = subnetworksOf(state, network.path).flatMap((subnetwork) =>
    rangesOf(subnetwork).map((range) =>
      implied(network, range, subnetwork.created, {
        description: `Default local route to the subnetwork ${formatCidr(range)}.`,
        nextHopNetwork: urlOf(network.path),
        prefix: 'default-route',
      }),
    ),
  )
  const peered = network.peerings.flatMap((peering) =>
    subnetworksOf(state, peering.network).flatMap((subnetwork) =>
      rangesOf(subnetwork).map((range) =>
        implied(network, range, subnetwork.created, {
          description: `Auto generated route via peering [${peering.name}].`,
          nextHopPeering: peering.name,
          prefix: 'peering-route',
        }),
      ),
    ),
  )
  return [...own, ...peered]
}

function implied(
  network: Network,
  range: Cidr,
  created: number,
  { prefix, ...fields }: { readonly prefix: string; readonly [field: string]: string },
): RouteView {
  const digest = createHash('sha256')
    .update(`${network.path} ${formatCidr(range)}`)
    .digest('hex')
  const name = `${prefix}-${digest.slice(0, 16)}`
  return {
    kind: 'compute#route',
    id: String(BigInt(`0x${digest.slice(0, 15)}`)),
    creationTimestamp: timestamp(created),
    name,
    network: urlOf(network.path),
    destRange: formatCidr(range),
    priority: 0,
    routeType: 'SUBNET',
    selfLink: urlOf(`projects/${projectOf(network.path)}/global/routes/${name}`),
    ...fields,
  }
}
