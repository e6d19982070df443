import { type Address, addressToBytes, formatAddress } from '../../net/address.ts'
import { type Cidr, formatCidr } from '../../net/cidr.ts'
import { addressFamily } from './address.ts'
import { PayloadWriter } from './attribute.ts'
import type { Request } from './connection.ts'
import { Flag } from './message.ts'
import { Scope, mainTable } from './route.ts'

/** Message types of routes (linux/rtnetlink.h). */
const Message = { create: 24, delete: 25 } as const

/** RTA_* */
const Attribute = { destination: 1, gateway: 5, priority: 6 } as const
const unicast = 1

/** A route of the main table that bears its maker's mark. */
export interface MarkedRoute {
  readonly destination: Cidr
  readonly gateway: Address
  /** The mark: rtm_protocol. */
  readonly protocol: number
  readonly metric: number
}

/**
 * Writes the route where none is, to that destination with that metric (EEXIST). The interface is not named: the kernel
 * finds it by the gateway, and refuses a gateway that is not on-link (ENETUNREACH, EHOSTUNREACH).
 */
export const createMarkedRoute = (route: MarkedRoute): Request => ({
  operation: `create route ${formatCidr(route.destination)} via ${formatAddress(route.gateway)}`,
  type: Message.create,
  flags: Flag.create | Flag.exclusive,
  payload: encode(route),
})

/**
 * Writes it over the one that is there, to that destination with that metric, in one step (ENOENT if there is none). The
 * kernel does not ask whose that one is: look first. Of IPv6 it takes the place of all ways of one with several.
 */
export const replaceMarkedRoute = (route: MarkedRoute): Request => ({
  operation: `replace route ${formatCidr(route.destination)} via ${formatAddress(route.gateway)}`,
  type: Message.create,
  flags: Flag.replace,
  payload: encode(route),
})

/** Removes exactly this one: where destination, metric, gateway or mark differ, the kernel removes none (ESRCH). */
export const deleteMarkedRoute = (route: MarkedRoute): Request => ({
  operation: `delete route ${formatCidr(route.destination)} via ${formatAddress(route.gateway)}`,
  type: Message.delete,
  payload: encode(route),
})

function encode({ destination, gateway, metric, protocol }: MarkedRoute): Uint8Array {
  const network = { family: destination.family, value: destination.network }
  const writer = new PayloadWriter()
  // struct rtmsg: family, lengths of destination and source, TOS, table, protocol, scope, type, flags.
  writer.octets(addressFamily(destination.family), destination.prefixLength, 0, 0)
  writer.octets(mainTable, protocol, Scope.universe, unicast).u32(0)
  if (destination.prefixLength > 0) writer.attributeBytes(Attribute.destination, addressToBytes(network))
  writer.attributeBytes(Attribute.gateway, addressToBytes(gateway)).attributeU32(Attribute.priority, metric)
  return writer.finish()
}
