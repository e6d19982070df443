import { formatCidr } from '../../../net/cidr.ts'
import type { Family } from '../../../net/address.ts'
import type { Finding } from '../../finding.ts'
import { quotaOf } from '../quota.ts'
import type { RouteTable } from '../route-table.ts'
import { found } from './finding-codes.ts'
import { type AwsPicture, valueOf } from './picture.ts'
import { delegation } from './pod-ranges.ts'

/** From which part of the limit on it is time to ask for more: it may take AWS days. */
const nearlyFull = 0.8

/** Whether each table of the cluster takes the routes of the Nodes that there are, and of those that the pools allow. */
export function checkRoom(picture: AwsPicture): readonly Finding[] {
  const chosen = valueOf(picture.tables)?.chosen ?? []
  const findings = chosen.flatMap((table) =>
    quotaOf({ routes: table.routes }, picture.routesPerTable).families.flatMap(({ family, limit, used }) =>
      roomIn(table, { family, limit, used }, picture),
    ),
  )
  if (findings.length > 0 || chosen.length === 0) return findings
  return [
    found('RouteRoom', {
      object: { kind: 'cluster', name: picture.clusterName },
      message: `Each of ${chosen.length} tables has room for the routes of ${picture.nodes.length} Nodes.`,
    }),
  ]
}

interface Usage {
  readonly family: Family
  readonly used: number
  readonly limit: number
}

function roomIn(table: RouteTable, { family, limit, used }: Usage, picture: AwsPicture): readonly Finding[] {
  const object = { kind: 'route-table', name: table.id }
  const wanted = wantedRoutes(family, picture)
  const there = new Set(table.routes.map(({ destination }) => formatCidr(destination)))
  const missing = wanted.filter((route) => !there.has(route)).length
  const needed = used + missing
  const what = `IPv${family} routes`
  if (needed > limit)
    return [
      found('RouteTableFull', {
        object,
        message: `${table.id} has ${used} of ${limit} ${what}, and the Nodes need ${missing} more.`,
      }),
    ]
  const nodes = nodesOfPools(picture)
  // Other routes than those of Nodes stay, however many Nodes there are.
  const others = BigInt(Math.max(0, needed - wanted.length))
  const most = others + nodes
  return [
    ...(needed >= limit * nearlyFull
      ? [
          found('RouteTableNearlyFull', {
            object,
            message: `${table.id} has ${needed} of ${limit} ${what} once every Node has its own.`,
          }),
        ]
      : []),
    ...(hasPool(picture, family) && most > BigInt(limit)
      ? [
          found('PoolsExceedTable', {
            object,
            message: `The pools are for ${nodes} Nodes, and ${table.id} takes ${limit} ${what}, ${others} of which are not Nodes'.`,
          }),
        ]
      : []),
  ]
}

/** One for each podCIDR, and one for each Node that is to get one yet, which no table has. */
function wantedRoutes(family: Family, picture: AwsPicture): readonly string[] {
  const isDelegated = delegation(picture)
  return picture.nodes.flatMap(({ name, podCIDRs }) => {
    if (podCIDRs.length === 0) return hasPool(picture, family) ? [`of ${name}`] : []
    return podCIDRs.filter((cidr) => cidr.family === family && !isDelegated(cidr)).map(formatCidr)
  })
}

const hasPool = ({ pools }: AwsPicture, family: Family): boolean =>
  pools.some(({ range }) => range.family === family)

/** A node gets one block of each family, so the smaller family says how many there can be. */
function nodesOfPools({ pools }: AwsPicture): bigint {
  const families = ([4, 6] as const).filter((family) => pools.some(({ range }) => range.family === family))
  const sizes = families.map((family) =>
    pools.filter(({ range }) => range.family === family).reduce((sum, { nodes }) => sum + nodes, 0n),
  )
  return sizes.reduce((least, size) => (size < least ? size : least), sizes[0] ?? 0n)
}
