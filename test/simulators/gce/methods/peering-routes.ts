import { formatCidr } from '../../../../net/cidr.ts'
import { invalidField, notFound, requiredField } from '../errors.ts'
import type { Context, Method, Request } from '../method.ts'
import { pageOf } from '../paging.ts'
import { urlOf } from '../references.ts'
import type { Network, Peering, State } from '../state.ts'
import { rangesOf, subnetworksOf } from '../static-routes.ts'
import { findNetwork, regionsOf } from './networks.ts'

interface ExchangedRoute {
  readonly destRange: string
  readonly type: 'SUBNET_PEERING_ROUTE' | 'STATIC_PEERING_ROUTE'
  readonly nextHopRegion: string
  readonly priority: number
  readonly imported: boolean
}

/**
 * What a peering exchanges: the routes of subnets always, static ones as both sides agree, those with tags never, and none
 * to the default Internet gateway. Source: https://docs.cloud.google.com/vpc/docs/vpc-peering
 */
function list(request: Request, context: Context): object {
  const { parameters } = request
  const network = findNetwork(request, context)
  const name = required(parameters, 'peeringName')
  const direction = required(parameters, 'direction')
  const region = required(parameters, 'region')
  if (!regionsOf(context).includes(region)) throw notFound(`regions/${region}`)
  const peering = network.peerings.find((one) => one.name === name)
  if (peering === undefined) throw notFound(`${network.path}/peerings/${name}`)
  const routes = exchanged(direction, network, peering, region, context.state)
  const { items, nextPageToken } = pageOf(routes, (route) => JSON.stringify(route), parameters)
  return {
    kind: 'compute#exchangedPeeringRoutesList',
    id: `${network.path}/peeringRoutes`,
    ...(items.length === 0 ? {} : { items }),
    ...(nextPageToken === undefined ? {} : { nextPageToken }),
    selfLink: urlOf(`${network.path}/peeringRoutes`),
  }
}

function exchanged(
  direction: string,
  network: Network,
  peering: Peering,
  region: string,
  state: State,
): readonly ExchangedRoute[] {
  const other = state.networks.get(peering.network)
  const back = other?.peerings.find((one) => one.network === network.path)
  switch (direction) {
    case 'INCOMING':
      return other === undefined || back === undefined ? [] : given(other, back, peering, region, state)
    case 'OUTGOING':
      return back === undefined ? [] : given(network, peering, back, region, state)
    default:
      throw invalidField('direction', direction, 'Must be INCOMING or OUTGOING.')
  }
}

function given(
  from: Network,
  giver: Peering,
  taker: Peering,
  region: string,
  state: State,
): readonly ExchangedRoute[] {
  const subnets = subnetworksOf(state, from.path).flatMap((subnetwork) =>
    rangesOf(subnetwork).map((range): ExchangedRoute => ({
      destRange: formatCidr(range),
      type: 'SUBNET_PEERING_ROUTE',
      nextHopRegion: subnetwork.region,
      priority: 0,
      imported: true,
    })),
  )
  const statics = [...state.routes.values()]
    .filter((route) => route.network === from.path && route.tags.length === 0)
    .filter(({ nextHop }) => nextHop.kind !== 'gateway' && giver.exportsCustomRoutes)
    .map((route): ExchangedRoute => ({
      destRange: formatCidr(route.destination),
      type: 'STATIC_PEERING_ROUTE',
      nextHopRegion: region,
      priority: route.priority,
      imported: taker.importsCustomRoutes,
    }))
  return [...subnets, ...statics]
}

function required(parameters: ReadonlyMap<string, string>, name: string): string {
  const value = parameters.get(name)
  if (value === undefined || value === '') throw requiredField(name)
  return value
}

export const PEERING_ROUTE_METHODS: readonly Method[] = [
  {
    name: 'networks.listPeeringRoutes',
    httpMethod: 'GET',
    path: 'projects/{project}/global/networks/{network}/listPeeringRoutes',
    query: ['maxResults', 'pageToken', 'direction', 'peeringName', 'region'],
    group: 'list',
    run: list,
  },
]
