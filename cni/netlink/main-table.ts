import { type Address, type Family, addressBits } from '../../net/address.ts'
import { type Cidr, cidrAround } from '../../net/cidr.ts'
import { addressFamily } from './address.ts'
import { readAddress, readAttributes, readU32 } from './attribute.ts'
import { NetlinkFormatError } from './error.ts'
import { mainTable } from './route.ts'

/** Kinds of routes (rtnetlink.h, RTN_*) of which the main table may hold one. */
const kinds: readonly (RouteKind | undefined)[] = [
  undefined,
  'unicast',
  undefined,
  undefined,
  undefined,
  undefined,
  'blackhole',
  'unreachable',
  'prohibit',
  'throw',
]
/** RTN_LOCAL: an address of the machine itself, in the table of those. */
const localKind = 2

/** RTA_* */
const Attribute = {
  destination: 1,
  interfaceIndex: 4,
  gateway: 5,
  priority: 6,
  multipath: 9,
  via: 18,
} as const
const types = Object.values(Attribute)

/** RTNH_F_DEAD and RTNH_F_LINKDOWN: of a way that can't be used now. */
const unusable = 0x1 | 0x10

const structureLength = 12
/** struct rtnexthop: length, flags, hops, index of the link. */
const wayLength = 8

export type RouteKind = 'unicast' | 'blackhole' | 'unreachable' | 'prohibit' | 'throw'

/** A route of the main table, with what tells whose it is and whether it works. */
export interface TableRoute {
  readonly destination: Cidr
  readonly kind: RouteKind
  /** rtm_protocol: who made it. */
  readonly protocol: number
  /** rtm_scope. */
  readonly scope: number
  readonly metric: number
  /** One for most; several share the packets; none of those that are not unicast. */
  readonly ways: readonly Way[]
}

export interface Way {
  readonly gateway: Address | undefined
  readonly index: number | undefined
  /** The link is down, or has no carrier. */
  readonly isDead: boolean
}

/** An entry of a dump of all tables. */
export type TableEntry =
  | { readonly entry: 'route'; readonly route: TableRoute }
  | { readonly entry: 'own'; readonly address: Address }

/**
 * Undefined for what is of no concern: other tables and families, and routes for some packets only (by type of service,
 * or by source), beside which one for all may stand.
 *
 * @throws NetlinkFormatError
 */
export function decodeTableEntry(payload: Uint8Array): TableEntry | undefined {
  const [code, length, sourceLength, service, table, protocol, scope, kindNumber] = payload
  if (payload.length < structureLength || length === undefined || kindNumber === undefined)
    throw new NetlinkFormatError(`a route of ${payload.length} bytes`, payload)
  const family: Family | undefined = code === addressFamily(4) ? 4 : code === addressFamily(6) ? 6 : undefined
  // Most of a dump is of the table of the machine's own addresses: what can be told from the structure alone is cheap.
  if (family === undefined) return undefined
  if (length > addressBits(family))
    throw new NetlinkFormatError(`an IPv${family} route of length ${length}`, payload, 1)
  if (kindNumber === localKind && length === addressBits(family)) {
    const { destination } = readRoute(payload, family)
    return destination === undefined ? undefined : { entry: 'own', address: destination }
  }
  const kind = kinds[kindNumber]
  if (table !== mainTable || kind === undefined || sourceLength !== 0 || service !== 0) return undefined
  const { destination = { family, value: 0n }, metric, ways } = readRoute(payload, family)
  const route: TableRoute = {
    destination: cidrAround(destination, length),
    kind,
    protocol: protocol ?? 0,
    scope: scope ?? 0,
    metric,
    ways: kind === 'unicast' ? ways : [],
  }
  return { entry: 'route', route }
}

interface Attributes {
  readonly destination: Address | undefined
  readonly metric: number
  readonly ways: readonly Way[]
}

function readRoute(payload: Uint8Array, family: Family): Attributes {
  let destination: Address | undefined
  let metric = 0
  let gateway: Address | undefined
  let index: number | undefined
  let ways: readonly Way[] | undefined
  readAttributes(payload, { offset: structureLength, types }, (type, value) => {
    if (type === Attribute.destination) destination = addressOf(value, family)
    else if (type === Attribute.gateway) gateway = readAddress(value)
    else if (type === Attribute.via) gateway = readVia(value)
    else if (type === Attribute.interfaceIndex) index = readU32(value)
    else if (type === Attribute.priority) metric = readU32(value)
    else if (type === Attribute.multipath) ways = readWays(value)
  })
  const isDead = (readU32(payload.subarray(8)) & unusable) !== 0
  return { destination, metric, ways: ways ?? [{ gateway, index, isDead }] }
}

function addressOf(value: Uint8Array, family: Family): Address {
  const address = readAddress(value)
  if (address.family !== family)
    throw new NetlinkFormatError(`an IPv${family} route to ${value.length} bytes`, value)
  return address
}

/** struct rtvia: family, then the address. A route of IPv4 may lead over a gateway of IPv6. */
const readVia = (value: Uint8Array): Address | undefined => {
  const bytes = value.subarray(2)
  return bytes.length === 4 || bytes.length === 16 ? readAddress(bytes) : undefined
}

function readWays(value: Uint8Array): readonly Way[] {
  const ways: Way[] = []
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
  for (let at = 0; at + wayLength <= value.length;) {
    const length = view.getUint16(at, true)
    if (length < wayLength || at + length > value.length)
      throw new NetlinkFormatError(`a way of length ${length}`, value, at)
    let gateway: Address | undefined
    const own = value.subarray(at, at + length)
    readAttributes(own, { offset: wayLength, types: [Attribute.gateway, Attribute.via] }, (type, bytes) => {
      gateway = type === Attribute.gateway ? readAddress(bytes) : readVia(bytes)
    })
    const isDead = (view.getUint8(at + 2) & unusable) !== 0
    ways.push({ gateway, index: view.getUint32(at + 4, true), isDead })
    at += (length + 3) & ~3
  }
  return ways
}
