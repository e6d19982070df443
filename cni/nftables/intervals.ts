import { addressBits, addressToBytes } from '../../net/address.ts'
import { type Cidr, cidrSize, firstAddress } from '../../net/cidr.ts'
import type { Element } from './element.ts'

/** A range of keys, as a set of ranges has it: one or two elements. */
export interface Interval {
  readonly first: Uint8Array
  /** The one behind the last. Undefined where there is none: the range ends where keys end. */
  readonly behind: Uint8Array | undefined
}

export function toInterval(range: Cidr): Interval {
  const { family } = range
  const behind = range.network + cidrSize(range)
  return {
    first: addressToBytes(firstAddress(range)),
    behind:
      behind >> BigInt(addressBits(family)) > 0n ? undefined : addressToBytes({ family, value: behind }),
  }
}

/**
 * The elements of intervals of which no two share a key. The end of an interval stands directly behind its beginning:
 * kernels want that of who adds or deletes one. Where an interval begins just behind another one, the end of that is there
 * all the same: so the elements of an interval do not depend on its neighbours, and each can come and go by itself.
 */
export const toElements = (intervals: readonly Interval[]): readonly Element[] =>
  intervals.flatMap(({ first, behind }) => [
    { key: first, isEnd: false },
    ...(behind === undefined ? [] : [{ key: behind, isEnd: true }]),
  ])

/**
 * What intervals the elements of a set are, in their order. The kernel lists them in any. Undefined if they are none that
 * {@link toElements} makes: ends are missing, or there are too many.
 *
 * An end at zero means nothing: nft puts it in front of the first interval.
 */
export function toIntervals(elements: readonly Element[]): readonly Interval[] | undefined {
  const intervals: Interval[] = []
  let first: Uint8Array | undefined
  for (const { key, isEnd } of [...elements].sort(compareElements)) {
    if (isEnd) {
      if (first !== undefined) intervals.push({ first, behind: key })
      else if (key.some((byte) => byte !== 0)) return undefined
      first = undefined
    } else {
      if (first !== undefined) return undefined
      first = key
    }
  }
  if (first !== undefined) intervals.push({ first, behind: undefined })
  return intervals
}

/** By keys; of equal ones the end comes first, which is that of the interval before. */
const compareElements = (a: Element, b: Element): number =>
  compareKeys(a.key, b.key) || Number(b.isEnd) - Number(a.isEnd)

/** The order of keys of one length. */
export function compareKeys(a: Uint8Array, b: Uint8Array): number {
  for (let at = 0; at < a.length; at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** Equal for equal intervals. */
export const intervalKey = ({ first, behind }: Interval): string =>
  `${first.join('.')}-${behind?.join('.') ?? ''}`
