import { builtInType } from './built-in-type.ts'
import { type JsonObject, listAt, objectAt, sameJson, textAt, valueAt } from './json.ts'
import { generationOf, nameOf, typeMeta, withMetadata } from './object-meta.ts'
import type { ResourceType } from './resource-type.ts'
import { always, any, type Decoded, decode, listOf, omitEmpty, struct, text } from './shape.ts'
import { type FieldError, invalidField, requiredField, unsupportedField } from './status.ts'

const shape = struct({
  ...typeMeta,
  spec: always(
    struct({
      group: always(text),
      names: always(
        struct({
          plural: always(text),
          singular: omitEmpty(text),
          shortNames: omitEmpty(listOf(text)),
          kind: always(text),
          listKind: omitEmpty(text),
          categories: omitEmpty(listOf(text)),
        }),
      ),
      scope: always(text),
      versions: always(listOf(any)),
      conversion: omitEmpty(any),
      preserveUnknownFields: omitEmpty(any),
    }),
  ),
  status: always(any),
})

/** CustomResourceDefinition of apiextensions.k8s.io/v1. */
export const customResourceDefinitionType: ResourceType = builtInType({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  namespaced: false,
  hasStatus: true,
  unconditionalUpdate: false,
  shape,
  decode: decodeDefinition,
  prepareCreate: (definition) =>
    withMetadata(
      { ...definition, status: {} },
      // In the API server the finalizer comes with the deletion; nobody can tell the difference.
      { generation: 1, finalizers: ['customresourcecleanup.apiextensions.k8s.io'] },
    ),
  prepareUpdate: (definition, old) => {
    const changed = !sameJson(valueAt(definition, 'spec'), valueAt(old, 'spec'))
    return withMetadata(
      { ...definition, status: valueAt(old, 'status') ?? {} },
      { generation: generationOf(old) + (changed ? 1 : 0) },
    )
  },
  validate,
})

function decodeDefinition(body: JsonObject): Decoded {
  const { object, unknown } = decode(shape, body)
  const spec = objectAt(object, 'spec')
  const names = objectAt(spec, 'names')
  const kind = textAt(names, 'kind')
  const defaulted = {
    ...names,
    singular: textAt(names, 'singular') || kind.toLowerCase(),
    listKind: textAt(names, 'listKind') || `${kind}List`,
  }
  const conversion = valueAt(spec, 'conversion') ?? { strategy: 'None' }
  return { object: { ...object, spec: { ...spec, names: defaulted, conversion } }, unknown }
}

function validate(definition: JsonObject, old: JsonObject | undefined): FieldError[] {
  const spec = objectAt(definition, 'spec')
  const group = textAt(spec, 'group')
  const plural = textAt(spec, 'names', 'plural')
  const errors: FieldError[] = []
  const expected = `${plural}.${group}`
  if (nameOf(definition) !== expected)
    errors.push(invalidField('metadata.name', nameOf(definition), `must be spec.names.plural+"."+spec.group`))
  if (group === '') errors.push(requiredField('spec.group'))
  else if (!group.includes('.'))
    errors.push(invalidField('spec.group', group, 'should be a domain with at least one dot'))
  const scopes = ['Cluster', 'Namespaced']
  const scope = textAt(spec, 'scope')
  if (scope === '') errors.push(requiredField('spec.scope'))
  else if (!scopes.includes(scope)) errors.push(unsupportedField('spec.scope', scope, scopes))
  if (plural === '') errors.push(requiredField('spec.names.plural'))
  if (textAt(spec, 'names', 'kind') === '') errors.push(requiredField('spec.names.kind'))
  errors.push(...validateVersions(spec))
  if (old !== undefined) {
    for (const member of ['scope', 'group'] as const) {
      if (textAt(old, 'spec', member) !== textAt(spec, member))
        errors.push(invalidField(`spec.${member}`, textAt(spec, member), 'field is immutable'))
    }
  }
  return errors
}

function validateVersions(spec: JsonObject): FieldError[] {
  const versions = listAt(spec, 'versions')
  const errors: FieldError[] = []
  const storing = versions.filter((version) => valueAt(version, 'storage') === true)
  if (storing.length !== 1) {
    errors.push(
      invalidField('spec.versions', versions, 'must have exactly one version marked as storage version'),
    )
  }
  for (const [index, version] of versions.entries()) {
    const field = `spec.versions[${index}].schema.openAPIV3Schema`
    const schema = valueAt(version, 'schema', 'openAPIV3Schema')
    if (schema === undefined) errors.push(requiredField(field, 'schemas are required'))
    else if (textAt(schema, 'type') === '')
      errors.push(requiredField(`${field}.type`, 'must not be empty at the root'))
  }
  return errors
}
