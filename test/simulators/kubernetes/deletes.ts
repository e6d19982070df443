import { isObject, type Json, type JsonObject, objectAt, textAt, withMember } from './json.ts'
import { listOf } from './list.ts'
import {
  finalizersOf,
  generationOf,
  isBeingDeleted,
  nameOf,
  namespaceOf,
  withMetadata,
} from './object-meta.ts'
import { collectionOf, inVersion, kindName, resourceName, type ResourceType } from './resource-type.ts'
import { selectorsOf } from './selector.ts'
import { badRequest, conflict, notFound } from './status.ts'
import type { Store } from './store.ts'
import { keyOf, timestamp } from './writes.ts'

export interface DeleteContext {
  readonly store: Store
  readonly type: ResourceType
  readonly namespace: string
  readonly now: number
  readonly dryRun: boolean
}

/**
 * DELETE of one object. An object with finalizers is only marked, and goes when its last finalizer is removed; the
 * answer is then the object, else a Status. No garbage collector runs, so that `propagationPolicy` changes nothing.
 * @throws Refusal
 */
export function deleteObject(context: DeleteContext, name: string, body: string): JsonObject {
  const { store, type } = context
  const key = keyOf(type, context.namespace, name)
  const old = store.read(collectionOf(type), key)
  if (old === undefined) throw notFound(resourceName(type), name)
  checkPreconditions(type, old, readPreconditions(body))
  if (!context.dryRun) {
    const marked = removeOrMark(store, type, key, old, context.now)
    if (marked !== undefined) return inVersion(type, marked)
  }
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name,
      ...(type.group === '' ? {} : { group: type.group }),
      kind: type.plural,
      uid: textAt(old, 'metadata', 'uid'),
    },
  }
}

/** DELETE of a collection: everything that the selectors choose. Answers what was there. */
export function deleteCollection(context: DeleteContext, query: URLSearchParams): JsonObject {
  const { store, type, namespace } = context
  const predicate = selectorsOf(type, query)
  const chosen = store
    .list(collectionOf(type))
    .filter(
      ({ object }) =>
        (namespace === '' || namespaceOf(object) === namespace) && (predicate?.(object) ?? true),
    )
  const metadata = { resourceVersion: String(store.revision) }
  if (!context.dryRun) {
    for (const { key, object } of chosen) removeOrMark(store, type, key, object, context.now)
  }
  return listOf(
    type,
    metadata,
    chosen.map((entry) => inVersion(type, entry.object)),
  )
}

/** The marked object, or undefined if it is gone. */
export function removeOrMark(
  store: Store,
  type: ResourceType,
  key: string,
  old: JsonObject,
  now: number,
): JsonObject | undefined {
  const terminating = type.plural === 'namespaces' && type.group === ''
  if (finalizersOf(old).length === 0 && !terminating) {
    store.delete(collectionOf(type), key)
    return undefined
  }
  if (isBeingDeleted(old)) return old
  const generation = generationOf(old)
  const marked = withMetadata(old, {
    deletionTimestamp: timestamp(now),
    ...(terminating ? {} : { deletionGracePeriodSeconds: 0 }),
    ...(generation > 0 ? { generation: generation + 1 } : {}),
  })
  const status = { ...objectAt(old, 'status'), phase: 'Terminating' }
  return store.update(collectionOf(type), key, terminating ? withMember(marked, 'status', status) : marked)
}

function readPreconditions(body: string): JsonObject {
  if (body === '') return {}
  try {
    const options = JSON.parse(body) as Json
    if (isObject(options)) return objectAt(options, 'preconditions')
  } catch {
    // Refused below.
  }
  throw badRequest("couldn't get version/kind; json parse error")
}

function checkPreconditions(type: ResourceType, old: JsonObject, preconditions: JsonObject): void {
  const uid = textAt(old, 'metadata', 'uid')
  const wantedUid = textAt(preconditions, 'uid')
  if (wantedUid !== '' && wantedUid !== uid) {
    throw conflict(
      kindName(type),
      nameOf(old),
      `the UID in the precondition (${wantedUid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    )
  }
  const revision = textAt(old, 'metadata', 'resourceVersion')
  const wantedRevision = textAt(preconditions, 'resourceVersion')
  if (wantedRevision !== '' && wantedRevision !== revision) {
    throw conflict(
      kindName(type),
      nameOf(old),
      `the ResourceVersion in the precondition (${wantedRevision}) does not match the ResourceVersion in record (${revision}). The object might have been modified`,
    )
  }
}
