import type { Family as IpFamily } from '../../net/address.ts'
import { readAttributes } from '../netlink/attribute.ts'
import { decodeText } from '../text.ts'
import { be32, openPayload, readBe32, requireStructure, structureLength } from './message.ts'

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
/** What nft calls ipv4_addr and ipv6_addr. The kernel only keeps these numbers for it. */
const keyTypes = { 4: 7, 6: 8 } as const
/** NFT_DATA_VERDICT, and that it has the length of a register. */
const verdicts = { type: 0xffffff00, length: 16 } as const

/** A set of addresses of one family. */
export interface AddressSet {
  readonly name: string
  readonly family: IpFamily
  /** Of ranges, or of single addresses each of which leads to a chain. */
  readonly kind: 'ranges' | 'verdicts'
}

/** `id`: another one for each set of a transaction. */
export function encodeNewSet(table: string, set: AddressSet, id: number): Uint8Array {
  const writer = openPayload()
    .attributeText(Attribute.table, table)
    .attributeText(Attribute.name, set.name)
    .attributeBytes(Attribute.flags, be32(set.kind === 'ranges' ? Flag.interval : Flag.map))
    .attributeBytes(Attribute.keyType, be32(keyTypes[set.family]))
    .attributeBytes(Attribute.keyLength, be32(set.family === 4 ? 4 : 16))
  if (set.kind === 'verdicts') {
    writer
      .attributeBytes(Attribute.dataType, be32(verdicts.type))
      .attributeBytes(Attribute.dataLength, be32(verdicts.length))
  }
  return writer.attributeBytes(Attribute.id, be32(id)).finish()
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
  const family = keyType === keyTypes[4] ? 4 : keyType === keyTypes[6] ? 6 : undefined
  const kind =
    flags === Flag.interval
      ? 'ranges'
      : flags === Flag.map && dataType === verdicts.type
        ? 'verdicts'
        : undefined
  return { name, set: family === undefined || kind === undefined ? undefined : { name, family, kind } }
}
