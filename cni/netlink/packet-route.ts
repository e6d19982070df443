import { type Address, addressBits, addressToBytes } from '../../net/address.ts'
import { type Cidr, cidrAround } from '../../net/cidr.ts'
import { addressFamily } from './address.ts'
import { PayloadWriter, readAddress, readAttributes, readU32 } from './attribute.ts'
import { NetlinkFormatError } from './error.ts'

/** RTA_* */
const Attribute = {
  destination: 1,
  source: 2,
  entryIndex: 3,
  exitIndex: 4,
  gateway: 5,
  metrics: 8,
  table: 15,
  via: 18,
} as const
/** RTAX_MTU */
const mtuMetric = 2

/** RTM_F_LOOKUP_TABLE: answer with the table that was used, not with the main one. */
const lookUpTable = 0x1000
/** RTM_F_FIB_MATCH: answer with the entry, not with the way that a packet would take. */
const fibMatch = 0x2000

const structureLength = 12

/** A packet whose way is asked for. */
export interface AskedPacket {
  readonly destination: Address
  /** Absent: any. */
  readonly source?: Address | undefined
  /** Index of the link by which it comes in; absent: the machine itself sends it. */
  readonly entry?: number | undefined
}

/**
 * Asks which way the packet takes (`way`), or which entry of the tables decides that (`entry`): the first has no prefix and
 * no maker, the second no way of several. Either is refused where the kernel would drop the packet.
 */
export function encodePacketRoute(packet: AskedPacket, ask: 'way' | 'entry'): Uint8Array {
  const { destination, entry, source } = packet
  const bits = addressBits(destination.family)
  const writer = new PayloadWriter()
  // struct rtmsg: family, lengths of destination and source, TOS, table, protocol, scope, type, flags.
  writer.octets(addressFamily(destination.family), bits, source === undefined ? 0 : bits, 0)
  writer
    .u32(0)
    .u32(ask === 'entry' ? lookUpTable | fibMatch : lookUpTable)
    .attributeBytes(Attribute.destination, addressToBytes(destination))
  if (source !== undefined) writer.attributeBytes(Attribute.source, addressToBytes(source))
  if (entry !== undefined) writer.attributeU32(Attribute.entryIndex, entry)
  return writer.finish()
}

/** What the kernel answers. */
export interface PacketRoute {
  /** Of an entry its range, of a way the address itself. */
  readonly destination: Cidr
  /** rtm_type: 1 unicast, 2 local, … */
  readonly type: number
  readonly protocol: number
  readonly table: number
  /** Index of the link by which it leaves. */
  readonly exit: number | undefined
  readonly gateway: Address | undefined
  readonly mtu: number | undefined
}

const types = Object.values(Attribute)

/** @throws NetlinkFormatError */
export function decodePacketRoute(payload: Uint8Array): PacketRoute {
  const [code, length, , , shortTable, protocol, , type] = payload
  if (payload.length < structureLength || length === undefined || type === undefined)
    throw new NetlinkFormatError(`a route of ${payload.length} bytes`, payload)
  let destination: Address = { family: code === addressFamily(4) ? 4 : 6, value: 0n }
  let table = shortTable ?? 0
  let exit: number | undefined
  let gateway: Address | undefined
  let mtu: number | undefined
  readAttributes(payload, { offset: structureLength, types }, (attribute, value) => {
    if (attribute === Attribute.destination) destination = readAddress(value)
    else if (attribute === Attribute.table) table = readU32(value)
    else if (attribute === Attribute.exitIndex) exit = readU32(value)
    else if (attribute === Attribute.gateway) gateway = readAddress(value)
    // struct rtvia: family, then the address. A route of IPv4 may lead over a gateway of IPv6.
    else if (attribute === Attribute.via && (value.length === 6 || value.length === 18))
      gateway = readAddress(value.subarray(2))
    else if (attribute === Attribute.metrics) {
      readAttributes(value, { offset: 0, types: [mtuMetric] }, (_, number) => {
        mtu = readU32(number)
      })
    }
  })
  if (length > addressBits(destination.family))
    throw new NetlinkFormatError(`an IPv${destination.family} route of length ${length}`, payload, 1)
  return {
    destination: cidrAround(destination, length),
    type,
    protocol: protocol ?? 0,
    table,
    exit,
    gateway,
    mtu,
  }
}
