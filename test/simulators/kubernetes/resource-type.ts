import { frozen, type JsonObject } from './json.ts'
import type { NameRule } from './object-meta.ts'
import type { Decoded, StructShape } from './shape.ts'
import type { FieldError, QualifiedName } from './status.ts'

/** One served resource: its names, what it can do, and the rules for its objects. All functions are pure. */
export interface ResourceType {
  /** '' for the core group. */
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly singular: string
  readonly kind: string
  readonly listKind: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly namespaced: boolean
  readonly hasStatus: boolean
  /** A PUT without resourceVersion overwrites whatever is there. */
  readonly unconditionalUpdate: boolean
  /** A PUT to a name that does not exist creates the object. */
  readonly createOnUpdate: boolean
  readonly nameRule: NameRule
  /** For strategic merge patches; custom resources have none and refuse them. */
  readonly shape: StructShape | undefined
  /** The body in the form in which it is stored. @throws DecodeError */
  readonly decode: (body: JsonObject) => Decoded
  readonly prepareCreate: (object: JsonObject) => JsonObject
  readonly prepareUpdate: (object: JsonObject, old: JsonObject) => JsonObject
  /** For a write to /status. */
  readonly prepareStatusUpdate: (object: JsonObject, old: JsonObject) => JsonObject
  /** `old` is undefined on create. */
  readonly validate: (
    object: JsonObject,
    old: JsonObject | undefined,
    target: WriteTarget,
  ) => readonly FieldError[]
  /**
   * The members that a field selector may ask for besides metadata.name and metadata.namespace, of an object as it is
   * stored.
   */
  readonly selectableFields: (object: JsonObject) => Readonly<Record<string, string>>
  /** For a type that shows the objects of another in a form of its own. */
  readonly storage?: {
    readonly collection: string
    readonly write: (object: JsonObject) => JsonObject
    readonly read: (stored: JsonObject) => JsonObject
  }
  /** What complaints about fields call an object, if not by the type's group and kind. */
  readonly errorKind?: QualifiedName
}

export type WriteTarget = 'main' | 'status'

/** Where its objects are stored. */
export const collectionOf = (type: ResourceType): string =>
  type.storage?.collection ?? (type.group === '' ? type.plural : `${type.group}/${type.plural}`)

export const apiVersionOf = (type: ResourceType): string =>
  type.group === '' ? type.version : `${type.group}/${type.version}`

export const resourceName = (type: ResourceType): QualifiedName => ({ group: type.group, name: type.plural })

export const kindName = (type: ResourceType): QualifiedName => ({ group: type.group, name: type.kind })

export const errorKindName = (type: ResourceType): QualifiedName => type.errorKind ?? kindName(type)

/** Objects are stored once for all versions of their type. */
export function inVersion(type: ResourceType, stored: JsonObject): JsonObject {
  const object = type.storage?.read(stored) ?? stored
  const apiVersion = apiVersionOf(type)
  return object.apiVersion === apiVersion ? object : frozen({ ...object, apiVersion })
}

/** An object of the type in the form in which it is stored. */
export const asStored = (type: ResourceType, object: JsonObject): JsonObject =>
  type.storage?.write(object) ?? object
