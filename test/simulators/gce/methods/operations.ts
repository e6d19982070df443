import { notFound } from '../errors.ts'
import type { Context, Method, Request } from '../method.ts'
import { listOf } from '../list.ts'
import { operationView } from '../operations.ts'
import { LIST_PARAMETERS } from '../paging.ts'
import { urlOf } from '../references.ts'

/**
 * `wait` answers at once, as it may: "in uncommon cases, when the server is overloaded, the request might return before
 * the default deadline is reached, or might return after zero seconds". Who relies on it waiting is wrong.
 */
const look =
  (collection: (request: Request) => string) =>
  (request: Request, { state }: Context): object => {
    const path = `${collection(request)}/operations/${request.path('operation')}`
    const found = state.operations.get(path)
    if (found === undefined) throw notFound(path)
    return operationView(found)
  }

const timeOf = (view: object): string => (view as { readonly insertTime: string }).insertTime

const lookGlobal = look(({ path }) => `projects/${path('project')}/global`)
const lookZonal = look(({ path }) => `projects/${path('project')}/zones/${path('zone')}`)

/** Of one scope, as long as the project lives: Google forgets them after weeks. */
const listIn =
  (scopeOf: (request: Request, context: Context) => string, collection: string) =>
  (request: Request, context: Context): object => {
    const scope = scopeOf(request, context)
    const there = [...context.state.operations.values()].filter((one) => one.scope === scope)
    const link = urlOf(`${scope}${collection}/operations`)
    return listOf('operationList', there.map(operationView), request.parameters, link, timeOf)
  }

const listGlobal = listIn(({ path }) => `projects/${path('project')}`, '/global')
const listZonal = listIn(({ path }, { state }) => {
  const zone = `projects/${path('project')}/zones/${path('zone')}`
  if (!state.zones.includes(path('zone'))) throw notFound(zone)
  return zone
}, '')

const GLOBAL = 'projects/{project}/global/operations/{operation}'
const ZONAL = 'projects/{project}/zones/{zone}/operations/{operation}'

const method = (name: string, httpMethod: 'GET' | 'POST', path: string, run: Method['run']): Method => ({
  name,
  httpMethod,
  path,
  query: [],
  group: 'operation-read',
  run,
})

export const OPERATION_METHODS: readonly Method[] = [
  method('globalOperations.get', 'GET', GLOBAL, lookGlobal),
  method('globalOperations.wait', 'POST', `${GLOBAL}/wait`, lookGlobal),
  method('zoneOperations.get', 'GET', ZONAL, lookZonal),
  method('zoneOperations.wait', 'POST', `${ZONAL}/wait`, lookZonal),
  {
    name: 'globalOperations.list',
    httpMethod: 'GET',
    path: 'projects/{project}/global/operations',
    query: LIST_PARAMETERS,
    group: 'list',
    run: listGlobal,
  },
  {
    name: 'zoneOperations.list',
    httpMethod: 'GET',
    path: 'projects/{project}/zones/{zone}/operations',
    query: LIST_PARAMETERS,
    group: 'list',
    run: listZonal,
  },
]
