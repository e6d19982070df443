import { Ec2Error, missingParameter } from './errors.ts'
import type { Parameters } from './parameters.ts'
import type { State } from './state.ts'

export const FILTER_PARAMETERS = ['Filter.#.Name', 'Filter.#.Value.#'] as const

/** The values that a record has under each filter name. */
export type FilterTable<T> = Readonly<Record<string, (record: T) => readonly (string | undefined)[]>>

/** A request may name this many values in all its filters together. */
const MAX_VALUES = 200

/**
 * The records that pass all filters of the request; a filter passes if one of its values fits one of the record's.
 * `tag:KEY` and `tag-key` work for every kind.
 *
 * @throws Ec2Error InvalidParameterValue for a filter that the call does not have, FilterLimitExceeded over 200 values
 */
export function filterRecords<T>(
  records: readonly T[],
  parameters: Parameters,
  table: FilterTable<T>,
  tags: { readonly state: State; readonly idOf: (record: T) => string },
): readonly T[] {
  const filters = parameters.structures('Filter').map((filter) => ({
    name: filter.required('Name'),
    values: filter.list('Value'),
  }))
  if (filters.reduce((count, { values }) => count + values.length, 0) > MAX_VALUES)
    throw new Ec2Error(
      'FilterLimitExceeded',
      `The maximum number of filter values specified on a single call is ${MAX_VALUES}`,
    )
  const tests = filters.map(({ name, values }) => {
    if (values.length === 0) throw missingParameter('Filter.Value')
    const wanted = values.map(wildcard)
    const read = reader(name, table, tags)
    return (record: T): boolean =>
      read(record).some((value) => value !== undefined && wanted.some((pattern) => pattern.test(value)))
  })
  return records.filter((record) => tests.every((test) => test(record)))
}

function reader<T>(
  name: string,
  table: FilterTable<T>,
  { state, idOf }: { readonly state: State; readonly idOf: (record: T) => string },
): (record: T) => readonly (string | undefined)[] {
  if (name === 'tag-key') return (record) => [...(state.tags.get(idOf(record))?.keys() ?? [])]
  if (name.startsWith('tag:')) {
    const key = name.slice('tag:'.length)
    return (record) => [state.tags.get(idOf(record))?.get(key)]
  }
  const read = Object.hasOwn(table, name) ? table[name] : undefined
  if (read === undefined) throw new Ec2Error('InvalidParameterValue', `The filter '${name}' is invalid`)
  return read
}

/** `*` is any text, `?` any one character; a backslash takes their meaning away. Case counts. */
function wildcard(pattern: string): RegExp {
  const source = pattern.replaceAll(
    /\\([*?\\])|[\\^$.*+?()[\]{}|]/g,
    (found, escaped: string | undefined) => {
      if (escaped !== undefined) return `\\${escaped}`
      return found === '*' ? '.*' : found === '?' ? '.' : `\\${found}`
    },
  )
  return new RegExp(`^${source}$`, 's')
}
