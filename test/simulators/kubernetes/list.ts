import type { JsonObject } from './json.ts'
import { apiVersionOf, collectionOf, inVersion, type ResourceType } from './resource-type.ts'
import { selectorsOf } from './selector.ts'
import {
  badRequest,
  expired,
  type FieldError,
  forbiddenField,
  invalid,
  tooLargeRevision,
  unsupportedField,
} from './status.ts'
import { CompactedError, type Entry, type Store } from './store.ts'

const CONTINUE_EXPIRED =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.'

interface ListOptions {
  readonly limit: number
  readonly continueFrom: ContinueToken | undefined
  readonly resourceVersion: string
  readonly match: string
}

interface ContinueToken {
  /** -1: go on from the newest state, consistency given up. */
  readonly revision: number
  readonly startKey: string
}

/**
 * Answers a list: pages of one snapshot by `limit` and `continue`, `resourceVersion` with `resourceVersionMatch`,
 * selectors.
 * @throws Refusal
 */
export function listObjects(
  store: Store,
  type: ResourceType,
  namespace: string,
  query: URLSearchParams,
): JsonObject {
  const options = readOptions(query)
  const predicate = selectorsOf(type, query)
  const revision = revisionToList(store, options)
  const entries = snapshot(store, type, revision, options).filter(
    ({ key, object }) =>
      (namespace === '' || key.startsWith(`${namespace}/`)) &&
      (predicate === undefined || predicate(object)) &&
      (options.continueFrom === undefined || key >= options.continueFrom.startKey),
  )
  const page = options.limit > 0 ? entries.slice(0, options.limit) : entries
  const remaining = entries.length - page.length
  const last = page.at(-1)
  const metadata = {
    resourceVersion: String(revision),
    ...(remaining > 0 && last !== undefined
      ? {
          continue: encodeContinue({ revision, startKey: `${last.key}\0` }),
          ...(predicate === undefined ? { remainingItemCount: remaining } : {}),
        }
      : {}),
  }
  return listOf(
    type,
    metadata,
    page.map((entry) => inVersion(type, entry.object)),
  )
}

/** Items of built-in lists carry neither kind nor apiVersion. */
export function listOf(type: ResourceType, metadata: JsonObject, objects: readonly JsonObject[]): JsonObject {
  const items =
    type.shape === undefined ? objects : objects.map(({ kind: _k, apiVersion: _a, ...item }) => item)
  return { kind: type.listKind, apiVersion: apiVersionOf(type), metadata, items }
}

function snapshot(
  store: Store,
  type: ResourceType,
  revision: number,
  options: ListOptions,
): readonly Entry[] {
  try {
    return store.list(collectionOf(type), revision)
  } catch (error) {
    if (!(error instanceof CompactedError)) throw error
    const from = options.continueFrom
    if (from === undefined) throw expired('The resourceVersion for the provided list is too old.')
    throw expired(CONTINUE_EXPIRED, encodeContinue({ ...from, revision: -1 }))
  }
}

function revisionToList(store: Store, options: ListOptions): number {
  if (options.continueFrom !== undefined) {
    return options.continueFrom.revision < 0 ? store.revision : options.continueFrom.revision
  }
  const wanted = options.resourceVersion === '' ? 0 : Number(options.resourceVersion)
  if (wanted > store.revision) throw tooLargeRevision(wanted, store.revision)
  const exact = options.match === 'Exact' || (options.match === '' && options.limit > 0 && wanted > 0)
  return exact ? wanted : store.revision
}

function readOptions(query: URLSearchParams): ListOptions {
  const resourceVersion = query.get('resourceVersion') ?? ''
  const match = query.get('resourceVersionMatch') ?? ''
  const token = query.get('continue') ?? ''
  const limit = integerIn(query, 'limit') ?? 0
  refuseContradictions(resourceVersion, match, token, query)
  if (!/^\d*$/.test(resourceVersion)) {
    throw badRequest(
      `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(resourceVersion)}: strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`,
    )
  }
  if (token !== '' && resourceVersion !== '' && resourceVersion !== '0')
    throw badRequest('specifying resource version is not allowed when using continue')
  return {
    // "Anything will do" is answered from the watch cache, which does not page.
    limit: resourceVersion === '0' && token === '' ? 0 : limit,
    continueFrom: token === '' ? undefined : decodeContinue(token),
    resourceVersion,
    match,
  }
}

function refuseContradictions(
  resourceVersion: string,
  match: string,
  token: string,
  query: URLSearchParams,
): void {
  const errors: FieldError[] = []
  if (match !== '') {
    const field = 'resourceVersionMatch'
    if (resourceVersion === '')
      errors.push(forbiddenField(field, `${field} is forbidden unless resourceVersion is provided`))
    if (token !== '') errors.push(forbiddenField(field, `${field} is forbidden when continue is provided`))
    if (match !== 'Exact' && match !== 'NotOlderThan')
      errors.push(unsupportedField(field, match, ['Exact', 'NotOlderThan', '']))
    if (match === 'Exact' && resourceVersion === '0')
      errors.push(forbiddenField(field, `${field} "exact" is forbidden for resourceVersion "0"`))
  }
  if (query.has('sendInitialEvents'))
    errors.push(forbiddenField('sendInitialEvents', 'sendInitialEvents is forbidden for list'))
  if (errors.length > 0) throw invalidOptions(errors)
}

export const invalidOptions = (errors: readonly FieldError[]): Error =>
  invalid({ group: 'meta.k8s.io', name: 'ListOptions' }, '', errors)

/** @throws Refusal 400 */
export function integerIn(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name)
  if (value === null || value === '') return undefined
  if (!/^-?\d+$/.test(value))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`)
  return Number(value)
}

function encodeContinue(token: ContinueToken): string {
  const content = { v: 'meta.k8s.io/v1', rv: token.revision, start: `/${token.startKey}` }
  return Buffer.from(JSON.stringify(content)).toString('base64url')
}

function decodeContinue(token: string): ContinueToken {
  try {
    const content = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as Readonly<
      Record<string, unknown>
    >
    const { v, rv, start } = content
    if (v === 'meta.k8s.io/v1' && typeof rv === 'number' && rv !== 0 && typeof start === 'string')
      return { revision: rv, startKey: start.replace(/^\//, '') }
  } catch {
    // Refused below.
  }
  throw badRequest('invalid continue token: continue key is not valid')
}
