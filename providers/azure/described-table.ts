import type { DescribedRoute, DescribedTable } from '../described-table.ts'
import { tableOfId } from './resource-ids.ts'
import { destinationOf, hasFailed, targetOf } from './routes.ts'
import type { WireRoute, WireTable } from './wire.ts'

/** @param askedFor the id by which the table was asked for, in any spelling */
export function describedTable(table: WireTable, askedFor: string): DescribedTable {
  const id = table.id ?? askedFor
  return {
    id: spelled(id),
    routes: (table.properties?.routes ?? []).flatMap(described),
  }
}

/** ARM spells the fixed parts as it likes; others insist on how they are documented. */
function spelled(id: string): string {
  const table = tableOfId(id)
  if (table === undefined) return id
  const { group, name, subscription } = table
  return `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.Network/routeTables/${name}`
}

/** Nothing of what no CIDR stands for, and of what Azure failed to put into force, as in a listing. */
function described(wire: WireRoute): readonly DescribedRoute[] {
  const destination = destinationOf(wire)
  if (destination === undefined || hasFailed(wire)) return []
  const { addressPrefix = '', nextHopIpAddress = '' } = wire.properties ?? {}
  const { name = '' } = wire
  return [{ destination, target: targetOf(wire), name, range: addressPrefix, nextHop: nextHopIpAddress }]
}
