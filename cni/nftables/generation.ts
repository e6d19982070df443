import { readAttributes } from '../netlink/attribute.ts'
import { NetlinkFormatError } from '../netlink/error.ts'
import { readBe32, requireStructure, structureLength } from './message.ts'

/** NFTA_GEN_ID. */
const idAttribute = 1

/** @throws NetlinkFormatError */
export function decodeGeneration(payload: Uint8Array): number {
  requireStructure('a generation', payload)
  let id: number | undefined
  readAttributes(payload, { offset: structureLength, types: [idAttribute] }, (_, value) => {
    id = readBe32(value)
  })
  if (id === undefined) throw new NetlinkFormatError('a generation without its number', payload)
  return id
}
