import { formatAddress } from '../../../net/address.ts'
import { containsAddress, formatCidr } from '../../../net/cidr.ts'
import type { Finding } from '../../finding.ts'
import { foundOnWay } from '../../path-findings.ts'
import { formatTarget } from '../../route.ts'
import type { GceRoute } from '../gce-route.ts'
import { networkOfPath } from '../resource-names.ts'
import { chooseRoutes, isFor, routesTo } from './choose-routes.ts'
import { type GcpWay, type WayReceiver, gcloudInstance } from './gcp-way.ts'
import { judgeReceiver } from './judge-forwarding.ts'

/** What becomes of a packet that no subnet's range has: the network's routes decide. */
export function judgeRoutes(way: GcpWay): readonly Finding[] {
  const { destination, receiver, sender } = way
  const chosen = chooseRoutes(runningOnly(way), destination, sender.instance.tags)
  switch (chosen.kind) {
    case 'none':
      return [missing(way, `has no route to ${formatAddress(destination)}`)]
    case 'dead':
      return [
        foundOnWay('CloudRouteBlackhole', {
          object: objectOf(chosen.routes[0]),
          message: `${inNetwork(way)}, in which ${textOf(chosen.routes)}, and nothing there takes packets: the instance is gone or stopped, or has no interface of that family in the network.`,
          ...(receiver !== undefined && !receiver.instance.isLive
            ? {
                fix: `gcloud compute instances start ${gcloudInstance(receiver.instance.path)}, or delete the Node.`,
              }
            : {}),
        }),
      ]
    case 'chosen':
      return receiver === undefined
        ? [
            foundOnWay('CloudRouteFound', {
              object: objectOf(chosen.routes[0]),
              message: `${inNetwork(way)}, in which ${textOf(chosen.routes)}.`,
            }),
          ]
        : judgeChosen(way, receiver, chosen.routes)
  }
}

/** Google may not have seen yet that the instance stopped. */
const runningOnly = ({ receiver, routes, sender }: GcpWay): readonly GceRoute[] =>
  routes.map((route) =>
    receiver !== undefined && !receiver.instance.isLive && leadsTo(route, receiver, sender.nic.network)
      ? { ...route, state: 'blackhole' }
      : route,
  )

function judgeChosen(
  way: GcpWay,
  receiver: WayReceiver,
  routes: readonly [GceRoute, ...GceRoute[]],
): readonly Finding[] {
  const { network } = way.sender.nic
  const [wrong, ...more] = routes.filter((route) => !leadsTo(route, receiver, network))
  if (wrong === undefined)
    return [
      foundOnWay('CloudRouteFound', {
        object: objectOf(routes[0]),
        message: `${inNetwork(way)}, in which ${textOf(routes)}, of Node ${receiver.node}.`,
      }),
      judgeReceiver(receiver, way),
    ]
  const others = [wrong, ...more]
  const where = `${formatAddress(way.destination)} is on Node ${receiver.node} (${receiver.instance.path})`
  if (others.length === routes.length && others.every((route) => isWide(route, way, receiver)))
    return [missing(way, `has only a broader one: ${textOf(routes)}, and ${where}`)]
  const isShared = others.length < routes.length
  const share = isShared ? `, ${others.length} of ${routes.length} that share the connections` : ''
  return [
    foundOnWay('CloudRouteElsewhere', {
      object: objectOf(wrong),
      message: `${inNetwork(way)}, in which ${textOf([wrong, ...more])}${share}, and ${where}.`,
      ...fixOf(others, network),
    }),
    ...(isShared ? [judgeReceiver(receiver, way)] : []),
  ]
}

/** What leads to a gateway or tunnel leads to much: the route to the Node is what is missing. */
const isWide = ({ destination, target }: GceRoute, way: GcpWay, { podCIDRs }: WayReceiver): boolean =>
  target.kind === 'other' &&
  !podCIDRs.some(
    (range) => containsAddress(range, way.destination) && destination.prefixLength >= range.prefixLength,
  )

/** What others brought can't be deleted here. */
function fixOf(routes: readonly GceRoute[], network: string): { readonly fix?: string } {
  const names = routes.filter(({ origin }) => origin === 'static').map(({ name }) => name)
  if (names.length === 0) return {}
  const project = networkOfPath(network)?.project ?? ''
  const command = `gcloud compute routes delete ${names.join(' ')} --project ${project}`
  return {
    fix: `If ${names.length === 1 ? 'the route is' : 'the routes are'} not podway’s and nobody needs ${names.length === 1 ? 'it' : 'them'}: ${command}`,
  }
}

/** There may be one, for others only. */
function missing(way: GcpWay, what: string): Finding {
  const { destination, receiver, routes, sender } = way
  const { instance, nic } = sender
  const object = { kind: 'network', name: nic.network }
  const tagged =
    receiver === undefined
      ? undefined
      : routesTo(routes, destination).find(
          (route) => !isFor(route, instance.tags) && leadsTo(route, receiver, nic.network),
        )
  if (tagged !== undefined)
    return foundOnWay('CloudRouteMissing', {
      object,
      message: `${inNetwork(way)}, which ${what}; the route ${tagged.name} to ${formatCidr(tagged.destination)} leads there, and is only for instances with one of the tags ${tagged.tags.join(', ')}, which this one lacks.`,
      fix: `gcloud compute instances add-tags ${gcloudInstance(instance.path)} --tags ${tagged.tags[0] ?? ''}, and in the instance template; or give the controller other --gcp-route-tags.`,
    })
  return foundOnWay('CloudRouteMissing', {
    object,
    message: `${inNetwork(way)}, which ${what}.`,
    ...(receiver === undefined
      ? {}
      : {
          fix: `kubectl get noderoutes shows what the controller wants and did; if ${nic.network} is not one of the cluster’s networks, name it with --gcp-network.`,
        }),
  })
}

/** Of one destination, all of them. */
function textOf(routes: readonly [GceRoute, ...GceRoute[]]): string {
  const [{ destination, priority }] = routes
  const each = routes.map(({ name, target }) => `${name} to ${formatTarget(target)}`).join(', ')
  return routes.length === 1
    ? `the route for ${formatCidr(destination)} with priority ${priority} leads by ${each}`
    : `routes for ${formatCidr(destination)} lead by ${each}`
}

const inNetwork = ({ sender: { instance, nic, node } }: GcpWay): string =>
  `${nic.name} of ${instance.path}, of Node ${node}, is in ${nic.network}`

const objectOf = ({ name }: GceRoute) => ({ kind: 'route', name })

function leadsTo({ target }: GceRoute, { instance }: WayReceiver, network: string): boolean {
  const nics = instance.interfaces.filter((nic) => nic.network === network)
  switch (target.kind) {
    case 'instance':
      return target.id === instance.path && nics.length > 0
    case 'address':
      return nics.some(({ addresses }) => addresses.includes(target.id))
    case 'eni':
    case 'other':
      return false
  }
}
