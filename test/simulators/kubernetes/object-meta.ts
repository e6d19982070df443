import { listAt, numberAt, objectAt, textAt, textsAt, valueAt, type JsonObject } from './json.ts'
import {
  always,
  flag,
  integer,
  listOf,
  mapOf,
  omitEmpty,
  pointer,
  struct,
  text,
  time,
  type StructShape,
} from './shape.ts'
import { type FieldError, forbiddenField, invalidField, requiredField } from './status.ts'

/** `managedFields` is left out: server-side apply is not simulated. */
export const objectMeta: StructShape = struct({
  name: omitEmpty(text),
  generateName: omitEmpty(text),
  namespace: omitEmpty(text),
  uid: omitEmpty(text),
  resourceVersion: omitEmpty(text),
  generation: omitEmpty(integer),
  creationTimestamp: pointer(time),
  deletionTimestamp: pointer(time),
  deletionGracePeriodSeconds: pointer(integer),
  labels: omitEmpty(mapOf(text)),
  annotations: omitEmpty(mapOf(text)),
  ownerReferences: omitEmpty(
    listOf(
      struct({
        apiVersion: always(text),
        kind: always(text),
        name: always(text),
        uid: always(text),
        controller: pointer(flag),
        blockOwnerDeletion: pointer(flag),
      }),
      { kind: 'byKey', key: 'uid' },
    ),
  ),
  finalizers: omitEmpty(listOf(text, { kind: 'set' })),
})

/** What a built-in object is made of besides its own members. */
export const typeMeta = { kind: omitEmpty(text), apiVersion: omitEmpty(text), metadata: always(objectMeta) }

export const nameOf = (object: JsonObject): string => textAt(object, 'metadata', 'name')
export const namespaceOf = (object: JsonObject): string => textAt(object, 'metadata', 'namespace')
export const labelsOf = (object: JsonObject): JsonObject => objectAt(object, 'metadata', 'labels')
export const finalizersOf = (object: JsonObject): readonly string[] =>
  textsAt(object, 'metadata', 'finalizers')
export const isBeingDeleted = (object: JsonObject): boolean =>
  valueAt(object, 'metadata', 'deletionTimestamp') !== undefined

/** The object with these members of `metadata` set, or removed where undefined; in the order of the Go struct. */
export function withMetadata(
  object: JsonObject,
  changes: Readonly<Record<string, JsonObject[string] | undefined>>,
): JsonObject {
  const merged = { ...objectAt(object, 'metadata'), ...changes }
  const ordered: Record<string, JsonObject[string]> = {}
  for (const name of Object.keys(objectMeta.fields)) {
    const value = merged[name]
    if (value !== undefined) ordered[name] = value
  }
  return { ...object, metadata: ordered }
}

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`
const subdomainPattern = new RegExp(`^${SUBDOMAIN}$`)
const labelPattern = new RegExp(`^${LABEL}$`)
const VALUE = '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?'
const valuePattern = new RegExp(`^${VALUE}$`)
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const qualifiedPattern = new RegExp(`^${QUALIFIED}$`)

/** How an object of the type may be called. */
export type NameRule = 'subdomain' | 'label' | 'pathSegment'

/** What is wrong with the name; empty if nothing is. */
export function nameProblems(rule: NameRule, name: string): readonly string[] {
  switch (rule) {
    case 'subdomain':
      return subdomainProblems(name)
    case 'label':
      return [
        ...(name.length > 63 ? ['must be no more than 63 characters'] : []),
        ...(labelPattern.test(name)
          ? []
          : [
              `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${LABEL}')`,
            ]),
      ]
    case 'pathSegment':
      if (name === '.' || name === '..') return [`may not be '${name}'`]
      return ['/', '%'].filter((mark) => name.includes(mark)).map((mark) => `may not contain '${mark}'`)
  }
}

function subdomainProblems(name: string): readonly string[] {
  return [
    ...(name.length > 253 ? ['must be no more than 253 characters'] : []),
    ...(subdomainPattern.test(name)
      ? []
      : [
          `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${SUBDOMAIN}')`,
        ]),
  ]
}

/** What is wrong with a label key, a taint key or a finalizer. */
export function qualifiedNameProblems(value: string): readonly string[] {
  const parts = value.split('/')
  const name = parts.at(-1) ?? ''
  if (parts.length > 2) {
    return [
      `a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${QUALIFIED}') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ]
  }
  const prefix = parts.length === 2 ? (parts[0] ?? '') : undefined
  return [
    ...(prefix === '' ? ['prefix part must be non-empty'] : []),
    ...(prefix === undefined || prefix === ''
      ? []
      : subdomainProblems(prefix).map((problem) => `prefix part ${problem}`)),
    ...(name === '' ? ['name part must be non-empty'] : []),
    ...(name.length > 63 ? ['name part must be no more than 63 characters'] : []),
    ...(qualifiedPattern.test(name)
      ? []
      : [
          `name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${QUALIFIED}')`,
        ]),
  ]
}

export function labelValueProblems(value: string): readonly string[] {
  return [
    ...(value.length > 63 ? ['must be no more than 63 characters'] : []),
    ...(valuePattern.test(value)
      ? []
      : [
          `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '${VALUE}')`,
        ]),
  ]
}

/** What every object's metadata must keep to. `old` on update. */
export function validateMetadata(
  object: JsonObject,
  old: JsonObject | undefined,
  rule: NameRule,
): FieldError[] {
  const errors: FieldError[] = []
  const name = nameOf(object)
  if (name === '') errors.push(requiredField('metadata.name', 'name or generateName is required'))
  else
    for (const problem of nameProblems(rule, name)) errors.push(invalidField('metadata.name', name, problem))
  for (const [key, value] of Object.entries(labelsOf(object))) {
    for (const problem of qualifiedNameProblems(key))
      errors.push(invalidField('metadata.labels', key, problem))
    for (const problem of labelValueProblems(textAt(labelsOf(object), key)))
      errors.push(invalidField('metadata.labels', value, problem))
  }
  for (const key of Object.keys(objectAt(object, 'metadata', 'annotations'))) {
    for (const problem of qualifiedNameProblems(key.toLowerCase()))
      errors.push(invalidField('metadata.annotations', key, problem))
  }
  for (const finalizer of finalizersOf(object)) {
    for (const problem of qualifiedNameProblems(finalizer))
      errors.push(invalidField('metadata.finalizers', finalizer, problem))
  }
  for (const reference of listAt(object, 'metadata', 'ownerReferences')) {
    for (const member of ['apiVersion', 'kind', 'name', 'uid']) {
      if (textAt(reference, member) === '')
        errors.push(invalidField(`metadata.ownerReferences.${member}`, '', 'must not be empty'))
    }
  }
  if (old !== undefined) errors.push(...validateMetadataUpdate(object, old))
  return errors
}

function validateMetadataUpdate(object: JsonObject, old: JsonObject): FieldError[] {
  const errors: FieldError[] = []
  if (isBeingDeleted(old)) {
    const known = new Set(finalizersOf(old))
    const added = finalizersOf(object).filter((finalizer) => !known.has(finalizer))
    if (added.length > 0) {
      const shown = [...added].sort().map((finalizer) => JSON.stringify(finalizer))
      errors.push(
        forbiddenField(
          'metadata.finalizers',
          `no new finalizers can be added if the object is being deleted, found new finalizers []string{${shown.join(', ')}}`,
        ),
      )
    }
  }
  for (const member of ['name', 'namespace', 'uid'] as const) {
    const now = textAt(object, 'metadata', member)
    if (now !== textAt(old, 'metadata', member))
      errors.push(invalidField(`metadata.${member}`, now, 'field is immutable'))
  }
  return errors
}

/** The number in `metadata.resourceVersion`; 0 if there is none, NaN if it is no number. */
export function revisionOf(object: JsonObject): number {
  const given = textAt(object, 'metadata', 'resourceVersion')
  if (given === '') return 0
  return /^\d+$/.test(given) ? Number(given) : Number.NaN
}

export const generationOf = (object: JsonObject): number => numberAt(object, 'metadata', 'generation') ?? 0
