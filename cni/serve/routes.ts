import { formatAddress } from '../../net/address.ts'
import { formatCidr } from '../../net/cidr.ts'
import { AddressMessage, decodeAddress, encodeListAddresses } from '../netlink/address.ts'
import type { Request } from '../netlink/connection.ts'
import { dump } from '../netlink/dump.ts'
import { LinkMessage, encodeListLinks } from '../netlink/link.ts'
import { decodeLinkState } from '../netlink/link-state.ts'
import type { TableRoute } from '../netlink/main-table.ts'
import type { Rtnetlink } from '../netlink/rtnetlink.ts'
import { ServeError } from './parameters.ts'
import type { KernelLink, KernelRoute, KernelTable, RouteOutcome } from './protocol.ts'
import { type ReadChange, decide, outcomeOf, readRouteChanges } from './route-change.ts'
import { isHost, isLinkLocalRange, isReachText, onlyGateway, readRouteTable } from './route-table.ts'

/** A table of so many routes fits into a frame. */
const maxRoutes = 6_000
/** Messages in one datagram to the kernel. */
const batchSize = 64

/** The answer to `routes.list`. @throws ServeError `refused` if it has too many routes to be told */
export function listRoutes(rtnetlink: Rtnetlink): KernelTable {
  const links = readLinks(rtnetlink)
  const { routes } = readRouteTable(rtnetlink)
  if (routes.length > maxRoutes) {
    const message = `the main table has ${routes.length} routes, more than ${maxRoutes}: this node is a router of its own`
    throw new ServeError({ code: 'refused', message })
  }
  return {
    routes: routes.map((route) => describe(route, links)),
    links: [...links.values()].flatMap((link) => (link.addresses.length === 0 ? [] : [link])),
  }
}

/** Indexes of the links over which others may be reached: they have an address with a prefix, or a route of a range. */
export function linksInUse(rtnetlink: Pick<Rtnetlink, 'connection'>): ReadonlySet<number> {
  const indexes = new Set<number>()
  for (const [index, { addresses }] of readLinks(rtnetlink)) if (addresses.length > 0) indexes.add(index)
  for (const { destination, ways } of readRouteTable(rtnetlink).routes) {
    if (isHost(destination) || isLinkLocalRange(destination)) continue
    for (const { index } of ways) if (index !== undefined) indexes.add(index)
  }
  return indexes
}

function readLinks(rtnetlink: Pick<Rtnetlink, 'connection'>): ReadonlyMap<number, KernelLink> {
  const { connection } = rtnetlink
  const addresses = new Map<number, string[]>()
  const ask = { operation: 'list addresses', type: AddressMessage.get, payload: encodeListAddresses() }
  for (const payload of dump(connection, ask)) {
    const { index, text } = decodeAddress(payload)
    if (!isReachText(text)) continue
    const others = addresses.get(index)
    if (others === undefined) addresses.set(index, [text])
    else others.push(text)
  }
  const list = { operation: 'list links', type: LinkMessage.get, payload: encodeListLinks() }
  return new Map(
    dump(connection, list).map((payload) => {
      const { index, name, up, hasCarrier } = decodeLinkState(payload)
      return [index, { name, isUp: up && hasCarrier, addresses: addresses.get(index) ?? [] }]
    }),
  )
}

function describe(route: TableRoute, links: ReadonlyMap<number, KernelLink>): KernelRoute {
  const { destination, kind, metric, protocol, scope, ways } = route
  const gateway = onlyGateway(route)
  const index = ways.length === 1 ? ways[0]?.index : undefined
  const link = index === undefined ? undefined : links.get(index)
  return {
    destination: formatCidr(destination),
    ...(kind === 'unicast' ? {} : { kind }),
    protocol,
    scope,
    ...(gateway === undefined ? {} : { gateway: formatAddress(gateway) }),
    ...(link === undefined ? {} : { interface: link.name }),
    ...(ways.length < 2 ? {} : { ways: ways.length }),
    metric,
    ...(ways.length > 0 && ways.every(({ isDead }) => isDead) ? { isDead: true } : {}),
  }
}

/** The answer to `routes.apply`. @throws ServeError `invalid` */
export function applyRoutes(
  rtnetlink: Rtnetlink,
  parameters: unknown,
): { readonly outcomes: readonly RouteOutcome[] } {
  const changes = readRouteChanges(parameters)
  if (changes.length === 0) return { outcomes: [] }
  const table = readRouteTable(rtnetlink)
  const outcomes = new Map<ReadChange, RouteOutcome>()
  const asked = new Map<Request, ReadChange>()
  for (const change of changes) {
    const decision = decide(change, table)
    if ('outcome' in decision) outcomes.set(change, decision.outcome)
    else for (const request of decision.requests) asked.set(request, change)
  }
  const requests = [...asked.keys()]
  for (let at = 0; at < requests.length; at += batchSize) {
    for (const { error, request } of rtnetlink.change(requests.slice(at, at + batchSize))) {
      const change = asked.get(request)
      // The first of several that was refused says why.
      if (change !== undefined && !outcomes.has(change)) outcomes.set(change, outcomeOf(change, error))
    }
  }
  return { outcomes: changes.map((change) => outcomes.get(change) ?? { result: 'done' }) }
}
