import { PayloadWriter, readAttributes, readU32 } from './attribute.ts'
import { NetlinkFormatError } from './error.ts'
import type { Message } from './message.ts'
import { decodeText } from '../text.ts'

/** Message types of links (linux/rtnetlink.h). */
export const LinkMessage = { create: 16, delete: 17, get: 18, set: 19 } as const

/** RTNLGRP_LINK: where changes of links are announced. */
export const linkGroup = 1

/** Attributes of a link (linux/if_link.h, IFLA_*). */
const Attribute = {
  address: 1,
  name: 3,
  mtu: 4,
  link: 5,
  info: 18,
  alias: 20,
  group: 27,
  namespaceDescriptor: 28,
  extendedMask: 29,
  transmitQueues: 31,
  receiveQueues: 32,
} as const
const InfoAttribute = { kind: 1, data: 2 } as const
const VethAttribute = { peer: 1 } as const
/** IFF_UP. */
const up = 1
/** RTEXT_FILTER_SKIP_STATS: an answer without its counters is half as long. */
const skipStatistics = 8

const structureLength = 16

/** One end of a veth that is to be made. */
export interface VethEnd {
  readonly name: string
  /** Descriptor of the namespace that it is made in. */
  readonly namespace: number
  /** Six bytes. Set in the creating message, as udev rewrites addresses that the kernel chose (systemd MACAddressPolicy). */
  readonly mac: Uint8Array
}

/**
 * Both ends come into being in their namespaces: to move one later costs 20 ms of the kernel's time. Each has one queue
 * a direction: otherwise the kernel makes one for each processor, and takes all but one away again, which is all the
 * same to the packets but not to the time (and a grace period) that it takes.
 */
export function encodeCreateVeth(end: VethEnd, peer: VethEnd, mtu: number | undefined): Uint8Array {
  const writer = new PayloadWriter()
  writeEnd(writer, end, mtu)
  writer.nested(Attribute.info, () => {
    writer.attributeText(InfoAttribute.kind, 'veth')
    writer.nested(InfoAttribute.data, () => {
      writer.nested(VethAttribute.peer, () => writeEnd(writer, peer, mtu))
    })
  })
  return writer.finish()
}

function writeEnd(writer: PayloadWriter, end: VethEnd, mtu: number | undefined): void {
  writeStructure(writer, { index: 0, flags: 0, change: 0 })
  writer.attributeText(Attribute.name, end.name)
  if (mtu !== undefined) writer.attributeU32(Attribute.mtu, mtu)
  writer.attributeBytes(Attribute.address, end.mac)
  writer
    .attributeU32(Attribute.namespaceDescriptor, end.namespace)
    .attributeU32(Attribute.transmitQueues, 1)
    .attributeU32(Attribute.receiveQueues, 1)
}

/** struct ifinfomsg: family, padding, device type, index, flags, mask of flags to change. */
function writeStructure(
  writer: PayloadWriter,
  { index, flags, change }: { readonly index: number; readonly flags: number; readonly change: number },
): void {
  writer.octets(0, 0, 0, 0).u32(index).u32(flags).u32(change)
}

/** Asks for one link by name or index. */
export function encodeGetLink(nameOrIndex: string | number): Uint8Array {
  const writer = new PayloadWriter()
  const byName = typeof nameOrIndex === 'string'
  writeStructure(writer, { index: byName ? 0 : nameOrIndex, flags: 0, change: 0 })
  if (byName) writer.attributeText(Attribute.name, nameOrIndex)
  return writer.attributeU32(Attribute.extendedMask, skipStatistics).finish()
}

/** Asks for all links of the namespace. */
export function encodeListLinks(): Uint8Array {
  const writer = new PayloadWriter()
  writeStructure(writer, { index: 0, flags: 0, change: 0 })
  return writer.attributeU32(Attribute.extendedMask, skipStatistics).finish()
}

/** What a link is known by, besides its name. */
export interface LinkMark {
  /** Text that only people and we read. */
  readonly alias: string
  /** A number that packet filters can ask for. */
  readonly group: number
}

/** Sets a link up, and marks it if a mark is given. */
export function encodeSetUp(index: number, mark?: LinkMark): Uint8Array {
  const writer = new PayloadWriter()
  writeStructure(writer, { index, flags: up, change: up })
  if (mark !== undefined)
    writer.attributeText(Attribute.alias, mark.alias).attributeU32(Attribute.group, mark.group)
  return writer.finish()
}

/** Puts a link into a group. */
export function encodeSetGroup(index: number, group: number): Uint8Array {
  const writer = new PayloadWriter()
  writeStructure(writer, { index, flags: 0, change: 0 })
  return writer.attributeU32(Attribute.group, group).finish()
}

/** Sets a link down. */
export function encodeSetDown(index: number): Uint8Array {
  const writer = new PayloadWriter()
  writeStructure(writer, { index, flags: 0, change: up })
  return writer.finish()
}

export function encodeDeleteLink(index: number): Uint8Array {
  const writer = new PayloadWriter()
  writeStructure(writer, { index, flags: 0, change: 0 })
  return writer.finish()
}

/** Deletes all links of a group with one wait. */
export function encodeDeleteGroup(group: number): Uint8Array {
  const writer = new PayloadWriter()
  writeStructure(writer, { index: 0, flags: 0, change: 0 })
  return writer.attributeU32(Attribute.group, group).finish()
}

/**
 * Whether the kernel says that this link is gone: from the tables, and so from every lookup. Messages of the bridge's
 * family only say that it left a bridge.
 */
export function announcesRemoval({ type, payload }: Message, index: number): boolean {
  const [family] = payload
  return (
    type === LinkMessage.delete &&
    payload.length >= structureLength &&
    family === 0 &&
    readU32(payload.subarray(4)) === index
  )
}

export interface Link {
  readonly index: number
  readonly name: string
  readonly up: boolean
  /** Lower-case hexadecimal with colons; undefined for links without one. */
  readonly mac: string | undefined
  readonly mtu: number
  /** `veth`, `dummy`, …; undefined for physical devices and loopback. */
  readonly kind: string | undefined
  /** Of a veth: the index of its other end, which may be in another namespace. */
  readonly peerIndex: number | undefined
  readonly alias: string | undefined
  /** 0 if nobody has put it into one. */
  readonly group: number
}

/** Those that {@link decodeLink} reads. */
const linkTypes = [
  Attribute.name,
  Attribute.address,
  Attribute.mtu,
  Attribute.link,
  Attribute.alias,
  Attribute.group,
  Attribute.info,
]

/** @throws NetlinkFormatError */
export function decodeLink(payload: Uint8Array): Link {
  if (payload.length < structureLength)
    throw new NetlinkFormatError(`a link of ${payload.length} bytes`, payload)
  const link: { -readonly [K in keyof Link]: Link[K] } = {
    index: readU32(payload.subarray(4)),
    name: '',
    up: (readU32(payload.subarray(8)) & up) !== 0,
    mac: undefined,
    mtu: 0,
    kind: undefined,
    peerIndex: undefined,
    alias: undefined,
    group: 0,
  }
  readAttributes(payload, { offset: structureLength, types: linkTypes }, (type, value) => {
    switch (type) {
      case Attribute.name:
        link.name = decodeText(value)
        break
      case Attribute.address:
        link.mac = formatMac(value)
        break
      case Attribute.mtu:
        link.mtu = readU32(value)
        break
      case Attribute.link:
        link.peerIndex = readU32(value)
        break
      case Attribute.alias:
        link.alias = decodeText(value)
        break
      case Attribute.group:
        link.group = readU32(value)
        break
      case Attribute.info:
        readAttributes(value, { offset: 0, types: [InfoAttribute.kind] }, (_, kind) => {
          link.kind = decodeText(kind)
        })
    }
  })
  return link
}

/** `02:00:5e:…`, as CNI results have it. */
export function formatMac(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += `${text && ':'}${byte < 16 ? '0' : ''}${byte.toString(16)}`
  return text
}
