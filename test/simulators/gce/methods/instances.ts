import { notFound } from '../errors.ts'
import { aggregatedListOf, listOf } from '../list.ts'
import type { Context, Method, Request } from '../method.ts'
import { LIST_PARAMETERS } from '../paging.ts'
import { urlOf } from '../references.ts'
import { type Instance, projectOf } from '../state.ts'
import { instanceView } from '../views/instance.ts'

/** @throws GceError notFound */
export function findInstance({ path }: Request, { state }: Context): Instance {
  const zone = `projects/${path('project')}/zones/${path('zone')}`
  if (!state.zones.includes(path('zone'))) throw notFound(zone)
  const found = state.instances.get(`${zone}/instances/${path('instance')}`)
  if (found === undefined) throw notFound(`${zone}/instances/${path('instance')}`)
  return found
}

const get = (request: Request, context: Context): object => instanceView(findInstance(request, context))

const instancesOf = ({ path }: Request, { state }: Context): readonly Instance[] =>
  [...state.instances.values()].filter((instance) => projectOf(instance.path) === path('project'))

function list(request: Request, context: Context): object {
  const zone = request.path('zone')
  const link = `projects/${request.path('project')}/zones/${zone}`
  if (!context.state.zones.includes(zone)) throw notFound(link)
  const there = instancesOf(request, context).filter((instance) => instance.zone === zone)
  return listOf('instanceList', there.map(instanceView), request.parameters, urlOf(`${link}/instances`))
}

function aggregatedList(request: Request, context: Context): object {
  const all = instancesOf(request, context).map((instance) => ({
    scope: `zones/${instance.zone}`,
    view: instanceView(instance),
  }))
  return aggregatedListOf(
    'instanceAggregatedList',
    'instances',
    all,
    context.state.zones.map((zone) => `zones/${zone}`),
    request.parameters,
    urlOf(`projects/${request.path('project')}/aggregated/instances`),
    context.state,
  )
}

const COLLECTION = 'projects/{project}/zones/{zone}/instances'

export const INSTANCE_METHODS: readonly Method[] = [
  {
    name: 'instances.get',
    httpMethod: 'GET',
    path: `${COLLECTION}/{instance}`,
    query: [],
    group: 'read',
    run: get,
  },
  {
    name: 'instances.list',
    httpMethod: 'GET',
    path: COLLECTION,
    query: LIST_PARAMETERS,
    group: 'list',
    run: list,
  },
  {
    name: 'instances.aggregatedList',
    httpMethod: 'GET',
    path: 'projects/{project}/aggregated/instances',
    query: [...LIST_PARAMETERS, 'includeAllScopes'],
    group: 'list',
    run: aggregatedList,
  },
]
