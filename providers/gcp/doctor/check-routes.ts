import { formatCidr } from '../../../net/cidr.ts'
import type { ExaminedNode } from '../../examined.ts'
import { type Finding, someOf } from '../../finding.ts'
import { podPlace } from '../../pod-ranges.ts'
import { valueOf } from '../../reading.ts'
import { formatTarget } from '../../route.ts'
import type { GceRoute } from '../gce-route.ts'
import { named } from '../network-routes.ts'
import type { ResourcePath } from '../resource-names.ts'
import { type GcpFindingCode, found } from './finding-codes.ts'
import { type GcpPicture, type Place, interfacesOf, placedNodes } from './picture.ts'

/** As the route controller of cloud-provider-gcp describes its routes (gce_routes.go). */
const ofCloudController = 'k8s-node-route'

/**
 * The static routes that stand where pods are, and are not what the controller would write: to a Node's podCIDR, to a part
 * of it, to a part of a pool. Wider ones do no harm, since the more specific one wins.
 */
export function checkRoutes(picture: GcpPicture): readonly Finding[] {
  const placed = new Map(placedNodes(picture).map(({ node, place }) => [node.name, place]))
  return [...(valueOf(picture.routes) ?? [])].flatMap(([path, routes]) => {
    const statics = routes.filter(({ origin }) => origin === 'static')
    const byDestination = Map.groupBy(statics, ({ destination }) => formatCidr(destination))
    return [...byDestination.values()].flatMap((same) => {
      const [first] = same
      const place = first && podPlace(first.destination, picture)
      switch (place?.at) {
        case undefined:
          return []
        case 'node': {
          const instance = placed.get(place.node.name)
          // Of a Node that is not found, nobody can say where it should lead.
          return instance === undefined ? [] : toNode(place.node, instance, same, path, picture)
        }
        case 'inside': {
          const why = `takes a part of the podCIDR of Node ${place.node.name} away from it`
          return same.map((route) => say('ForeignRouteInside', route, path, why))
        }
        case 'pool': {
          const why = `lies in the pool ${formatCidr(place.pool.range)}, and no Node has it as a podCIDR`
          return same.map((route) => say('RouteInPool', route, path, why))
        }
      }
    })
  })
}

/** Of several routes those with the lowest number carry the packets, each its share. */
function toNode(
  node: ExaminedNode,
  place: Place,
  routes: readonly GceRoute[],
  path: ResourcePath,
  picture: GcpPicture,
): readonly Finding[] {
  const addresses = interfacesOf(place, picture).flatMap((nic) => nic.addresses)
  const leadsThere = ({ target }: GceRoute): boolean =>
    target.kind === 'instance' ? target.id === place.path : addresses.includes(target.id)
  const best = Math.min(...routes.map(({ priority }) => priority))
  const own = routes.filter(leadsThere)
  const ownBest = Math.min(...own.map(({ priority }) => priority))
  const whose = `the podCIDR of Node ${node.name}, which is ${place.path}`
  const foreign = routes
    .filter((route) => !leadsThere(route))
    .map((route) => {
      if (route.priority > best)
        return say('RouteInReserve', route, path, `stands behind the one to ${whose}`)
      if (route.state === 'blackhole') return say('NextHopGone', route, path, `takes packets to ${whose}`)
      if (ownBest === best) return say('RouteShared', route, path, `takes a share of the packets to ${whose}`)
      const instead = own.length === 0 ? '' : `, and comes before the route to it (${ownBest})`
      return say('ForeignRoute', route, path, `takes the packets to ${whose}${instead}`)
    })
  return [
    ...foreign,
    ...own
      .filter(({ description }) => description === ofCloudController)
      .map((route) => say('RouteOfCloudController', route, path, `is the right one for Node ${node.name}`)),
    ...own.flatMap((route) => forTagsOnly(node, route, path, picture)),
  ]
}

function forTagsOnly(
  node: ExaminedNode,
  route: GceRoute,
  path: ResourcePath,
  picture: GcpPicture,
): readonly Finding[] {
  if (route.tags.length === 0) return []
  const without = placedNodes(picture)
    .filter((one) => one.node.name !== node.name && !hasOneOf(one.place.tags, route.tags))
    .map((one) => one.node.name)
  if (without.length === 0) return []
  const why = `is only for instances with the tags ${route.tags.join(', ')}, which ${someOf('Node', without)} ${without.length === 1 ? 'lacks' : 'lack'}`
  return [say('RouteForTagsOnly', route, path, why)]
}

const hasOneOf = (own: readonly string[], wanted: readonly string[]): boolean =>
  wanted.some((tag) => own.includes(tag))

function say(code: GcpFindingCode, route: GceRoute, path: ResourcePath, why: string): Finding {
  const { description, destination, name, priority, state, target } = route
  const by = description === ofCloudController ? ', of Google’s cloud-controller-manager,' : ''
  const dead = state === 'blackhole' ? ', which is gone or takes no packets,' : ''
  return found(code, {
    object: { kind: 'route', name },
    message: `The route ${name}${by} to ${formatCidr(destination)} leads to ${formatTarget(target)}${dead} with priority ${priority}, and ${why}.`,
    ...(keeps.has(code)
      ? {}
      : { fix: `If nobody needs it: gcloud compute routes delete ${name} --project ${named(path).project}` }),
  })
}

/** What deleting alone does not mend. */
const keeps: ReadonlySet<GcpFindingCode> = new Set(['RouteOfCloudController', 'RouteForTagsOnly'])

/** Whether the routes that podway writes hold on the Nodes. */
export function checkRouteTags(picture: GcpPicture): readonly Finding[] {
  const { routeTags } = picture.settings
  if (routeTags.length === 0) return []
  return placedNodes(picture)
    .filter(({ place }) => !hasOneOf(place.tags, routeTags))
    .map(({ node, place }) =>
      found('NodeWithoutRouteTag', {
        object: { kind: 'Node', name: node.name },
        message: `The instance of Node ${node.name}, ${place.path}, has the tags ${place.tags.join(', ') || 'none'}, and routes are for ${routeTags.join(', ')}.`,
      }),
    )
}
