import { isDeepStrictEqual } from 'node:util'
import { AddressSyntaxError } from '../net/address.ts'
import { compareCidrs } from '../net/cidr.ts'
import { type LedgerRecord, destinationKey } from '../reconciler/ledger/record.ts'
import {
  type RecordSource,
  nodeRouteName,
  recordOf,
  releaseAnnotation,
  specOf,
  statusOf,
} from '../reconciler/node-route/node-route.ts'
import { StateFileError } from './state-file-error.ts'

const apiVersion = 'podway.dev/v1alpha1'
const kind = 'RouteState'

/**
 * The records as JSON: each as a NodeRoute has it, sorted by destination, keys sorted, two blanks a level. The same
 * records give the same text, so that it diffs well.
 */
export function formatState(records: Iterable<LedgerRecord>): string {
  const sorted = [...records].sort((a, b) => compareCidrs(a.destination, b.destination))
  const state = { apiVersion, kind, routes: sorted.map(entryOf) }
  return `${JSON.stringify(state, withSortedKeys, 2)}\n`
}

/**
 * Reads what {@link formatState} wrote. Whatever would be lost when it is written again is an error: the file may be the
 * only record of whose routes they are. `path` is for the message. @throws StateFileError
 */
export function parseState(text: string, path: string): readonly LedgerRecord[] {
  const state = parseJson(text, path)
  if (!isObject(state) || state.kind !== kind || typeof state.apiVersion !== 'string')
    throw invalid(path, `it is no ${kind}`)
  if (state.apiVersion !== apiVersion) {
    throw new StateFileError('ERR_STATE_FILE_VERSION', path, {
      problem: `The state file is of ${state.apiVersion}, and this podway knows only ${apiVersion}`,
      remedy: 'Use the podway that wrote it, or a newer one.',
    })
  }
  if (!Array.isArray(state.routes)) throw invalid(path, 'it has no routes')
  const records = state.routes.map((entry: unknown, index) => readEntry(entry, `routes[${index}]`, path))
  const seen = new Set<string>()
  for (const { destination } of records) {
    const key = destinationKey(destination)
    if (seen.has(key)) throw invalid(path, `it has ${key} twice`)
    seen.add(key)
  }
  return records
}

/** As a NodeRoute, without what an API server adds. */
type Entry = RecordSource & { readonly metadata: { readonly name: string } }

function entryOf(record: LedgerRecord): Entry {
  const name = nodeRouteName(record.destination)
  const { released } = record
  return {
    metadata: released === undefined ? { name } : { name, annotations: { [releaseAnnotation]: released } },
    spec: { ...specOf(record), tables: [...record.tables].sort() },
    status: statusOf(record.states),
  }
}

function readEntry(entry: unknown, where: string, path: string): LedgerRecord {
  if (!isEntry(entry)) throw invalid(path, `${where} is not of a route's shape`)
  const record = readRecord(entry, where, path)
  if (!isDeepStrictEqual(entryOf(record), entry))
    throw invalid(path, `${where} says more, or in another way, than this podway would write back`)
  return record
}

function readRecord(entry: Entry, where: string, path: string): LedgerRecord {
  try {
    return recordOf(entry)
  } catch (error) {
    if (error instanceof AddressSyntaxError) throw invalid(path, `${where}: ${error.message}`)
    throw error
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw invalid(path, error instanceof Error ? error.message : 'no JSON')
  }
}

const invalid = (path: string, why: string): StateFileError =>
  new StateFileError('ERR_STATE_FILE_INVALID', path, {
    problem: `The state file can't be understood (${why})`,
    remedy:
      'Restore it from a backup, or move it away to begin anew: then every route counts as foreign until it is adopted.',
  })

type JsonObject = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const hasTexts = (value: unknown, ...keys: readonly string[]): value is JsonObject =>
  isObject(value) && keys.every((key) => typeof value[key] === 'string')

const isListOf = (value: unknown, is: (item: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(is)

const isTarget = (value: unknown): boolean => hasTexts(value, 'kind', 'id')

/** Only what reading it relies on: the rest is compared with what would be written. */
function isEntry(entry: unknown): entry is Entry {
  if (!isObject(entry)) return false
  const { metadata, spec, status } = entry
  return (
    hasTexts(metadata, 'name') &&
    (metadata.annotations === undefined || hasTexts(metadata.annotations, releaseAnnotation)) &&
    hasTexts(spec, 'destination') &&
    hasTexts(spec.node, 'name', 'uid') &&
    isTarget(spec.target) &&
    (spec.previousTargets === undefined || isListOf(spec.previousTargets, isTarget)) &&
    isListOf(spec.tables, (id) => typeof id === 'string') &&
    isObject(status) &&
    isListOf(status.tables, (table) => {
      return (
        hasTexts(table, 'id', 'state', 'reason', 'message', 'since') && typeof table.written === 'boolean'
      )
    })
  )
}

function withSortedKeys(_key: string, value: unknown): unknown {
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
