import { type Json, type JsonObject, isObject, listAt, objectAt, textAt } from '../kubernetes/json.ts'
import { notFound } from './errors.ts'
import { nameOf, sameId } from './names.ts'
import type { Answer, Context, Operation } from './operation.ts'
import { showTable, tableAt, writeTable } from './route-tables.ts'

const routes =
  '/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network/routeTables/{table}/routes'

/** Each write is one of the whole table, and so only one at a time. */
export const routeOperations: readonly Operation[] = [
  {
    name: 'Routes_Get',
    method: 'GET',
    path: `${routes}/{route}`,
    action: 'Microsoft.Network/routeTables/routes/read',
    handle: (context) => ({ status: 200, body: routeAt(context) }),
  },
  {
    name: 'Routes_List',
    method: 'GET',
    path: routes,
    action: 'Microsoft.Network/routeTables/routes/read',
    handle: (context) => ({ status: 200, body: { value: routesOf(context) } }),
  },
  {
    name: 'Routes_CreateOrUpdate',
    method: 'PUT',
    path: `${routes}/{route}`,
    action: 'Microsoft.Network/routeTables/routes/write',
    handle: (context) => {
      const route: JsonObject = { ...context.body, name: nameOf(context.id) }
      const there = routesOf(context).some((one) => isNamed(one, context))
      const all = there
        ? routesOf(context).map((one) => (isNamed(one, context) ? route : one))
        : [...routesOf(context), route]
      const answer = rewrite(context, all, 'PutRouteOperation')
      return { ...answer, status: there ? 200 : 201, body: routeAt(context) }
    },
  },
  {
    name: 'Routes_Delete',
    method: 'DELETE',
    path: `${routes}/{route}`,
    action: 'Microsoft.Network/routeTables/routes/delete',
    handle: (context) => {
      const left = routesOf(context).filter((one) => !isNamed(one, context))
      if (left.length === routesOf(context).length) return { status: 204 }
      const { headers = {} } = rewrite(context, left, 'DeleteRouteOperation')
      return { status: 202, headers }
    },
  },
]

const tableId = ({ id }: Context): string => id.split('/').slice(0, 9).join('/')

function shown(context: Context): JsonObject {
  return showTable(context.state, tableAt(context.state, tableId(context)))
}

const routesOf = (context: Context): readonly Json[] => listAt(shown(context), 'properties', 'routes')

const isNamed = (route: Json, context: Context): boolean =>
  isObject(route) && sameId(textAt(route, 'name'), context.parameters.route ?? '')

function routeAt(context: Context): JsonObject {
  const route = routesOf(context).find((one) => isNamed(one, context))
  if (!isObject(route)) throw notFound(context.id)
  return route
}

function rewrite(context: Context, all: readonly Json[], kind: string): Answer {
  const { doc } = tableAt(context.state, tableId(context))
  const body = { ...doc, properties: { ...objectAt(doc, 'properties'), routes: all } }
  return writeTable({ ...context, ifMatch: undefined }, tableId(context), body, kind)
}
