import { type Cidr, cidrAround, compareCidrs, containsCidr, equalCidrs, firstAddress } from './cidr.ts'

/**
 * The same addresses in as few ranges as can be, in the order of {@link compareCidrs}: none contains another, and no two
 * are the halves of one. So equal sets of addresses give equal lists, and a range lies in the set exactly if one of the
 * list contains it.
 */
export function aggregate(cidrs: readonly Cidr[]): readonly Cidr[] {
  const result: Cidr[] = []
  for (const cidr of [...cidrs].sort(compareCidrs)) {
    const last = result.at(-1)
    if (last !== undefined && containsCidr(last, cidr)) continue
    let range = cidr
    // A pair that becomes one may be the lower or the upper half of the next.
    for (
      let whole = wholeOf(result.at(-1), range);
      whole !== undefined;
      whole = wholeOf(result.at(-1), range)
    ) {
      result.pop()
      range = whole
    }
    result.push(range)
  }
  return result
}

/** The range of which these are the lower and the upper half. */
function wholeOf(low: Cidr | undefined, high: Cidr): Cidr | undefined {
  if (low?.prefixLength !== high.prefixLength || low.family !== high.family || equalCidrs(low, high))
    return undefined
  if (low.prefixLength === 0) return undefined
  const whole = cidrAround(firstAddress(low), low.prefixLength - 1)
  return containsCidr(whole, high) ? whole : undefined
}
