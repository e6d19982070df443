import { readAttributes } from '../netlink/attribute.ts'
import { openPayload, readBe32, requireStructure, structureLength } from './message.ts'

/** NFTA_TABLE_*. */
const Attribute = { name: 1, flags: 2, use: 3 } as const

export interface Table {
  /** Bit 0: dormant, nothing of it is in force. */
  readonly flags: number
  /** How many chains and sets are in it. */
  readonly use: number
}

export const encodeNewTable = (name: string): Uint8Array =>
  openPayload().attributeText(Attribute.name, name).attributeBe32(Attribute.flags, 0).finish()

export const encodeNamedTable = (name: string): Uint8Array =>
  openPayload().attributeText(Attribute.name, name).finish()

/** @throws NetlinkFormatError */
export function decodeTable(payload: Uint8Array): Table {
  requireStructure('a table', payload)
  let [flags, use] = [0, 0]
  const types = [Attribute.flags, Attribute.use]
  readAttributes(payload, { offset: structureLength, types }, (type, value) => {
    if (type === Attribute.flags) flags = readBe32(value)
    else use = readBe32(value)
  })
  return { flags, use }
}
