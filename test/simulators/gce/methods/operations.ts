import { notFound } from '../errors.ts'
import type { Context, Method, Request } from '../method.ts'
import { operationView } from '../operations.ts'

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
  method('globalOperations.get', 'GET', GLOBAL, lookGlobal),
  method('globalOperations.wait', 'POST', `${GLOBAL}/wait`, lookGlobal),
  method('zoneOperations.get', 'GET', ZONAL, lookZonal),
  method('zoneOperations.wait', 'POST', `${ZONAL}/wait`, lookZonal),
]
