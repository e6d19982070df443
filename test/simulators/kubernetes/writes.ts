import { frozen, type JsonObject, textAt, valueAt } from './json.ts'
import {
  finalizersOf,
  generationOf,
  isBeingDeleted,
  nameOf,
  namespaceOf,
  revisionOf,
  validateMetadata,
  withMetadata,
} from './object-meta.ts'
import {
  asStored,
  collectionOf,
  errorKindName,
  inVersion,
  resourceName,
  type ResourceType,
  type WriteTarget,
} from './resource-type.ts'
import {
  alreadyExists,
  badRequest,
  conflict,
  failure,
  invalid,
  invalidField,
  notFound,
  Refusal,
  staleWrite,
} from './status.ts'
import type { Store } from './store.ts'
import { type BodyContext, decodeBody, patchedObject } from './write-body.ts'

/** What a write needs to know besides the object. */
export interface WriteContext extends BodyContext {
  readonly store: Store
  readonly namespace: string
  readonly now: number
  readonly dryRun: boolean
  readonly nextUid: () => string
  readonly nextSuffix: () => string
}

export interface WriteResult {
  readonly status: 200 | 201
  readonly object: JsonObject
}

export const keyOf = (type: ResourceType, namespace: string, name: string): string =>
  type.namespaced ? `${namespace}/${name}` : name

export const timestamp = (now: number): string => `${new Date(now).toISOString().slice(0, 19)}Z`

export function readObject(store: Store, type: ResourceType, namespace: string, name: string): JsonObject {
  const object = store.read(collectionOf(type), keyOf(type, namespace, name))
  if (object === undefined) throw notFound(resourceName(type), name)
  return inVersion(type, object)
}

/** POST. @throws Refusal */
export function createObject(context: WriteContext, body: string): WriteResult {
  return insert(context, decodeBody(context, body))
}

function insert(context: WriteContext, decoded: JsonObject): WriteResult {
  const { store, type, now } = context
  refuseOtherNamespace(context, decoded)
  const generateName = textAt(decoded, 'metadata', 'generateName')
  const generated = nameOf(decoded) === '' && generateName !== ''
  const name = generated ? generateName.slice(0, 58) + context.nextSuffix() : nameOf(decoded)
  if (type.namespaced) refuseMissingNamespace(context, name)
  const prepared = type.prepareCreate(
    withMetadata(decoded, {
      ...(name === '' ? {} : { name }),
      namespace: type.namespaced ? context.namespace : undefined,
      uid: context.nextUid(),
      creationTimestamp: timestamp(now),
      deletionTimestamp: undefined,
      deletionGracePeriodSeconds: undefined,
      generation: undefined,
    }),
  )
  const errors = [
    ...type.validate(prepared, undefined, 'main'),
    ...validateMetadata(prepared, undefined, type.nameRule),
  ]
  if (errors.length > 0) throw invalid(errorKindName(type), name, errors)
  if (revisionOf(prepared) !== 0) {
    const message = 'resourceVersion should not be set on objects to be created'
    throw new Refusal(failure(500, '', message), 500)
  }
  const key = keyOf(type, context.namespace, name)
  const existing = store.read(collectionOf(type), key)
  if (existing !== undefined) {
    const prefix = isBeingDeleted(existing) ? 'object is being deleted: ' : ''
    throw alreadyExists(resourceName(type), name, prefix)
  }
  if (context.dryRun) return { status: 201, object: frozen(prepared) }
  const stored = store.create(collectionOf(type), key, asStored(type, prepared))
  return { status: 201, object: inVersion(type, stored) }
}

/** PUT. @throws Refusal */
export function updateObject(
  context: WriteContext,
  name: string,
  target: WriteTarget,
  body: string,
): WriteResult {
  const { store, type } = context
  const object = decodeBody(context, body)
  refuseOtherNamespace(context, object)
  refuseOtherName(object, name)
  const key = keyOf(type, context.namespace, name)
  const old = store.read(collectionOf(type), key)
  const uid = textAt(object, 'metadata', 'uid')
  if (old === undefined && !type.createOnUpdate) throw notFound(resourceName(type), name)
  const oldUid = textAt(old, 'metadata', 'uid')
  if (uid !== '' && uid !== oldUid) {
    throw conflict(
      resourceName(type),
      name,
      `StorageError: invalid object, Code: 4, Key: /registry/${collectionOf(type)}/${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${oldUid}`,
    )
  }
  if (old === undefined) return insert(context, withMetadata(object, { resourceVersion: undefined }))
  return { status: 200, object: replace(context, name, target, inVersion(type, old), object) }
}

/** PATCH. Server-side apply is not simulated and refused as an unknown media type. @throws Refusal */
export function patchObject(
  context: WriteContext,
  name: string,
  target: WriteTarget,
  contentType: string,
  body: string,
): WriteResult {
  const { store, type } = context
  const stored = store.read(collectionOf(type), keyOf(type, context.namespace, name))
  if (stored === undefined) throw notFound(resourceName(type), name)
  const old = inVersion(type, stored)
  const object = patchedObject(context, contentType, body, old)
  refuseOtherNamespace(context, object)
  refuseOtherName(object, name)
  return { status: 200, object: replace(context, name, target, old, object) }
}

/** What PUT and PATCH share: the checks of versions, the rules of the type, finalizers, the commit. */
function replace(
  context: WriteContext,
  name: string,
  target: WriteTarget,
  old: JsonObject,
  object: JsonObject,
): JsonObject {
  const { store, type } = context
  const revision = revisionOf(object)
  if (Number.isNaN(revision)) {
    const given = JSON.stringify(textAt(object, 'metadata', 'resourceVersion'))
    throw new Refusal(failure(500, '', `strconv.ParseUint: parsing ${given}: invalid syntax`), 500)
  }
  if (revision === 0 && !type.unconditionalUpdate) {
    throw invalid(resourceName(type), name, [
      invalidField('metadata.resourceVersion', 0, 'must be specified for an update'),
    ])
  }
  if (revision !== 0 && revision !== revisionOf(old)) throw staleWrite(resourceName(type), name)
  const kept = withMetadata(object, {
    uid: textAt(object, 'metadata', 'uid') || textAt(old, 'metadata', 'uid'),
    namespace: namespaceOf(old) || undefined,
    creationTimestamp: valueAt(old, 'metadata', 'creationTimestamp'),
    deletionTimestamp: valueAt(old, 'metadata', 'deletionTimestamp'),
    deletionGracePeriodSeconds: valueAt(old, 'metadata', 'deletionGracePeriodSeconds'),
    generation: generationOf(old) || undefined,
    resourceVersion: textAt(old, 'metadata', 'resourceVersion'),
  })
  const prepared = target === 'status' ? type.prepareStatusUpdate(kept, old) : type.prepareUpdate(kept, old)
  const errors = [...type.validate(prepared, old, target), ...validateMetadata(prepared, old, type.nameRule)]
  if (errors.length > 0) throw invalid(errorKindName(type), name, errors)
  if (context.dryRun) return frozen(prepared)
  const key = keyOf(type, context.namespace, name)
  if (isBeingDeleted(old) && finalizersOf(prepared).length === 0) {
    store.delete(collectionOf(type), key)
    return frozen(prepared)
  }
  return inVersion(type, store.update(collectionOf(type), key, asStored(type, prepared)))
}

function refuseOtherNamespace(context: WriteContext, object: JsonObject): void {
  const given = namespaceOf(object)
  const expected = context.type.namespaced ? context.namespace : ''
  if (given !== '' && given !== expected)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
}

function refuseOtherName(object: JsonObject, name: string): void {
  if (nameOf(object) !== name) {
    throw badRequest(
      `the name of the object (${nameOf(object)}) does not match the name on the URL (${name})`,
    )
  }
}

function refuseMissingNamespace(context: WriteContext, name: string): void {
  const { store, type, namespace } = context
  const found = store.read('namespaces', namespace)
  if (found === undefined) throw notFound({ group: '', name: 'namespaces' }, namespace)
  if (!isBeingDeleted(found)) return
  const group = type.group === '' ? '' : `.${type.group}`
  const status = failure(
    403,
    'Forbidden',
    `${type.plural}${group} ${JSON.stringify(name)} is forbidden: unable to create new content in namespace ${namespace} because it is being terminated`,
    {
      name,
      ...(type.group === '' ? {} : { group: type.group }),
      kind: type.plural,
      causes: [
        {
          reason: 'NamespaceTerminating',
          message: `namespace ${namespace} is being terminated`,
          field: 'metadata.namespace',
        },
      ],
    },
  )
  throw new Refusal(status, 403)
}
