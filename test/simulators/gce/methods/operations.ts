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

function list(request: Request, { state }: Context): object {
  const scope = `projects/${request.path('project')}`
  const all = [...state.operations.values()].filter((operation) => operation.scope === scope)
  const timeOf = (view: object): string => (view as { readonly insertTime: string }).insertTime
  const link = urlOf(`${scope}/global/operations`)
  return listOf('operationList', all.map(operationView), request.parameters, link, timeOf)
}

const lookGlobal = look(({ path }) => `projects/${path('project')}/global`)
const lookZonal = look(({ path }) => `projects/${path('project')}/zones/${path('zone')}`)

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
  {
    name: 'globalOperations.list',
    httpMethod: 'GET',
    path: 'projects/{project}/global/operations',
    query: LIST_PARAMETERS,
    group: 'list',
    run: list,
  },
  method('globalOperations.get', 'GET', GLOBAL, lookGlobal),
  method('globalOperations.wait', 'POST', `${GLOBAL}/wait`, lookGlobal),
  method('zoneOperations.get', 'GET', ZONAL, lookZonal),
  method('zoneOperations.wait', 'POST', `${ZONAL}/wait`, lookZonal),
]
