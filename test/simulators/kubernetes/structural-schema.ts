import { AddressSyntaxError } from '../../../net/address.ts'
import { parseInterfaceAddress } from '../../../net/cidr.ts'
import {
  isArray,
  isObject,
  type Json,
  type JsonObject,
  listAt,
  objectAt,
  sameJson,
  textAt,
  valueAt,
} from './json.ts'
import { type FieldError, invalidField, requiredField, unsupportedField, wrongType } from './status.ts'

/** The OpenAPI v3 subset of CustomResourceDefinitions. Not simulated: oneOf/anyOf/allOf/not, CEL rules, list types. */
export type Schema = JsonObject

/** Without the members that the schema does not know, as the API server stores it; their paths go to `unknown`. */
export function prune(schema: Schema, value: Json, path: string, unknown: string[]): Json {
  if (isArray(value)) {
    const items = objectAt(schema, 'items')
    return value.map((item, index) => prune(items, item, `${path}[${index}]`, unknown))
  }
  if (!isObject(value)) return value
  const preserves = valueAt(schema, 'x-kubernetes-preserve-unknown-fields') === true
  const embedded = valueAt(schema, 'x-kubernetes-embedded-resource') === true
  const properties = objectAt(schema, 'properties')
  const additional = valueAt(schema, 'additionalProperties')
  const result: Record<string, Json> = {}
  for (const [name, inner] of Object.entries(value)) {
    const here = path === '' ? name : `${path}.${name}`
    const property = valueAt(properties, name)
    if (isObject(property)) result[name] = prune(property, inner, here, unknown)
    else if (isObject(additional)) result[name] = prune(additional, inner, here, unknown)
    else if (preserves || additional === true) result[name] = inner
    else if (embedded && ['apiVersion', 'kind', 'metadata'].includes(name)) result[name] = inner
    else unknown.push(here)
  }
  return result
}

/** With the schema's defaults filled in; a member that is null counts as absent where null is not allowed. */
export function withDefaults(schema: Schema, value: Json): Json {
  if (isArray(value)) return value.map((item) => withDefaults(objectAt(schema, 'items'), item))
  if (!isObject(value)) return value
  const properties = objectAt(schema, 'properties')
  const additional = valueAt(schema, 'additionalProperties')
  const result: Record<string, Json> = {}
  for (const [name, inner] of Object.entries(value)) {
    const property = valueAt(properties, name) ?? additional
    const dropped =
      inner === null && isObject(property) && textAt(property, 'type') !== '' && property.nullable !== true
    if (!dropped) result[name] = isObject(property) ? withDefaults(property, inner) : inner
  }
  for (const [name, property] of Object.entries(properties)) {
    const fallback = valueAt(property, 'default')
    if (fallback !== undefined && !Object.hasOwn(result, name))
      result[name] = isObject(property) ? withDefaults(property, fallback) : fallback
  }
  return result
}

/** What is wrong with the value by the schema, in the words of the API server's validator. */
export function validate(schema: Schema, value: Json, path: string): FieldError[] {
  if (value === null) {
    if (valueAt(schema, 'nullable') === true) return []
    const type = textAt(schema, 'type')
    return type === '' ? [] : [wrongType(path, 'null', `${path} in body must be of type ${type}: "null"`)]
  }
  const problem = typeProblem(schema, value, path)
  if (problem !== undefined) return [problem]
  const errors: FieldError[] = []
  const allowed = listAt(schema, 'enum')
  if (allowed.length > 0 && !allowed.some((item) => sameJson(item, value)))
    errors.push(unsupportedField(path, value, allowed.map(enumText)))
  if (typeof value === 'string') errors.push(...validateText(schema, value, path))
  if (typeof value === 'number') errors.push(...validateNumber(schema, value, path))
  if (isArray(value)) errors.push(...validateList(schema, value, path))
  if (isObject(value)) errors.push(...validateObject(schema, value, path))
  return errors
}

const enumText = (item: Json): string => (typeof item === 'string' ? item : JSON.stringify(item))

function typeProblem(schema: Schema, value: Json, path: string): FieldError | undefined {
  const wanted = textAt(schema, 'type')
  const intOrString = valueAt(schema, 'x-kubernetes-int-or-string') === true
  if (intOrString) {
    const fits = typeof value === 'string' || (typeof value === 'number' && Number.isInteger(value))
    return fits
      ? undefined
      : wrongType(path, nameOfType(value), `${path} in body must be of type integer,string`)
  }
  if (wanted === '') return undefined
  const got = nameOfType(value)
  if (got === wanted || (wanted === 'number' && got === 'integer')) return undefined
  return wrongType(path, got, `${path} in body must be of type ${wanted}: ${JSON.stringify(got)}`)
}

function nameOfType(value: Json): string {
  if (value === null) return 'null'
  if (isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

function validateText(schema: Schema, value: string, path: string): FieldError[] {
  const errors: FieldError[] = []
  const pattern = textAt(schema, 'pattern')
  if (pattern !== '' && !new RegExp(pattern, 'u').test(value))
    errors.push(invalidField(path, value, `${path} in body should match '${pattern}'`))
  const maximum = valueAt(schema, 'maxLength')
  if (typeof maximum === 'number' && codePoints(value) > maximum)
    errors.push({
      reason: 'FieldValueTooLong',
      field: path,
      body: `Too long: may not be more than ${maximum} bytes`,
    })
  const minimum = valueAt(schema, 'minLength')
  if (typeof minimum === 'number' && codePoints(value) < minimum)
    errors.push(invalidField(path, value, `${path} in body should be at least ${minimum} chars long`))
  const format = textAt(schema, 'format')
  if (formats[format]?.(value) === false)
    errors.push(
      invalidField(path, value, `${path} in body must be of type ${format}: ${JSON.stringify(value)}`),
    )
  return errors
}

/** Of all that the API server knows, those that are used here. */
const formats: Readonly<Record<string, (text: string) => boolean>> = {
  'date-time': (text) => /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:?\d\d)$/.test(text),
  // As Go's net.ParseCIDR: host bits are no fault.
  cidr(text) {
    try {
      parseInterfaceAddress(text)
      return true
    } catch (error) {
      if (error instanceof AddressSyntaxError) return false
      throw error
    }
  },
}

const codePoints = (value: string): number => Array.from(value).length

function validateNumber(schema: Schema, value: number, path: string): FieldError[] {
  const errors: FieldError[] = []
  const minimum = valueAt(schema, 'minimum')
  if (typeof minimum === 'number' && value < minimum)
    errors.push(invalidField(path, value, `${path} in body should be greater than or equal to ${minimum}`))
  const maximum = valueAt(schema, 'maximum')
  if (typeof maximum === 'number' && value > maximum)
    errors.push(invalidField(path, value, `${path} in body should be less than or equal to ${maximum}`))
  return errors
}

function validateList(schema: Schema, value: readonly Json[], path: string): FieldError[] {
  const errors: FieldError[] = []
  const maximum = valueAt(schema, 'maxItems')
  if (typeof maximum === 'number' && value.length > maximum) {
    errors.push({
      reason: 'FieldValueTooMany',
      field: path,
      body: `Too many: ${value.length}: must have at most ${maximum} items`,
    })
  }
  const minimum = valueAt(schema, 'minItems')
  if (typeof minimum === 'number' && value.length < minimum)
    errors.push(invalidField(path, value.length, `${path} in body should have at least ${minimum} items`))
  const items = objectAt(schema, 'items')
  for (const [index, item] of value.entries()) errors.push(...validate(items, item, `${path}[${index}]`))
  return errors
}

function validateObject(schema: Schema, value: JsonObject, path: string): FieldError[] {
  const below = (name: string): string => (path === '' ? name : `${path}.${name}`)
  const errors: FieldError[] = []
  for (const name of listAt(schema, 'required')) {
    if (typeof name === 'string' && !Object.hasOwn(value, name)) errors.push(requiredField(below(name)))
  }
  const properties = objectAt(schema, 'properties')
  const additional = valueAt(schema, 'additionalProperties')
  for (const [name, inner] of Object.entries(value)) {
    const property = valueAt(properties, name) ?? additional
    if (isObject(property)) errors.push(...validate(property, inner, below(name)))
  }
  return errors
}
