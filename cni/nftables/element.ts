import { readAttributes } from '../netlink/attribute.ts'
import { decodeComment, encodeComment } from './comment.ts'
import { openPayload, readBe32, requireStructure, structureLength } from './message.ts'
import { type Verdict, readVerdict, writeVerdict } from './verdict.ts'

/** NFTA_SET_ELEM_LIST_*. */
const ListAttribute = { table: 1, set: 2, elements: 3 } as const
/** NFTA_SET_ELEM_*, of one element. */
const Attribute = { key: 1, data: 2, flags: 3, userData: 6 } as const
/** NFTA_LIST_ELEM, NFTA_DATA_VALUE. */
const [oneOfList, dataValue] = [1, 1]
/** NFT_SET_ELEM_INTERVAL_END. */
const endFlag = 1

/**
 * One key of a set. A range is two of them: its first address, and behind its last one an end, unless there is no
 * address behind it.
 */
export interface Element {
  readonly key: Uint8Array
  readonly isEnd: boolean
  readonly verdict?: Verdict | undefined
  /** What a map has for the key, if that is no verdict. */
  readonly data?: Uint8Array | undefined
  readonly comment?: string | undefined
}

/** For messages that create or delete elements; a length of 16 bits counts them, so at most a few hundred at once. */
export function encodeElements(table: string, set: string, elements: readonly Element[]): Uint8Array {
  const writer = openPayload().attributeText(ListAttribute.table, table).attributeText(ListAttribute.set, set)
  writer.nested(ListAttribute.elements, () => {
    for (const { key, isEnd, verdict, data, comment } of elements) {
      writer.nested(oneOfList, () => {
        if (isEnd) writer.attributeBe32(Attribute.flags, endFlag)
        writer.nested(Attribute.key, () => writer.attributeBytes(dataValue, key))
        if (verdict !== undefined) writer.nested(Attribute.data, () => writeVerdict(writer, verdict))
        if (data !== undefined) writer.nested(Attribute.data, () => writer.attributeBytes(dataValue, data))
        if (comment !== undefined) writer.attributeBytes(Attribute.userData, encodeComment(comment))
      })
    }
  })
  return writer.finish()
}

/** All elements of a set: of a message that asks for them, or deletes them. */
export const encodeNamedElements = (table: string, set: string): Uint8Array =>
  openPayload().attributeText(ListAttribute.table, table).attributeText(ListAttribute.set, set).finish()

/**
 * Those of one message; a list of many comes in several.
 * @throws NetlinkFormatError
 */
export function decodeElements(payload: Uint8Array): readonly Element[] {
  requireStructure('elements', payload)
  const elements: Element[] = []
  readAttributes(payload, { offset: structureLength, types: [ListAttribute.elements] }, (_, list) => {
    readAttributes(list, { offset: 0, types: [oneOfList] }, (_, one) => elements.push(decodeElement(one)))
  })
  return elements
}

function decodeElement(bytes: Uint8Array): Element {
  let key = new Uint8Array()
  let isEnd = false
  let verdict: Verdict | undefined
  let data: Uint8Array | undefined
  let comment: string | undefined
  readAttributes(bytes, { offset: 0, types: Object.values(Attribute) }, (type, value) => {
    switch (type) {
      case Attribute.key:
        readAttributes(value, { offset: 0, types: [dataValue] }, (_, data) => (key = data.slice()))
        break
      case Attribute.data:
        verdict = readVerdict(value)
        readAttributes(value, { offset: 0, types: [dataValue] }, (_, bytes) => (data = bytes.slice()))
        break
      case Attribute.flags:
        isEnd = (readBe32(value) & endFlag) !== 0
        break
      default:
        comment = decodeComment(value)
    }
  })
  return { key, isEnd, verdict, data, comment }
}
