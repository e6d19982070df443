import { AddressMessage, type LinkAddress, decodeAddress, encodeListAddresses } from './address.ts'
import { dump } from './dump.ts'
import { type Link, LinkMessage, decodeLink, encodeListLinks } from './link.ts'
import { type Route, RouteMessage, decodeRoute, encodeListRoutes } from './route.ts'
import type { Rtnetlink } from './rtnetlink.ts'

// Dumps: for CHECK, GC and loopback, never on the way of a pod's ADD.

/** All links of the namespace. */
export function listLinks({ connection }: Rtnetlink): readonly Link[] {
  const payload = encodeListLinks()
  return dump(connection, { operation: 'list links', type: LinkMessage.get, payload }).map(decodeLink)
}

/** All addresses of all links. */
export function listAddresses({ connection }: Rtnetlink): readonly LinkAddress[] {
  const payload = encodeListAddresses()
  const operation = 'list addresses'
  return dump(connection, { operation, type: AddressMessage.get, payload }).map(decodeAddress)
}

/** All IP routes of all tables. */
export function listRoutes({ connection }: Rtnetlink): readonly Route[] {
  const payload = encodeListRoutes()
  return dump(connection, { operation: 'list routes', type: RouteMessage.get, payload })
    .map(decodeRoute)
    .filter((route) => route !== undefined)
}
