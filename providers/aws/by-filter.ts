import type { Filter } from '@aws-sdk/client-ec2'
import { chunks, maxFilterValues } from './chunks.ts'

/**
 * What the filter finds, by one reading for each hundred of its values; none for no values. An unknown value is merely
 * absent from the answer: as an argument it would fail the call for all. `others` must pass as well.
 */
export async function byFilter<T>(
  name: string,
  values: readonly string[],
  read: (filters: Filter[]) => Promise<readonly T[]>,
  others: readonly Filter[] = [],
): Promise<readonly T[]> {
  const found: T[] = []
  for (const Values of chunks([...new Set(values)], maxFilterValues))
    found.push(...(await read([{ Name: name, Values }, ...others])))
  return found
}
