import { formatAddress } from '../../../net/address.ts'
import { formatCidr } from '../../../net/cidr.ts'
import { type Finding, someOf } from '../../finding.ts'
import { podPlace } from '../../pod-ranges.ts'
import { isTargetProblem } from '../../provider.ts'
import { valueOf } from '../../reading.ts'
import { formatTarget } from '../../route.ts'
import { destinationOf, targetOf } from '../routes.ts'
import type { WireRoute } from '../wire.ts'
import { found } from './finding-codes.ts'
import { type AzurePicture, type ExaminedTable, placedNodes } from './picture.ts'

/**
 * Routes of the cluster's tables that stand where pods are, and are not what the controller would write: to a Node's
 * podCIDR, to a part of it, to a part of a pool. Wider ones do no harm, since the more specific one wins.
 */
export function checkRoutes(picture: AzurePicture): readonly Finding[] {
  const chosen = valueOf(picture.tables)?.chosen ?? []
  if (chosen.length === 0 || 'unread' in picture.places) return []
  const findings = chosen.flatMap((table) => {
    const routes = table.wire.properties?.routes ?? []
    return [
      ...routes.flatMap((route) => about(route, table, picture)),
      ...duplicates(routes, table),
      ...namedByOthers(routes, table, picture),
    ]
  })
  if (findings.length > 0) return findings
  const message = 'Every route where pods are leads to the Node that has its range.'
  return [found('RoutesRight', { object: { kind: 'cluster', name: picture.clusterName }, message })]
}

function about(wire: WireRoute, table: ExaminedTable, picture: AzurePicture): readonly Finding[] {
  const destination = destinationOf(wire)
  const place = destination === undefined ? undefined : podPlace(destination, picture)
  if (destination === undefined || place === undefined) return []
  const target = targetOf(wire)
  const object = { kind: 'route-table', name: table.name }
  const text = `The route ${wire.name ?? ''} to ${formatCidr(destination)} in ${table.name} leads to ${formatTarget(target)}`
  const fix = `If nobody needs it: az network route-table route delete --ids ${table.id}/routes/${wire.name ?? ''}`
  switch (place.at) {
    case 'node': {
      const { name } = place.node
      const own = placedNodes(picture).find(({ node }) => node.name === name)?.place
      const wanted = own?.targets.get(destination.family)
      // Of a Node that is not found, nobody can say where it should lead.
      if (wanted === undefined || isTargetProblem(wanted) || wanted.id === target.id) return []
      const message = `${text}, and that is the podCIDR of Node ${name}, whose address is ${wanted.id}.`
      return [found('ForeignRoute', { object, message, fix })]
    }
    case 'inside': {
      const message = `${text}, and takes a part of the podCIDR of Node ${place.node.name} away from it.`
      return [found('ForeignRouteInside', { object, message, fix })]
    }
    case 'pool': {
      const pool = formatCidr(place.pool.range)
      if (target.kind === 'address' && !addressesOfNodes(picture).has(target.id)) {
        const message = `${text}, which no Node has; it lies in the pool ${pool}.`
        return [found('NextHopUnknown', { object, message, fix })]
      }
      const message = `${text}: it lies in the pool ${pool}, and no Node has it as a podCIDR.`
      return [found('RouteInPool', { object, message, fix })]
    }
  }
}

const addressesOfNodes = (picture: AzurePicture): ReadonlySet<string> =>
  new Set(
    placedNodes(picture).flatMap(({ place }) =>
      place.interfaces.flatMap(({ addresses }) => addresses.map(({ address }) => formatAddress(address))),
    ),
  )

/** Azure takes none that is spelled the same; IPv6 can be spelled in many ways. */
function duplicates(routes: readonly WireRoute[], { id, name }: ExaminedTable): readonly Finding[] {
  const byRange = Map.groupBy(routes, (route) => {
    const destination = destinationOf(route)
    return destination === undefined ? '' : formatCidr(destination)
  })
  return [...byRange].flatMap(([range, same]) => {
    const names = same.map((route) => route.name ?? '')
    if (range === '' || names.length < 2) return []
    const message = `${someOf('route', names)} of ${name} lead to one range, ${range}.`
    const fix = `Delete one of them: az network route-table route delete --ids ${id}/routes/${names.at(-1) ?? ''}`
    return [found('DuplicatePrefix', { object: { kind: 'route-table', name }, message, fix })]
  })
}

/** `node` and `node____102440024`, which is how cloud-provider-azure's azure_routes.go calls a route of a Node. */
function namedByOthers(
  routes: readonly WireRoute[],
  { name }: ExaminedTable,
  { nodes }: AzurePicture,
): readonly Finding[] {
  const known = new Set(nodes.map((node) => node.name.toLowerCase()))
  const theirs = routes.flatMap((route) =>
    known.has((route.name ?? '').toLowerCase().split('____')[0] ?? '') ? (route.name ?? []) : [],
  )
  if (theirs.length === 0) return []
  const message = `${name} has ${someOf('route', theirs)} by the names that the cloud-controller-manager gives.`
  return [found('CloudProviderRoutes', { object: { kind: 'route-table', name }, message })]
}
