import type { Family as IpFamily } from '../../net/address.ts'
import { readAttributes } from '../netlink/attribute.ts'
import { decodeText } from '../text.ts'
import { openPayload, readBe32, requireStructure, structureLength } from './message.ts'

/** NFTA_SET_*. */
const Attribute = {
  table: 1,
  name: 2,
  flags: 3,
  keyType: 4,
  keyLength: 5,
  dataType: 6,
  dataLength: 7,
  id: 10,
} as const
/** NFT_SET_INTERVAL, NFT_SET_MAP. */
const Flag = { interval: 4, map: 8 } as const
/** What nft calls ipv4_addr, ipv6_addr, ether_addr, inet_proto and inet_service. The kernel only keeps these numbers for it. */
const Type = { 4: 7, 6: 8, hardwareAddress: 9, protocol: 12, port: 13 } as const
/** NFT_DATA_VERDICT, and that it has the length of a register. */
const verdicts = { type: 0xffffff00, length: 16 } as const

/** A set of which the keys, or the answers, are addresses of one family. */
export interface AddressSet {
  readonly name: string
  readonly family: IpFamily
  readonly kind: SetKind
}

/**
 * - `ranges`: ranges of addresses;
 * - `verdicts`: single addresses, each of which leads to a chain;
 * - `pairs`: two addresses, source and destination;
 * - `ports`: protocol and port, each of which leads to an address and a port;
 * - `address-ports`: the same of address, protocol and port;
 * - `targets`: address, protocol and port;
 * - `digests`: of six bytes, which nft shows as hardware addresses. Of no family: 4 by convention.
 */
export type SetKind = (typeof kinds)[number]
const kinds = ['ranges', 'verdicts', 'pairs', 'ports', 'address-ports', 'targets', 'digests'] as const

/** What the kernel, and nft, are told of such a set. Each part of a key, or an answer, fills whole registers of four bytes. */
interface Layout {
  readonly flags: number
  readonly key: Datum
  readonly data?: Datum
}

interface Datum {
  readonly type: number
  readonly length: number
}

function layoutOf(kind: SetKind, family: IpFamily): Layout {
  const address = { type: Type[family], length: family === 4 ? 4 : 16 }
  const [protocol, port] = [Type.protocol, Type.port].map((type) => ({ type, length: 4 })) as [Datum, Datum]
  const target = concatenate(address, port)
  switch (kind) {
    case 'ranges':
      return { flags: Flag.interval, key: address }
    case 'verdicts':
      return { flags: Flag.map, key: address, data: verdicts }
    case 'pairs':
      return { flags: 0, key: concatenate(address, address) }
    case 'ports':
      return { flags: Flag.map, key: concatenate(protocol, port), data: target }
    case 'address-ports':
      return { flags: Flag.map, key: concatenate(address, protocol, port), data: target }
    case 'targets':
      return { flags: 0, key: concatenate(address, protocol, port) }
    case 'digests':
      return { flags: 0, key: { type: Type.hardwareAddress, length: 6 } }
  }
}

/** nft's number for a type of several parts has six bits for each. */
const concatenate = (...parts: readonly Datum[]): Datum =>
  parts.reduce((all, part) => ({ type: (all.type << 6) | part.type, length: all.length + part.length }))

/** `id`: another one for each set of a transaction. */
export function encodeNewSet(table: string, { name, family, kind }: AddressSet, id: number): Uint8Array {
  const { flags, key, data } = layoutOf(kind, family)
  const writer = openPayload()
    .attributeText(Attribute.table, table)
    .attributeText(Attribute.name, name)
    .attributeBe32(Attribute.flags, flags)
    .attributeBe32(Attribute.keyType, key.type)
    .attributeBe32(Attribute.keyLength, key.length)
  if (data !== undefined) {
    writer.attributeBe32(Attribute.dataType, data.type).attributeBe32(Attribute.dataLength, data.length)
  }
  return writer.attributeBe32(Attribute.id, id).finish()
}

export const encodeNamedSet = (table: string, name: string): Uint8Array =>
  openPayload().attributeText(Attribute.table, table).attributeText(Attribute.name, name).finish()

/** Asks for all sets of a table. */
export const encodeListSets = (table: string): Uint8Array =>
  openPayload().attributeText(Attribute.table, table).finish()

/** A set that is there; its `kind` is undefined if it is none that we make. */
export interface FoundSet {
  readonly name: string
  readonly set: AddressSet | undefined
}

/** @throws NetlinkFormatError */
export function decodeSet(payload: Uint8Array): FoundSet {
  requireStructure('a set', payload)
  let name = ''
  let [flags, keyType, dataType] = [0, 0, 0]
  const types = [Attribute.name, Attribute.flags, Attribute.keyType, Attribute.dataType]
  readAttributes(payload, { offset: structureLength, types }, (type, value) => {
    if (type === Attribute.name) name = decodeText(value)
    else if (type === Attribute.flags) flags = readBe32(value)
    else if (type === Attribute.keyType) keyType = readBe32(value)
    else dataType = readBe32(value)
  })
  return { name, set: describe(name, { flags, keyType, dataType }) }
}

function describe(
  name: string,
  found: { readonly flags: number; readonly keyType: number; readonly dataType: number },
): AddressSet | undefined {
  for (const kind of kinds) {
    for (const family of [4, 6] as const) {
      const { flags, key, data } = layoutOf(kind, family)
      if (flags === found.flags && key.type === found.keyType && (data?.type ?? 0) === found.dataType)
        return { name, family, kind }
    }
  }
  return undefined
}
