import { type Address, addressBits, addressToBytes } from '../../net/address.ts'
import { type Cidr, cidrAround } from '../../net/cidr.ts'
import { addressFamily } from './address.ts'
import { PayloadWriter, readAddress, readAttributes, readU32 } from './attribute.ts'
import { NetlinkFormatError } from './error.ts'

/** Message types of routes (linux/rtnetlink.h). */
export const RouteMessage = { create: 24, get: 26 } as const

/** Attributes of a route (RTA_*). */
const Attribute = {
  destination: 1,
  interfaceIndex: 4,
  gateway: 5,
  priority: 6,
  source: 7,
  metrics: 8,
  table: 15,
} as const
/** Attributes inside "metrics" (RTAX_*). */
const Metric = { mtu: 2, advertisedMss: 8 } as const

/** How far away a destination is (rtnetlink.h, RT_SCOPE_*). */
export const Scope = { universe: 0, link: 253, host: 254 } as const

export const mainTable = 254
/** RTPROT_BOOT: what a program made that runs no routing protocol. What upstream's routes have, too. */
const bootProtocol = 3
/** RTN_UNICAST, RTN_LOCAL. */
const [unicast, local] = [1, 2]
/** RTM_F_FIB_MATCH: answer with the entry that matches, not with the way that a packet would take. */
const fibMatch = 0x2000

const structureLength = 12

/** A route that is to be added. */
export interface NewRoute {
  readonly destination: Cidr
  /** Index of the link. */
  readonly index: number
  readonly gateway?: Address | undefined
  /** The source address that packets get when their sender has none. */
  readonly source?: Address | undefined
  readonly scope: number
  /** The main table if absent. */
  readonly table?: number | undefined
  /** The metric: lower is better; the kernel's default if absent. */
  readonly priority?: number | undefined
  readonly mtu?: number | undefined
  readonly advertisedMss?: number | undefined
}

export function encodeAddRoute(route: NewRoute): Uint8Array {
  const { destination, table = mainTable } = route
  const writer = new PayloadWriter()
  // struct rtmsg: family, lengths of destination and source, TOS, table, protocol, scope, type, flags.
  writer.octets(addressFamily(destination.family), destination.prefixLength, 0, 0)
  writer.octets(table < 256 ? table : 0, bootProtocol, route.scope, unicast).u32(0)
  if (destination.prefixLength > 0) {
    const network = { family: destination.family, value: destination.network }
    writer.attributeBytes(Attribute.destination, addressToBytes(network))
  }
  writer.attributeU32(Attribute.interfaceIndex, route.index)
  if (route.gateway) writer.attributeBytes(Attribute.gateway, addressToBytes(route.gateway))
  if (route.source) writer.attributeBytes(Attribute.source, addressToBytes(route.source))
  if (route.priority !== undefined) writer.attributeU32(Attribute.priority, route.priority)
  if (table >= 256) writer.attributeU32(Attribute.table, table)
  const { mtu, advertisedMss } = route
  if (mtu !== undefined || advertisedMss !== undefined) {
    writer.nested(Attribute.metrics, () => {
      if (mtu !== undefined) writer.attributeU32(Metric.mtu, mtu)
      if (advertisedMss !== undefined) writer.attributeU32(Metric.advertisedMss, advertisedMss)
    })
  }
  return writer.finish()
}

/** Asks for the entry of the routing tables that matches this address best. */
export const encodeMatchRoute = (address: Address): Uint8Array => encodeLookUp(address, fibMatch)

/** Asks which way a packet to this address would take. */
export const encodeResolveRoute = (address: Address): Uint8Array => encodeLookUp(address, 0)

function encodeLookUp(address: Address, flags: number): Uint8Array {
  const writer = new PayloadWriter()
  writer.octets(addressFamily(address.family), addressBits(address.family), 0, 0)
  writer.octets(0, 0, 0, 0).u32(flags)
  return writer.attributeBytes(Attribute.destination, addressToBytes(address)).finish()
}

/** Asks for all routes of the namespace. */
export function encodeListRoutes(): Uint8Array {
  return new PayloadWriter().u32(0).u32(0).u32(0).finish()
}

/** A route that is there. */
export interface Route {
  readonly destination: Cidr
  readonly table: number
  /**
   * It delivers to this machine. The table does not tell: as long as nobody has rules of his own, the kernel keeps the IPv4
   * routes of the tables local and main in one, and says of all of them "main" (fib_unmerge in net/ipv4/fib_frontend.c).
   */
  readonly isLocal: boolean
  readonly index: number | undefined
  readonly gateway: Address | undefined
  /** The greatest packet that its way takes, if the route says so. */
  readonly mtu: number | undefined
}

/**
 * Undefined for entries of other families than IP.
 * @throws NetlinkFormatError
 */
export function decodeRoute(payload: Uint8Array): Route | undefined {
  const [family, prefixLength, , , shortTable, , , kind] = payload
  if (payload.length < structureLength || prefixLength === undefined || shortTable === undefined)
    throw new NetlinkFormatError(`a route of ${payload.length} bytes`, payload)
  if (family !== addressFamily(4) && family !== addressFamily(6)) return undefined
  let destination: Address = { family: family === addressFamily(4) ? 4 : 6, value: 0n }
  let table = shortTable
  let index: number | undefined
  let gateway: Address | undefined
  let mtu: number | undefined
  const { destination: to, table: tableNumber, interfaceIndex, gateway: via, metrics } = Attribute
  const types = [to, tableNumber, interfaceIndex, via, metrics]
  readAttributes(payload, { offset: structureLength, types }, (type, value) => {
    if (type === Attribute.destination) destination = readAddress(value)
    else if (type === Attribute.table) table = readU32(value)
    else if (type === Attribute.interfaceIndex) index = readU32(value)
    else if (type === Attribute.gateway) gateway = readAddress(value)
    else if (type === Attribute.metrics) {
      readAttributes(value, { offset: 0, types: [Metric.mtu] }, (_, number) => {
        mtu = readU32(number)
      })
    }
  })
  if (prefixLength > addressBits(destination.family))
    throw new NetlinkFormatError(`an IPv${destination.family} route of length ${prefixLength}`, payload, 1)
  const isLocal = kind === local
  return { destination: cidrAround(destination, prefixLength), table, isLocal, index, gateway, mtu }
}
