import { formatAddress } from '../../net/address.ts'
import { formatCidr } from '../../net/cidr.ts'
import type { ObservedRoute, SurplusRoute, Target } from '../route.ts'
import type { KernelRoute } from './kernel-routes.ts'

/** What made a route: the kernel by itself, or told by a redirect; a person or a program at start. */
const kernelProtocols = [1, 2]
/** The protocols of routing daemons and of those who configure addresses begin here. */
const firstDaemonProtocol = 8

/**
 * The routes as every provider tells of them, one a destination: the kernel keeps several, apart by their metrics, and
 * uses the first. Pure.
 */
export function observedRoutes(
  routes: readonly KernelRoute[],
  protocol: number,
): ReadonlyMap<string, ObservedRoute> {
  const groups = new Map<string, [KernelRoute, ...KernelRoute[]]>()
  for (const route of routes) {
    const key = formatCidr(route.destination)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [route])
    else group.push(route)
  }
  return new Map([...groups].map(([key, group]) => [key, observed(group, protocol)]))
}

function observed(
  [first, ...rest]: readonly [KernelRoute, ...KernelRoute[]],
  protocol: number,
): ObservedRoute {
  return {
    destination: first.destination,
    target: targetOf(first),
    state: first.isDead === true ? 'blackhole' : 'active',
    origin: originOf(first, protocol),
    ...(isMarked(first, protocol) ? {} : { isForeign: true }),
    ...(rest.length === 0
      ? {}
      : {
          surplus: rest.map((route): SurplusRoute => ({
            target: targetOf(route),
            shares: false,
            isMarked: isMarked(route, protocol),
          })),
        }),
  }
}

/**
 * Whether the route is ours. One of several ways is not, even with our mark: the kernel shows an IPv6 route that somebody
 * has added to ours, with the same metric, as one.
 */
export const isMarked = (route: KernelRoute, protocol: number): boolean =>
  route.protocol === protocol && route.gateway !== undefined

function targetOf({ gateway, interface: link, kind, ways }: KernelRoute): Target {
  if (gateway !== undefined) return { kind: 'address', id: formatAddress(gateway) }
  if (ways !== undefined) return { kind: 'other', id: `${ways} ways` }
  return { kind: 'other', id: kind ?? `dev ${link ?? 'unknown'}` }
}

function originOf(route: KernelRoute, protocol: number): ObservedRoute['origin'] {
  if (kernelProtocols.includes(route.protocol)) return 'local'
  return route.protocol === protocol || route.protocol < firstDaemonProtocol ? 'static' : 'propagated'
}
