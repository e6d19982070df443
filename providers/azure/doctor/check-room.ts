import type { Finding } from '../../finding.ts'
import { valueOf } from '../../reading.ts'
import { type RoomProblem, roomProblems } from '../../route-room.ts'
import { destinationOf } from '../routes.ts'
import { found } from './finding-codes.ts'
import type { AzurePicture, ExaminedTable } from './picture.ts'

/** Whether each table of the cluster takes the routes of the Nodes that there are, and of those that the pools allow. */
export function checkRoom(picture: AzurePicture): readonly Finding[] {
  const chosen = valueOf(picture.tables)?.chosen ?? []
  const { routesPerTable: limit } = picture
  const findings = chosen.flatMap((table) => {
    const routes = table.wire.properties?.routes ?? []
    // Those to service tags count too.
    const usage = { family: 'both', used: routes.length, limit } as const
    const there = routes.flatMap((route) => destinationOf(route) ?? [])
    return [
      ...lowerLimit(table, picture),
      ...roomProblems(usage, there, picture).map((problem) => about(table, usage, problem)),
    ]
  })
  if (findings.length > 0 || chosen.length === 0) return findings
  return [
    found('RouteRoom', {
      object: { kind: 'cluster', name: picture.clusterName },
      message: `Each of ${chosen.length} tables has room for the routes of ${picture.nodes.length} Nodes.`,
    }),
  ]
}

function lowerLimit(
  { id, name }: ExaminedTable,
  { limits, routesPerTable }: AzurePicture,
): readonly Finding[] {
  const limit = valueOf(limits)?.get(id)
  if (limit === undefined || limit >= routesPerTable) return []
  return [
    found('RouteLimitLower', {
      object: { kind: 'route-table', name },
      message: `${name} takes ${limit} routes by the limit of its subscription, and by the configuration ${routesPerTable}.`,
      fix: `Give podway --azure-routes-per-table=${limit}.`,
    }),
  ]
}

function about(
  { name }: ExaminedTable,
  { limit, used }: { readonly limit: number; readonly used: number },
  problem: RoomProblem,
): Finding {
  const object = { kind: 'route-table', name }
  switch (problem.kind) {
    case 'full':
      return found('RouteTableFull', {
        object,
        message: `${name} has ${used} of ${limit} routes, and the Nodes need ${problem.missing} more.`,
      })
    case 'nearly-full':
      return found('RouteTableNearlyFull', {
        object,
        message: `${name} has ${problem.needed} of ${limit} routes once every Node has its own.`,
      })
    case 'pools-exceed':
      return found('PoolsExceedTable', {
        object,
        message: `The pools are for ${problem.nodes} Nodes, and ${name} takes ${limit} routes of both families, ${problem.others} of which are not Nodes'.`,
      })
  }
}
