import { formatCidr } from '../../../net/cidr.ts'
import type { Finding } from '../../finding.ts'
import { podPlace } from '../../pod-ranges.ts'
import { isTargetProblem } from '../../provider.ts'
import { type ObservedRoute, formatTarget } from '../../route.ts'
import type { RouteTable } from '../route-table.ts'
import { valueOf } from '../../reading.ts'
import { found } from './finding-codes.ts'
import { type AwsPicture, placedNodes } from './picture.ts'

/**
 * Routes of the cluster's tables that stand where pods are, and are not what the controller would write: to a Node's
 * podCIDR, to a part of it, to a part of a pool. Wider ones do no harm, since the more specific one wins.
 */
export function checkRoutes(picture: AwsPicture): readonly Finding[] {
  const chosen = valueOf(picture.tables)?.chosen ?? []
  if ('unread' in picture.places) return []
  const targets = targetsOf(picture)
  return chosen.flatMap((table) =>
    table.routes
      .filter(({ origin, target }) => origin !== 'local' && target.id !== 'local')
      .flatMap((route) => about(route, table, targets, picture)),
  )
}

/** The interface of each Node that has one. */
const targetsOf = (picture: AwsPicture): ReadonlyMap<string, string> =>
  new Map(
    placedNodes(picture).flatMap(({ node, place }) =>
      isTargetProblem(place.target) ? [] : [[node.name, place.target.id] as const],
    ),
  )

function about(
  route: ObservedRoute,
  table: RouteTable,
  targets: ReadonlyMap<string, string>,
  picture: AwsPicture,
): readonly Finding[] {
  const { destination, target } = route
  const object = { kind: 'route-table', name: table.id }
  const text = `The ${route.state === 'blackhole' ? 'blackhole ' : ''}route to ${formatCidr(destination)} in ${table.id} leads to ${formatTarget(target)}`
  const fix = fixOf(route, table)
  const place = podPlace(destination, picture)
  switch (place?.at) {
    case undefined:
      return []
    case 'node': {
      const own = targets.get(place.node.name)
      // Of a Node that is not found, nobody can say where it should lead.
      if (own === undefined || own === target.id) return []
      const message = `${text}, and that is the podCIDR of Node ${place.node.name}, whose interface is ${own}.`
      return [found('ForeignRoute', { object, message, fix })]
    }
    case 'inside': {
      const message = `${text}, and takes a part of the podCIDR of Node ${place.node.name} away from it.`
      return [found('ForeignRouteInside', { object, message, fix })]
    }
    case 'pool': {
      const message = `${text}: it lies in the pool ${formatCidr(place.pool.range)}, and no Node has it as a podCIDR.`
      return [found('RouteInPool', { object, message, fix })]
    }
  }
}

function fixOf({ destination, origin }: ObservedRoute, { id }: RouteTable): string {
  if (origin === 'propagated')
    return 'It is propagated by a gateway: stop announcing the range there, or exclude it from the pools.'
  const flag = destination.family === 4 ? '--destination-cidr-block' : '--destination-ipv6-cidr-block'
  return `If nobody needs it: aws ec2 delete-route --route-table-id ${id} ${flag} ${formatCidr(destination)}`
}
