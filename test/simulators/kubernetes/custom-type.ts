import {
  isObject,
  type Json,
  type JsonObject,
  listAt,
  objectAt,
  sameJson,
  textAt,
  textsAt,
  valueAt,
  withMember,
} from './json.ts'
import { generationOf, objectMeta, withMetadata } from './object-meta.ts'
import type { ResourceType } from './resource-type.ts'
import { decode, DecodeError, type Decoded, struct, omitEmpty, text, always } from './shape.ts'
import { prune, type Schema, validate, withDefaults } from './structural-schema.ts'

const head = struct({ apiVersion: omitEmpty(text), kind: omitEmpty(text), metadata: always(objectMeta) })

/**
 * The resources that a CustomResourceDefinition makes the API server serve, one for each served version. Conversion
 * between versions changes nothing but `apiVersion` (strategy None).
 */
export function customTypes(definition: JsonObject): readonly ResourceType[] {
  return listAt(definition, 'spec', 'versions')
    .filter(isObject)
    .filter((version) => valueAt(version, 'served') === true)
    .map((version) => customType(objectAt(definition, 'spec'), version))
}

function customType(spec: JsonObject, version: JsonObject): ResourceType {
  const names = objectAt(spec, 'names')
  const schema = objectAt(version, 'schema', 'openAPIV3Schema')
  const hasStatus = valueAt(version, 'subresources', 'status') !== undefined
  const selectable = listAt(version, 'selectableFields').map((field) =>
    textAt(field, 'jsonPath').replace(/^\./, ''),
  )
  return {
    group: textAt(spec, 'group'),
    version: textAt(version, 'name'),
    plural: textAt(names, 'plural'),
    singular: textAt(names, 'singular'),
    kind: textAt(names, 'kind'),
    listKind: textAt(names, 'listKind'),
    shortNames: textsAt(names, 'shortNames'),
    categories: textsAt(names, 'categories'),
    namespaced: textAt(spec, 'scope') === 'Namespaced',
    hasStatus,
    unconditionalUpdate: false,
    createOnUpdate: false,
    nameRule: 'subdomain',
    shape: undefined,
    decode: (body) => decodeCustom(schema, body),
    prepareCreate: (object) =>
      withMetadata(hasStatus ? withMember(object, 'status', undefined) : object, { generation: 1 }),
    prepareUpdate: (object, old) => prepareUpdate(object, old, hasStatus),
    prepareStatusUpdate: (object, old) => withMember(old, 'status', valueAt(object, 'status')),
    validate: (object) => validate(schema, withMember(object, 'metadata', undefined), ''),
    selectableFields: (object) =>
      Object.fromEntries(selectable.map((path) => [path, printed(valueAt(object, ...path.split('.')))])),
  }
}

const printed = (value: Json | undefined): string =>
  value === undefined || value === null || typeof value === 'object' ? '' : String(value)

function decodeCustom(schema: Schema, body: JsonObject): Decoded {
  if (textAt(body, 'kind') === '')
    throw new DecodeError(`Object 'Kind' is missing in '${JSON.stringify(body)}'`)
  const { object: known } = decode(head, {
    apiVersion: body.apiVersion ?? null,
    kind: body.kind ?? null,
    metadata: body.metadata ?? null,
  })
  const unknown: string[] = []
  const { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, ...rest } = body
  const pruned = prune(schema, rest, '', unknown)
  const own = withDefaults(schema, pruned)
  return { object: { ...known, ...(isObject(own) ? own : {}) }, unknown }
}

function prepareUpdate(object: JsonObject, old: JsonObject, hasStatus: boolean): JsonObject {
  const kept = hasStatus ? withMember(object, 'status', valueAt(old, 'status')) : object
  const content = (of: JsonObject): JsonObject => withMember(of, 'metadata', undefined)
  const changed = !sameJson(content(kept), content(old))
  return withMetadata(kept, { generation: generationOf(old) + (changed ? 1 : 0) })
}
