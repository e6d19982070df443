import {
  type Json,
  type JsonObject,
  isObject,
  listAt,
  objectAt,
  sameJson,
  textAt,
  valueAt,
  withMember,
} from '../kubernetes/json.ts'
import { begin, refuseBusy } from './async-operations.ts'
import { ArmError, badRequest, notFound, unreadable } from './errors.ts'
import { checkName, groupOf, nameOf, sameId } from './names.ts'
import { type Answer, type Context, type Operation, page } from './operation.ts'
import { checkIfMatch } from './revisions.ts'
import { checkRoutes } from './route-rules.ts'
import { type ArmState, type AsyncEnd, type Resource, etagOf, guid } from './state.ts'

const group = '/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network/routeTables'
const read = 'Microsoft.Network/routeTables/read'

export const routeTables: readonly Operation[] = [
  {
    name: 'RouteTables_Get',
    method: 'GET',
    path: `${group}/{table}`,
    action: read,
    handle: (context) => {
      const table = tableAt(context.state, context.id)
      return { status: 200, body: showTable(context.state, table), headers: { etag: etagOf(table) } }
    },
  },
  {
    name: 'RouteTables_CreateOrUpdate',
    method: 'PUT',
    path: `${group}/{table}`,
    action: 'Microsoft.Network/routeTables/write',
    handle: (context) => writeTable(context, context.id, context.body, 'PutRouteTableOperation'),
  },
  {
    name: 'RouteTables_UpdateTags',
    method: 'PATCH',
    path: `${group}/{table}`,
    action: 'Microsoft.Network/routeTables/write',
    handle: (context) => {
      const { doc } = tableAt(context.state, context.id)
      checkIfMatch(context.ifMatch, context.id, context.state.get(context.id))
      const table = context.state.put(context.id, { ...doc, tags: objectAt(context.body, 'tags') })
      return { status: 200, body: showTable(context.state, table) }
    },
  },
  {
    name: 'RouteTables_Delete',
    method: 'DELETE',
    path: `${group}/{table}`,
    action: 'Microsoft.Network/routeTables/delete',
    handle: (context) => {
      const { id, state } = context
      const table = state.get(id)
      if (table === undefined) return { status: 204 }
      refuseBusy(context, id)
      const [subnet] = subnetsOf(state, id)
      if (subnet !== undefined)
        throw badRequest(
          'InUseRouteTableCannotBeDeleted',
          `Route table ${nameOf(id)} is in use and cannot be deleted. It is associated with ${textAt(subnet, 'id')}.`,
        )
      state.delete(id)
      return { status: 200 }
    },
  },
  {
    name: 'RouteTables_List',
    method: 'GET',
    path: group,
    action: read,
    handle: (context) =>
      page(context, context.state.list(context.id), (one) => showTable(context.state, one)),
  },
  {
    name: 'RouteTables_ListAll',
    method: 'GET',
    path: '/subscriptions/{subscription}/providers/Microsoft.Network/routeTables',
    action: read,
    handle: (context) => {
      const [, , subscription = ''] = context.id.split('/')
      const found = context.state
        .all()
        .filter(({ id, doc }) => doc.type === tableType && sameId(id.split('/')[2] ?? '', subscription))
      return page(context, found, (one) => showTable(context.state, one))
    },
  },
]

export const tableType = 'Microsoft.Network/routeTables'

/** @throws ArmError */
export function tableAt(state: ArmState, id: string): Resource {
  const table = state.get(id)
  if (table === undefined) throw notFound(id)
  return table
}

export function showTable(state: ArmState, table: Resource): JsonObject {
  const properties = objectAt(table.doc, 'properties')
  const etag = etagOf(table)
  const routes = listAt(properties, 'routes').map((route) => (isObject(route) ? { ...route, etag } : route))
  const subnets = subnetsOf(state, table.id)
  return {
    ...table.doc,
    etag,
    properties: { ...properties, routes, ...(subnets.length > 0 && { subnets }) },
  }
}

/** Back references: a table does not store who uses it. */
function subnetsOf(state: ArmState, table: string): readonly JsonObject[] {
  return state
    .all()
    .filter(({ doc }) => sameId(textAt(doc, 'properties', 'routeTable', 'id'), table))
    .map(({ id }) => ({ id }))
}

/** What a client says and the service owns: taken from what is there, whatever the body has. */
const serversOwn = ['id', 'name', 'type', 'etag']
const serversOwnProperties = ['provisioningState', 'resourceGuid', 'subnets']

/**
 * The whole table, as a PUT has it: routes that it leaves out are gone. What the service does not know, of a newer
 * version of the API, is kept as it came.
 */
export function writeTable(context: Context, id: string, body: JsonObject, kind: string): Answer {
  const { ifMatch, limits, now, state } = context
  checkName(nameOf(id))
  const before = state.get(id)
  refuseBusy(context, id)
  checkIfMatch(ifMatch, id, before)
  const location = textAt(body, 'location')
  if (location === '')
    throw badRequest('LocationRequired', 'The location property is required for this definition.')
  if (before !== undefined && !sameId(textAt(before.doc, 'location'), location))
    throw new ArmError(
      409,
      'InvalidResourceLocation',
      `The resource '${nameOf(id)}' already exists in location '${textAt(before.doc, 'location')}' in resource group '${nameOf(groupOf(id))}'. A resource with the same name cannot be created in location '${location}'. Please select a new resource name.`,
    )
  const wanted = valueAt(body, 'properties')
  if (wanted !== undefined && !isObject(wanted)) throw unreadable('InvalidJson', 'properties is no object.')
  const routes = checkRoutes(id, listAt(wanted, 'routes'), limits.routesPerTable)
  const written = state.put(id, {
    ...without(body, serversOwn),
    name: nameOf(before?.id ?? id),
    id: before?.id ?? id,
    type: tableType,
    location,
    properties: {
      provisioningState: 'Updating',
      resourceGuid: textAt(before?.doc, 'properties', 'resourceGuid') || guid(state.nextSerial()),
      disableBgpRoutePropagation: false,
      ...without(objectAt(wanted), serversOwnProperties),
      routes: routes.map((route) => routeOf(id, route, before)),
    },
  })
  const headers = begin(context, {
    kind,
    resource: id,
    settle: (end) => settle(state, written.id, end, now + context.fate.ms + limits.effectiveMs),
  })
  return {
    status: before === undefined ? 201 : 200,
    body: showTable(state, written),
    headers: { ...headers, etag: etagOf(written) },
  }
}

const without = (object: JsonObject, names: readonly string[]): JsonObject =>
  names.reduce((rest, name) => withMember(rest, name, undefined), object)

function routeOf(table: string, route: JsonObject, before: Resource | undefined): JsonObject {
  const name = textAt(route, 'name')
  const { provisioningState: _state, ...properties } = objectAt(route, 'properties')
  const doc = {
    ...without(route, serversOwn),
    name,
    id: `${before?.id ?? table}/routes/${name}`,
    type: `${tableType}/routes`,
  }
  const there = listAt(before?.doc, 'properties', 'routes').find((one) => sameId(textAt(one, 'name'), name))
  const { provisioningState: known = 'Updating', ...old } = objectAt(there, 'properties')
  const isOld = known === 'Succeeded' && sameJson(old, { hasBgpOverride: false, ...properties })
  return {
    ...doc,
    properties: {
      provisioningState: isOld ? 'Succeeded' : 'Updating',
      hasBgpOverride: false,
      ...properties,
    },
  }
}

/** The end of a write: what it brought is in force, or marked as not. */
function settle(state: ArmState, id: string, end: AsyncEnd, effectiveFrom: number): void {
  const table = state.get(id)
  if (table === undefined) return
  const result = end.status === 'Succeeded' ? 'Succeeded' : 'Failed'
  const properties = objectAt(table.doc, 'properties')
  const routes: readonly Json[] = listAt(properties, 'routes').map((route) =>
    isObject(route) && textAt(route, 'properties', 'provisioningState') === 'Updating'
      ? { ...route, properties: { ...objectAt(route, 'properties'), provisioningState: result } }
      : route,
  )
  state.put(id, { ...table.doc, properties: { ...properties, routes, provisioningState: result } })
  if (end.status !== 'Succeeded') return
  const versions = state.effective.get(id.toLowerCase()) ?? []
  state.effective.set(id.toLowerCase(), [...versions, { from: effectiveFrom, routes }])
}
