import { decodeText, encodeUtf8 } from '../text.ts'

/** NFTNL_UDATA_SET_ELEM_COMMENT: what nft shows as an element's comment. */
const commentType = 0
/** The length is one byte, and a NUL belongs to it. */
export const longestComment = 254

/** User data of the kernel's, which is all nft's own: type, length, text with a NUL behind it. */
export function encodeComment(text: string): Uint8Array {
  const letters = encodeUtf8(text).subarray(0, longestComment)
  const bytes = new Uint8Array(letters.length + 3)
  bytes[0] = commentType
  bytes[1] = letters.length + 1
  bytes.set(letters, 2)
  return bytes
}

/** Undefined if there is none in it, or if it is no such data: others may write there what they like. */
export function decodeComment(bytes: Uint8Array): string | undefined {
  let at = 0
  while (at + 2 <= bytes.length) {
    const [type = 0, length = 0] = bytes.subarray(at, at + 2)
    if (at + 2 + length > bytes.length) return undefined
    if (type === commentType) return decodeText(bytes.subarray(at + 2, at + 2 + length))
    at += 2 + length
  }
  return undefined
}
