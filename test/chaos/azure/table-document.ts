import { formatCidr, parseCidr } from '../../../net/cidr.ts'
import { type Json, type JsonObject, isObject, objectAt, textAt } from '../../simulators/kubernetes/json.ts'
import type { RouteChange } from '../journal.ts'

interface RouteDocument {
  readonly name: string
  readonly destination: string
  readonly target: string
  /** What of it is neither destination nor target, as text. */
  readonly rest: string
}

/** A table, as far as anybody but Azure decides what is in it. */
export interface TableDocument {
  /** By destination. */
  readonly routes: ReadonlyMap<string, RouteDocument>
  /** What of it is no route, as text. */
  readonly rest: string
  /** All of it. */
  readonly text: string
}

export function readTable(routes: readonly Json[], table: Json = {}): TableDocument {
  const read = routes.filter(isObject).map(readRoute)
  const { etag: _etag, properties: _properties, ...others } = objectAt(table)
  const {
    provisioningState: _state,
    routes: _routes,
    subnets: _subnets,
    ...own
  } = objectAt(table, 'properties')
  const rest = JSON.stringify([others, own])
  return {
    routes: new Map(read.map((route) => [route.destination, route])),
    rest,
    text: JSON.stringify([rest, read]),
  }
}

function readRoute(route: JsonObject): RouteDocument {
  const { addressPrefix: _prefix, provisioningState: _state, ...own } = objectAt(route, 'properties')
  const { nextHopIpAddress: _address, nextHopType: _type, ...others } = own
  return {
    name: textAt(route, 'name'),
    destination: formatCidr(parseCidr(textAt(route, 'properties', 'addressPrefix'))),
    target: textAt(route, 'properties', 'nextHopIpAddress') || textAt(route, 'properties', 'nextHopType'),
    rest: JSON.stringify([textAt(route, 'name'), others]),
  }
}

export interface TableEdit {
  readonly changes: readonly RouteChange[]
  /** What else was changed, in words. */
  readonly others: readonly string[]
}

export function changesBetween(table: string, before: TableDocument, after: TableDocument): TableEdit {
  const changes: RouteChange[] = []
  const others: string[] = before.rest === after.rest ? [] : [`${before.rest} to ${after.rest}`]
  for (const { destination, target } of before.routes.values())
    if (!after.routes.has(destination)) changes.push({ op: 'delete', table, destination, target })
  for (const { destination, rest, target } of after.routes.values()) {
    const old = before.routes.get(destination)
    if (old === undefined) changes.push({ op: 'create', table, destination, target })
    else if (old.target !== target) changes.push({ op: 'replace', table, destination, target })
    if (old !== undefined && old.rest !== rest) others.push(`route ${destination}: ${old.rest} to ${rest}`)
  }
  return { changes, others }
}
