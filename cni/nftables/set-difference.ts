import { type Interval, compareKeys, intervalKey, toIntervals } from './intervals.ts'
import type { FoundWholeSet } from './ruleset.ts'

/** What becomes of a set of ranges. */
export interface SetDifference {
  /** `all`: what is there is no set of ranges, so it can't be taken apart. */
  readonly gone: readonly Interval[] | 'all'
  readonly added: readonly Interval[]
  /**
   * Whether the ranges can come and go one by one, as far as packets notice: none that comes shares an address with one
   * that goes. See {@link difference}.
   */
  readonly inPlace: boolean
}

/** @param wanted - in their order, and apart from each other */
export function setDifference({ elements }: FoundWholeSet, wanted: readonly Interval[]): SetDifference {
  const there = toIntervals(elements)
  if (there === undefined) return { gone: 'all', added: wanted, inPlace: false }
  const [keysThere, keysWanted] = [new Set(there.map(intervalKey)), new Set(wanted.map(intervalKey))]
  const gone = there.filter((interval) => !keysWanted.has(intervalKey(interval)))
  const added = wanted.filter((interval) => !keysThere.has(intervalKey(interval)))
  return { gone, added, inPlace: !anyOverlap(gone, added) }
}

/** Both lists are in their order, and each is apart in itself: so one walk along both is enough. */
function anyOverlap(some: readonly Interval[], others: readonly Interval[]): boolean {
  let [i, j] = [0, 0]
  for (;;) {
    const [a, b] = [some[i], others[j]]
    if (a === undefined || b === undefined) return false
    if (endsBefore(a, b)) i++
    else if (endsBefore(b, a)) j++
    else return true
  }
}

const endsBefore = ({ behind }: Interval, { first }: Interval): boolean =>
  behind !== undefined && compareKeys(behind, first) <= 0
