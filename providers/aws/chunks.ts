/**
 * How many values one filter of a Describe call gets from us. EC2 takes 200; half of that keeps the answer, which the SDK
 * parses without yielding, to some 25 ms of CPU for instances.
 */
export const maxFilterValues = 100

/** The items in order, in arrays of at most `size`; none for no items. */
export function chunks<T>(items: readonly T[], size: number): T[][] {
  const result: T[][] = []
  for (let start = 0; start < items.length; start += size) result.push(items.slice(start, start + size))
  return result
}
