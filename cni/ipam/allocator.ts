import type { Address } from '../../net/address.ts'
import { type Range, type RangeSet, rangeContains } from './range.ts'

/** An address that may be given, and the range that it is of. */
export interface Candidate {
  readonly address: Address
  readonly range: Range
}

/**
 * The addresses of a set in the order in which they are tried: round robin from the one after `last` (the address given
 * last, if it is in the set), across its ranges, `last` itself at the very end. So a released address is used again as
 * late as possible. Gateways are left out.
 */
export function* candidates(set: RangeSet, last: Address | undefined): Generator<Candidate, void, undefined> {
  let index = last === undefined ? -1 : set.findIndex((range) => rangeContains(range, last))
  let current = index < 0 ? undefined : last?.value
  if (index < 0) index = 0
  let start: bigint | undefined
  for (;;) {
    let range = set[index] ?? set[0]
    if (current === undefined) {
      current = range.start.value
    } else if (current === range.end.value) {
      index = (index + 1) % set.length
      range = set[index] ?? set[0]
      current = range.start.value
    } else {
      current++
    }
    if (start === undefined) start = current
    else if (current === start) return
    if (current !== range.gateway.value)
      yield { address: { family: range.subnet.family, value: current }, range }
  }
}
