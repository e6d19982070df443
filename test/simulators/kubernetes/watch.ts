import type { JsonObject } from './json.ts'
import { integerIn, invalidOptions } from './list.ts'
import { withMetadata } from './object-meta.ts'
import { apiVersionOf, collectionOf, inVersion, type ResourceType } from './resource-type.ts'
import { type Predicate, selectorsOf } from './selector.ts'
import { decode } from './shape.ts'
import { failure, type FieldError, forbiddenField, Refusal } from './status.ts'
import { CompactedError, type Store, type StoreEvent } from './store.ts'
import { WatchStream } from './watch-stream.ts'

/** A running watch, from the outside. */
export interface OpenWatch {
  readonly wantsBookmarks: boolean
  /** 0: for ever. */
  readonly timeoutSeconds: number
  readonly stream: WatchStream
  readonly bookmark: () => void
  /** Ends it as the API server ends a watch whose place in history is gone. */
  readonly expire: () => void
}

interface WatchOptions {
  readonly resourceVersion: string
  readonly bookmarks: boolean
  /** undefined: as the resourceVersion says. */
  readonly initialEvents: boolean | undefined
  readonly timeoutSeconds: number
}

/**
 * Opens a watch: first what the options ask for of the present or of history, then every change as it happens, until
 * the stream ends. A resourceVersion that is compacted gives one ERROR event inside an otherwise successful answer.
 * @throws Refusal
 */
export function openWatch(
  store: Store,
  type: ResourceType,
  namespace: string,
  query: URLSearchParams,
): OpenWatch {
  const options = readOptions(query)
  const predicate = selectorsOf(type, query)
  const stream = new WatchStream()
  const wants = (key: string): boolean => namespace === '' || key.startsWith(`${namespace}/`)
  const bookmark = (annotations?: JsonObject): void => stream.push(bookmarkLine(type, store, annotations))
  const expire = (message: string): void => {
    stream.push(watchLine('ERROR', failure(410, 'Expired', message)))
    stream.end()
  }
  // A watch from a revision that is still to come hears only what is after it.
  const floor = Number(options.resourceVersion)
  const forward = (event: StoreEvent): void => {
    if (event.collection !== collectionOf(type) || !wants(event.key) || event.revision <= floor) return
    const change = changeFor(event, predicate)
    if (change !== undefined) stream.push(watchLine(change.type, inVersion(type, change.object)))
  }
  try {
    // A watch from "anything" is one that wants initial events, whether it says so or not.
    if (options.initialEvents ?? floor === 0) {
      for (const { key, object } of store.list(collectionOf(type))) {
        if (wants(key) && (predicate === undefined || predicate(object)))
          stream.push(watchLine('ADDED', inVersion(type, object)))
      }
      if (options.bookmarks) bookmark({ 'k8s.io/initial-events-end': 'true' })
    } else if (floor > 0) {
      for (const event of store.since(collectionOf(type), floor)) forward(event)
    }
    stream.onEnd(store.listen(forward))
  } catch (error) {
    if (!(error instanceof CompactedError)) throw error
    expire(`too old resource version: ${floor} (${error.compactedAt})`)
  }
  return {
    wantsBookmarks: options.bookmarks,
    timeoutSeconds: options.timeoutSeconds,
    stream,
    bookmark: () => bookmark(),
    expire: () => expire('The resourceVersion for the provided watch is too old.'),
  }
}

function bookmarkLine(type: ResourceType, store: Store, annotations: JsonObject | undefined): string {
  const resourceVersion = String(store.revision)
  const metadata = { resourceVersion, ...(annotations === undefined ? {} : { annotations }) }
  const object = { kind: type.kind, apiVersion: apiVersionOf(type), metadata }
  // A built-in bookmark is the type's zero value, with all the members that are never left out.
  return watchLine('BOOKMARK', type.shape === undefined ? object : decode(type.shape, object).object)
}

/** An object that a change moves into or out of the selection is reported as added or deleted. */
function changeFor(
  event: StoreEvent,
  predicate: Predicate | undefined,
): Pick<StoreEvent, 'type' | 'object'> | undefined {
  const { type, object, previous, revision } = event
  if (predicate === undefined) return { type, object }
  const was = previous !== undefined && predicate(previous)
  if (type !== 'DELETED' && predicate(object)) return { type: was ? 'MODIFIED' : 'ADDED', object }
  if (!was) return undefined
  return { type: 'DELETED', object: withMetadata(previous, { resourceVersion: String(revision) }) }
}

const watchLine = (type: string, object: JsonObject): string => `${JSON.stringify({ type, object })}\n`

function readOptions(query: URLSearchParams): WatchOptions {
  const resourceVersion = query.get('resourceVersion') ?? ''
  if (!/^\d*$/.test(resourceVersion)) {
    const shown = JSON.stringify(resourceVersion)
    const message = `resourceVersion: Invalid value: ${shown}: strconv.ParseUint: parsing ${shown}: invalid syntax`
    throw new Refusal(failure(500, '', message), 500)
  }
  const match = query.get('resourceVersionMatch') ?? ''
  const initial = query.get('sendInitialEvents')
  const errors: FieldError[] = []
  const field = 'resourceVersionMatch'
  if (initial !== null && match !== 'NotOlderThan')
    errors.push(forbiddenField(field, `sendInitialEvents requires setting ${field} to NotOlderThan`))
  if (initial === null && match !== '')
    errors.push(forbiddenField(field, `${field} is forbidden for watch unless sendInitialEvents is provided`))
  if (errors.length > 0) throw invalidOptions(errors)
  return {
    resourceVersion,
    bookmarks: isTrue(query.get('allowWatchBookmarks')),
    initialEvents: initial === null ? undefined : isTrue(initial),
    timeoutSeconds: integerIn(query, 'timeoutSeconds') ?? 0,
  }
}

const isTrue = (value: string | null): boolean => value !== null && value !== 'false' && value !== '0'
