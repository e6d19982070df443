import type { Finding } from '../../finding.ts'
import type { Quota } from '../../provider.ts'
import { valueOf } from '../../reading.ts'
import { type RoomProblem, roomProblems } from '../../route-room.ts'
import { quotaOf } from '../quota.ts'
import { found } from './finding-codes.ts'
import type { AwsPicture } from './picture.ts'
import { delegation } from './pod-ranges.ts'

/** Whether each table of the cluster takes the routes of the Nodes that there are, and of those that the pools allow. */
export function checkRoom(picture: AwsPicture): readonly Finding[] {
  const chosen = valueOf(picture.tables)?.chosen ?? []
  const findings = chosen.flatMap(({ id, routes }) => {
    const there = routes.map(({ destination }) => destination)
    return quotaOf({ routes }, picture.routesPerTable).families.flatMap((usage) =>
      roomProblems(usage, there, picture, delegation(picture)).map((problem) => about(id, usage, problem)),
    )
  })
  if (findings.length > 0 || chosen.length === 0) return findings
  return [
    found('RouteRoom', {
      object: { kind: 'cluster', name: picture.clusterName },
      message: `Each of ${chosen.length} tables has room for the routes of ${picture.nodes.length} Nodes.`,
    }),
  ]
}

function about(id: string, usage: Quota['families'][number], problem: RoomProblem): Finding {
  const { family, limit, used } = usage
  const object = { kind: 'route-table', name: id }
  const what = `IPv${family} routes`
  switch (problem.kind) {
    case 'full':
      return found('RouteTableFull', {
        object,
        message: `${id} has ${used} of ${limit} ${what}, and the Nodes need ${problem.missing} more.`,
      })
    case 'nearly-full':
      return found('RouteTableNearlyFull', {
        object,
        message: `${id} has ${problem.needed} of ${limit} ${what} once every Node has its own.`,
      })
    case 'pools-exceed':
      return found('PoolsExceedTable', {
        object,
        message: `The pools are for ${problem.nodes} Nodes, and ${id} takes ${limit} ${what}, ${problem.others} of which are not Nodes'.`,
      })
  }
}
