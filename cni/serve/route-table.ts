import { type Address, formatAddress } from '../../net/address.ts'
import { type Cidr, formatCidr } from '../../net/cidr.ts'
import { dump } from '../netlink/dump.ts'
import { type TableRoute, decodeTableEntry } from '../netlink/main-table.ts'
import { RouteMessage, Scope, encodeListRoutes } from '../netlink/route.ts'
import type { Rtnetlink } from '../netlink/rtnetlink.ts'
import { routeProtocol } from './protocol.ts'

/** The main table at one moment, and what it takes to judge a change of it. */
export interface RouteTable {
  /** Of several to one destination, the one that is used comes first. */
  readonly routes: readonly TableRoute[]
  /** By destination, in the same order. */
  readonly byDestination: ReadonlyMap<string, readonly TableRoute[]>
  /** Canonical text of the machine's own addresses. */
  readonly own: ReadonlySet<string>
}

export function readRouteTable(rtnetlink: Pick<Rtnetlink, 'connection'>): RouteTable {
  const request = { operation: 'list routes', type: RouteMessage.get, payload: encodeListRoutes() }
  const routes: TableRoute[] = []
  const own = new Set<string>()
  for (const payload of dump(rtnetlink.connection, request)) {
    const found = decodeTableEntry(payload)
    if (found?.entry === 'route') routes.push(found.route)
    else if (found !== undefined) own.add(formatAddress(found.address))
  }
  return tableOf(routes, own)
}

/** The kernel lists routes to one destination in the order in which it uses them. */
export function tableOf(routes: readonly TableRoute[], own: ReadonlySet<string>): RouteTable {
  const byDestination = new Map<string, TableRoute[]>()
  for (const route of routes) {
    const key = formatCidr(route.destination)
    const others = byDestination.get(key)
    if (others === undefined) byDestination.set(key, [route])
    else others.push(route)
  }
  return { routes, byDestination, own }
}

/** A route that bears our mark, and that we may so have made: it has one gateway. */
export interface OwnRoute {
  readonly route: TableRoute
  readonly gateway: Address
}

/**
 * Undefined for others' routes. One of several ways is none of ours, even with our mark: the kernel shows an IPv6 route
 * that somebody has added to ours, with the same metric, as one.
 */
export function ownRoute(route: TableRoute): OwnRoute | undefined {
  const gateway = onlyGateway(route)
  return route.protocol === routeProtocol && gateway !== undefined ? { route, gateway } : undefined
}

/** The gateway of a route with one way. */
export const onlyGateway = ({ ways }: TableRoute): Address | undefined =>
  ways.length === 1 ? ways[0]?.gateway : undefined

/** Whether packets to the range leave by a link at once, without a gateway: it is a part of the node's own network. */
export const isOnLink = (route: TableRoute): boolean =>
  route.kind === 'unicast' &&
  route.ways.length > 0 &&
  route.ways.every(({ gateway }) => gateway === undefined) &&
  (route.scope === Scope.link || route.destination.family === 6)

/** A range of one address. */
export const isHost = ({ family, prefixLength }: Cidr): boolean => prefixLength === (family === 4 ? 32 : 128)

/** Of IPv6, fe80::/10: every link has such a range. */
export const isLinkLocalRange = ({ family, network, prefixLength }: Cidr): boolean =>
  family === 6 && prefixLength >= 10 && network >> 118n === 0xfe80n >> 6n

/**
 * Whether an address with its prefix length, in canonical text, tells that others can be reached by its link: not one that
 * stands alone, as the gateways of pods do, none that every link has, and not the loopback's.
 */
export const isReachText = (text: string): boolean =>
  !text.endsWith('/32') && !text.endsWith('/128') && !text.startsWith('fe80:') && !text.startsWith('127.')
