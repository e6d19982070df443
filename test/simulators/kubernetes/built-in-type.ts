import { type JsonObject, objectAt, valueAt, withMember } from './json.ts'
import type { ResourceType } from './resource-type.ts'
import { decode, type StructShape } from './shape.ts'

type Rules = Pick<ResourceType, 'version' | 'plural' | 'kind' | 'namespaced'> & {
  readonly shape: StructShape
} & Partial<ResourceType>

/** A resource type compiled into the API server, with what most of them share as the default. */
export function builtInType(rules: Rules): ResourceType {
  return {
    group: '',
    singular: rules.kind.toLowerCase(),
    listKind: `${rules.kind}List`,
    shortNames: [],
    categories: [],
    hasStatus: false,
    unconditionalUpdate: true,
    createOnUpdate: false,
    nameRule: 'subdomain',
    decode: (body) => decode(rules.shape, body),
    prepareCreate: (object) => object,
    prepareUpdate: rules.hasStatus === true ? keepStatus : (object) => object,
    prepareStatusUpdate: keepSpec,
    validate: () => [],
    selectableFields: () => ({}),
    ...rules,
  }
}

const keepStatus = (object: JsonObject, old: JsonObject): JsonObject =>
  withMember(object, 'status', valueAt(old, 'status'))

const keepSpec = (object: JsonObject, old: JsonObject): JsonObject => ({
  ...object,
  spec: objectAt(old, 'spec'),
})
