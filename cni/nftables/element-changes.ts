import type { Request } from '../netlink/connection.ts'
import { Flag } from '../netlink/message.ts'
import { type Element, encodeElements } from './element.ts'
import { NftMessage } from './message.ts'
import { tableName } from './nftables.ts'

// Changes for `Nftables.commit`, of elements of our table's sets.

/** EEXIST if one of them is there. */
export const addElements = (set: string, elements: readonly Element[]): readonly Request[] =>
  inPortions(elements).map((portion) => ({
    operation: `add ${portion.length} elements to set ${set}`,
    type: NftMessage.newElements,
    flags: Flag.create | Flag.exclusive,
    payload: encodeElements(tableName, set, portion),
  }))

/** ENOENT if one of them is not there. */
export const deleteElements = (set: string, elements: readonly Element[]): readonly Request[] =>
  inPortions(elements).map((portion) => ({
    operation: `delete ${portion.length} elements of set ${set}`,
    type: NftMessage.deleteElements,
    payload: encodeElements(tableName, set, portion),
  }))

/** An element has at most about 350 bytes, and the length of a list 16 bits. */
const portionLength = 150

function inPortions(elements: readonly Element[]): readonly (readonly Element[])[] {
  const portions: (readonly Element[])[] = []
  for (let at = 0; at < elements.length; at += portionLength)
    portions.push(elements.slice(at, at + portionLength))
  return portions
}
