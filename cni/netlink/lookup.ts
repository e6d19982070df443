import { type Address, formatAddress } from '../../net/address.ts'
import { Errno } from '../sys.ts'
import { isOpError } from './error.ts'
import { type Route, RouteMessage, decodeRoute, encodeMatchRoute, encodeResolveRoute } from './route.ts'
import type { Rtnetlink } from './rtnetlink.ts'

/** The entry of the tables that is used for packets to the address; undefined if there is none. */
export const matchRoute = (rtnetlink: Rtnetlink, address: Address): Route | undefined =>
  lookUp(rtnetlink, address, encodeMatchRoute(address))

/** The way that a packet to the address would take; undefined if there is none. */
export const resolveRoute = (rtnetlink: Rtnetlink, address: Address): Route | undefined =>
  lookUp(rtnetlink, address, encodeResolveRoute(address))

function lookUp({ connection }: Rtnetlink, address: Address, payload: Uint8Array): Route | undefined {
  try {
    const operation = `look up the route to ${formatAddress(address)}`
    return decodeRoute(connection.query({ operation, type: RouteMessage.get, payload }))
  } catch (error) {
    // No route, or one that says unreachable, prohibit or blackhole.
    const { ENETUNREACH, EHOSTUNREACH, EACCES, EINVAL } = Errno
    if (isOpError(error, ENETUNREACH, EHOSTUNREACH, EACCES, EINVAL)) return undefined
    throw error
  }
}
