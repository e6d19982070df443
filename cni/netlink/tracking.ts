import type { Address, Family } from '../../net/address.ts'
import { PayloadWriter, readAddress, readAttributes } from './attribute.ts'
import { NetlinkFormatError } from './error.ts'

/** Messages of connection tracking: NFNL_SUBSYS_CTNETLINK and IPCTNL_MSG_CT_* (linux/netfilter/nfnetlink_conntrack.h). */
export const TrackingMessage = { get: 0x101, delete: 0x102 } as const

/** CTA_*. */
const Attribute = { original: 1, reply: 2, id: 12, zone: 18, filter: 25 } as const
/** CTA_TUPLE_*, CTA_IP_*, CTA_PROTO_*. */
const Tuple = { addresses: 1, ports: 2 } as const
const Ip = { source4: 1, destination4: 2, source6: 3, destination6: 4 } as const
const Proto = { number: 1, sourcePort: 2, destinationPort: 3 } as const
/** CTA_FILTER_*, and the bits of what shall be equal (nf_internals.h): known since Linux 5.8, and passed over before. */
const Filter = { original: 1, reply: 2 } as const
const FilterBit = { protocol: 1 << 3, destinationPort: 1 << 5 } as const

/** One direction of a connection. */
export interface Direction {
  readonly source: Address
  readonly destination: Address
  readonly protocol: number
  /** Zero of protocols without ports. */
  readonly sourcePort: number
  readonly destinationPort: number
}

/** A connection as the kernel remembers it. Where addresses are translated, the reply is not the original turned round. */
export interface TrackedConnection {
  readonly original: Direction
  readonly reply: Direction
  /** What names it to the kernel: of the payload, as it stands there. */
  readonly name: readonly (readonly [type: number, value: Uint8Array])[]
}

/** Asks for the connections of a protocol, to a port if one is given. Old kernels list all of the family. */
export function encodeListConnections(family: Family, protocol: number, port?: number): Uint8Array {
  const writer = open(family)
  writer.nested(Attribute.original, () =>
    writer.nested(Tuple.ports, () => {
      writer.attributeBytes(Proto.number, Uint8Array.of(protocol))
      if (port !== undefined)
        writer.attributeBytes(Proto.destinationPort, Uint8Array.of(port >>> 8, port & 0xff))
    }),
  )
  const bits = FilterBit.protocol | (port === undefined ? 0 : FilterBit.destinationPort)
  writer.nested(Attribute.filter, () =>
    writer.attributeU32(Filter.original, bits).attributeU32(Filter.reply, 0),
  )
  return writer.finish()
}

/** Of exactly that connection, not of one that has taken its place. */
export function encodeDeleteConnection({ original, name }: TrackedConnection): Uint8Array {
  const writer = open(original.source.family)
  for (const [type, value] of name) {
    if (type === Attribute.original) writer.nested(type, () => writer.raw(value))
    else writer.attributeBytes(type, value)
  }
  return writer.finish()
}

/** struct nfgenmsg. */
const open = (family: Family): PayloadWriter => new PayloadWriter().octets(family === 4 ? 2 : 10, 0, 0, 0)

/**
 * Undefined for one without addresses.
 * @throws NetlinkFormatError
 */
export function decodeConnection(payload: Uint8Array): TrackedConnection | undefined {
  if (payload.length < 4) throw new NetlinkFormatError(`a connection of ${payload.length} bytes`, payload)
  const directions = new Map<number, Direction | undefined>()
  const name: (readonly [number, Uint8Array])[] = []
  const types = [Attribute.original, Attribute.reply, Attribute.id, Attribute.zone]
  readAttributes(payload, { offset: 4, types }, (type, value) => {
    if (type === Attribute.original || type === Attribute.reply) directions.set(type, decodeDirection(value))
    if (type !== Attribute.reply) name.push([type, value.slice()])
  })
  const [original, reply] = [directions.get(Attribute.original), directions.get(Attribute.reply)]
  return original === undefined || reply === undefined ? undefined : { original, reply, name }
}

function decodeDirection(bytes: Uint8Array): Direction | undefined {
  let source: Address | undefined
  let destination: Address | undefined
  const numbers = new Map<number, number>()
  readAttributes(bytes, { offset: 0, types: Object.values(Tuple) }, (part, content) => {
    if (part === Tuple.addresses)
      readAttributes(content, { offset: 0, types: Object.values(Ip) }, (type, value) => {
        if (type === Ip.source4 || type === Ip.source6) source = readAddress(value)
        else destination = readAddress(value)
      })
    else
      readAttributes(content, { offset: 0, types: Object.values(Proto) }, (type, value) => {
        numbers.set(
          type,
          value.reduce((number, byte) => number * 256 + byte, 0),
        )
      })
  })
  if (source === undefined || destination === undefined) return undefined
  return {
    source,
    destination,
    protocol: numbers.get(Proto.number) ?? 0,
    sourcePort: numbers.get(Proto.sourcePort) ?? 0,
    destinationPort: numbers.get(Proto.destinationPort) ?? 0,
  }
}
