import { notFound } from '../errors.ts'
import { aggregatedListOf, listOf } from '../list.ts'
import type { Context, Method, Request } from '../method.ts'
import { LIST_PARAMETERS } from '../paging.ts'
import { urlOf } from '../references.ts'
import { type Network, projectOf, regionOf } from '../state.ts'
import { networkView, projectView, subnetworkView } from '../views/network.ts'

/** @throws GceError notFound */
export function findNetwork({ path }: Request, { state }: Context): Network {
  const at = `projects/${path('project')}/global/networks/${path('network')}`
  const network = state.networks.get(at)
  if (network === undefined) throw notFound(at)
  return network
}

const getNetwork = (request: Request, context: Context): object =>
  networkView(context.state, findNetwork(request, context))

function listNetworks({ path, parameters }: Request, { state }: Context): object {
  const views = [...state.networks.values()]
    .filter((network) => projectOf(network.path) === path('project'))
    .map((network) => networkView(state, network))
  return listOf('networkList', views, parameters, urlOf(`projects/${path('project')}/global/networks`))
}

export const regionsOf = ({ state }: Context): readonly string[] => [...new Set(state.zones.map(regionOf))]

function getSubnetwork({ path }: Request, { state }: Context): object {
  const at = `projects/${path('project')}/regions/${path('region')}/subnetworks/${path('subnetwork')}`
  const subnetwork = state.subnetworks.get(at)
  if (subnetwork === undefined) throw notFound(at)
  return subnetworkView(subnetwork)
}

function listSubnetworks(request: Request, context: Context): object {
  const { path, parameters } = request
  const at = `projects/${path('project')}/regions/${path('region')}`
  if (!regionsOf(context).includes(path('region'))) throw notFound(at)
  const there = [...context.state.subnetworks.values()].filter((one) => one.path.startsWith(`${at}/`))
  return listOf('subnetworkList', there.map(subnetworkView), parameters, urlOf(`${at}/subnetworks`))
}

function aggregatedSubnetworks(request: Request, context: Context): object {
  const project = request.path('project')
  const all = [...context.state.subnetworks.values()]
    .filter((one) => projectOf(one.path) === project)
    .map((one) => ({ scope: `regions/${one.region}`, view: subnetworkView(one) }))
  return aggregatedListOf(
    'subnetworkAggregatedList',
    'subnetworks',
    all,
    regionsOf(context).map((region) => `regions/${region}`),
    request.parameters,
    urlOf(`projects/${project}/aggregated/subnetworks`),
    context.state,
  )
}

function getProject({ path }: Request, { state }: Context): object {
  const project = state.projects.get(path('project'))
  if (project === undefined) throw notFound(`projects/${path('project')}`)
  return projectView(project)
}

const SUBNETWORKS = 'projects/{project}/regions/{region}/subnetworks'

export const NETWORK_METHODS: readonly Method[] = [
  {
    name: 'projects.get',
    httpMethod: 'GET',
    path: 'projects/{project}',
    query: [],
    group: 'read',
    run: getProject,
  },
  {
    name: 'networks.get',
    httpMethod: 'GET',
    path: 'projects/{project}/global/networks/{network}',
    query: [],
    group: 'read',
    run: getNetwork,
  },
  {
    name: 'networks.list',
    httpMethod: 'GET',
    path: 'projects/{project}/global/networks',
    query: LIST_PARAMETERS,
    group: 'list',
    run: listNetworks,
  },
  {
    name: 'subnetworks.get',
    httpMethod: 'GET',
    path: `${SUBNETWORKS}/{subnetwork}`,
    query: [],
    group: 'read',
    run: getSubnetwork,
  },
  {
    name: 'subnetworks.list',
    httpMethod: 'GET',
    path: SUBNETWORKS,
    query: LIST_PARAMETERS,
    group: 'list',
    run: listSubnetworks,
  },
  {
    name: 'subnetworks.aggregatedList',
    httpMethod: 'GET',
    path: 'projects/{project}/aggregated/subnetworks',
    query: [...LIST_PARAMETERS, 'includeAllScopes'],
    group: 'list',
    run: aggregatedSubnetworks,
  },
]
