import type { Finding } from '../../finding.ts'
import { valueOf } from '../../reading.ts'
import { type RoomProblem, roomProblems } from '../../route-room.ts'
import type { WireProject } from '../gce-api.ts'
import type { GceRoute } from '../gce-route.ts'
import { defaultRoutesPerNetwork, defaultRoutesPerPeeringGroup } from '../limits.ts'
import { named } from '../network-routes.ts'
import { countRoutes } from '../quota.ts'
import type { ResourcePath } from '../resource-names.ts'
import { found } from './finding-codes.ts'
import type { GcpPicture } from './picture.ts'
import { delegation } from './pod-ranges.ts'

/** A quota of static routes, of both families together. */
interface Usage {
  /** Whose it is: a part of a sentence. */
  readonly of: string
  readonly used: number
  readonly limit: number
  /** The flag that says the limit, where neither it nor Google has said it: no call of Compute Engine tells it. */
  readonly unsaid?: string
}

/** Whether each network takes the routes of the Nodes that there are, and of those that the pools allow. */
export function checkRoom(picture: GcpPicture): readonly Finding[] {
  const routes = valueOf(picture.routes)
  if (routes === undefined) return []
  const findings = [...routes].flatMap(([path, there]) => {
    const destinations = there
      .filter(({ origin }) => origin === 'static')
      .map(({ destination }) => destination)
    return usagesOf(path, there, picture).flatMap((usage) =>
      roomProblems({ family: 'both', ...usage }, destinations, picture, delegation(picture)).map((problem) =>
        about(path, usage, problem),
      ),
    )
  })
  if (findings.length > 0 || routes.size === 0) return findings
  const object = { kind: 'cluster', name: picture.clusterName }
  const what = routes.size === 1 ? 'The network has' : `Each of ${routes.size} networks has`
  const message = `${what} room for the routes of ${picture.nodes.length} Nodes.${guessesIn(picture, routes)}`
  return [found('RouteRoom', { object, message })]
}

/** By which limits there is room, where nobody has said them. */
function guessesIn(picture: GcpPicture, routes: ReadonlyMap<ResourcePath, readonly GceRoute[]>): string {
  const all = [...routes].flatMap(([path, there]) => usagesOf(path, there, picture))
  return all
    .filter((usage) => usage.unsaid !== undefined)
    .map((usage) => ` For ${usage.of} the limit is taken to be ${limitOf(usage)}.`)
    .join('')
}

const limitOf = ({ limit, unsaid }: Usage): string =>
  unsaid === undefined
    ? `${limit} static routes`
    : `${limit} static routes (a guess: Compute Engine does not tell it; say it by ${unsaid})`

function usagesOf(path: ResourcePath, routes: readonly GceRoute[], picture: GcpPicture): readonly Usage[] {
  const used = countRoutes(routes)
  const { routesPerNetwork, routesPerPeeringGroup } = picture.settings
  const limit = routesPerNetwork ?? defaultRoutesPerNetwork
  const ofGroup = routesPerPeeringGroup ?? defaultRoutesPerPeeringGroup
  const left = routesLeft(valueOf(picture.projects)?.get(named(path).project))
  const fromPeers = (valueOf(picture.peerRoutes)?.get(path) ?? []).filter(
    ({ type }) => type === 'STATIC_PEERING_ROUTE',
  ).length
  return [
    {
      of: path,
      used,
      limit: left === undefined ? limit : Math.min(limit, used + left),
      ...(routesPerNetwork === undefined && left === undefined ? { unsaid: '--gcp-routes-per-network' } : {}),
    },
    // What holds for a group is at least what holds for a network alone: https://docs.cloud.google.com/vpc/docs/quota
    ...(fromPeers === 0
      ? []
      : [
          {
            of: `${path} with its peers`,
            used: used + fromPeers,
            limit: Math.max(limit, ofGroup),
            ...(routesPerPeeringGroup === undefined ? { unsaid: '--gcp-routes-per-peering-group' } : {}),
          },
        ]),
  ]
}

/** A project made before networks had quotas has one of all its routes. */
function routesLeft(project: WireProject | undefined): number | undefined {
  const quota = (project?.quotas ?? []).find(({ metric }) => metric === 'ROUTES')
  return quota?.limit === undefined ? undefined : quota.limit - (quota.usage ?? 0)
}

function about(path: ResourcePath, usage: Usage, problem: RoomProblem): Finding {
  const { of, used } = usage
  const limit = limitOf(usage)
  const object = { kind: 'network', name: path }
  switch (problem.kind) {
    case 'full':
      return found('NetworkFull', {
        object,
        message: `${of} has ${used} of ${limit}, and the Nodes need ${problem.missing} more.`,
      })
    case 'nearly-full':
      return found('NetworkNearlyFull', {
        object,
        message: `${of} has ${problem.needed} of ${limit} once every Node has its own.`,
      })
    case 'pools-exceed':
      return found('PoolsExceedNetwork', {
        object,
        message: `The pools are for ${problem.nodes} Nodes, and ${of} takes ${limit}, ${problem.others} of which are not Nodes'.`,
      })
  }
}
