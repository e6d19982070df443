import { aggregatedListOf } from '../list.ts'
import type { Context, Method, Request } from '../method.ts'
import { LIST_PARAMETERS } from '../paging.ts'
import { urlOf } from '../references.ts'
import { projectOf } from '../state.ts'
import { routerView } from '../views/router.ts'
import { regionsOf } from './networks.ts'

function aggregatedList(request: Request, context: Context): object {
  const project = request.path('project')
  const all = [...context.state.routers.values()]
    .filter(({ path }) => projectOf(path) === project)
    .map((router) => ({ scope: `regions/${router.region}`, view: routerView(router) }))
  return aggregatedListOf(
    'routerAggregatedList',
    'routers',
    all,
    regionsOf(context).map((region) => `regions/${region}`),
    request.parameters,
    urlOf(`projects/${project}/aggregated/routers`),
    context.state,
  )
}

export const ROUTER_METHODS: readonly Method[] = [
  {
    name: 'routers.aggregatedList',
    httpMethod: 'GET',
    path: 'projects/{project}/aggregated/routers',
    query: [...LIST_PARAMETERS, 'includeAllScopes'],
    group: 'list',
    run: aggregatedList,
  },
]
