import { isArray, isObject, type Json, type JsonObject } from './json.ts'

/**
 * The form of a built-in type, as its Go struct says it: which members exist, which are left out when empty, and how a
 * strategic merge patch treats its lists. The API server decodes every body into such a struct and writes the struct
 * back, so that unknown members vanish, zero values are left out and times are normalised.
 */
export type Shape =
  | { readonly kind: 'text' | 'integer' | 'flag' | 'any' }
  /** `metav1.Time`: any RFC 3339 text in; whole seconds in UTC out. */
  | { readonly kind: 'time' }
  /** `metav1.MicroTime`: exactly six digits behind the point, in and out. */
  | { readonly kind: 'microTime' }
  | { readonly kind: 'map'; readonly values: Shape }
  | { readonly kind: 'list'; readonly items: Shape; readonly merge: ListMerge }
  | StructShape

/** How a strategic merge patch changes a list: replace it, add to it as a set, or merge members with equal key. */
export type ListMerge =
  { readonly kind: 'replace' } | { readonly kind: 'set' } | { readonly kind: 'byKey'; readonly key: string }

export interface StructShape {
  readonly kind: 'struct'
  readonly fields: Readonly<Record<string, Field>>
}

/** `omitEmpty` leaves out zero values, `pointer` only what is absent or null, `always` nothing. */
export interface Field {
  readonly shape: Shape
  readonly presence: 'omitEmpty' | 'pointer' | 'always'
}

export const text: Shape = { kind: 'text' }
export const integer: Shape = { kind: 'integer' }
export const flag: Shape = { kind: 'flag' }
export const time: Shape = { kind: 'time' }
export const microTime: Shape = { kind: 'microTime' }
export const any: Shape = { kind: 'any' }
export const mapOf = (values: Shape): Shape => ({ kind: 'map', values })
export const listOf = (items: Shape, merge: ListMerge = { kind: 'replace' }): Shape => ({
  kind: 'list',
  items,
  merge,
})
export const omitEmpty = (shape: Shape): Field => ({ shape, presence: 'omitEmpty' })
export const pointer = (shape: Shape): Field => ({ shape, presence: 'pointer' })
export const always = (shape: Shape): Field => ({ shape, presence: 'always' })
export const struct = (fields: Readonly<Record<string, Field>>): StructShape => ({ kind: 'struct', fields })

/** A body that doesn't fit the type; the message is near to that of Go's decoder. */
export class DecodeError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'DecodeError'
  }
}

export interface Decoded {
  readonly object: JsonObject
  /** Paths of members that the type does not have. */
  readonly unknown: readonly string[]
}

/** @throws DecodeError */
export function decode(shape: StructShape, body: JsonObject): Decoded {
  const unknown: string[] = []
  return { object: decodeStruct(shape, body, '', unknown), unknown }
}

function decodeStruct(shape: StructShape, value: JsonObject, path: string, unknown: string[]): JsonObject {
  const below = (name: string): string => (path === '' ? name : `${path}.${name}`)
  const given = new Map<string, Json>()
  for (const [name, inner] of Object.entries(value)) {
    const field = Object.hasOwn(shape.fields, name) ? shape.fields[name] : undefined
    if (field === undefined) unknown.push(below(name))
    else if (inner !== null) given.set(name, decodeValue(field.shape, inner, below(name), unknown))
  }
  const result: Record<string, Json> = {}
  for (const [name, { shape: inner, presence }] of Object.entries(shape.fields)) {
    const known = given.get(name)
    if (known === undefined && presence === 'pointer') continue
    const decoded = known ?? decodeValue(inner, null, below(name), unknown)
    // A Go struct is never empty, so that its zero value is written even with omitempty.
    const omitted = presence === 'omitEmpty' && inner.kind !== 'struct' && inner.kind !== 'time'
    if (!omitted || !isZero(decoded)) result[name] = decoded
  }
  return result
}

function decodeValue(shape: Shape, value: Json, path: string, unknown: string[]): Json {
  switch (shape.kind) {
    case 'text':
      if (value === null) return ''
      return typeof value === 'string' ? value : mismatch(value, path, 'string')
    case 'integer':
      if (value === null) return 0
      return typeof value === 'number' && Number.isInteger(value) ? value : mismatch(value, path, 'int32')
    case 'flag':
      if (value === null) return false
      return typeof value === 'boolean' ? value : mismatch(value, path, 'bool')
    case 'any':
      return value
    case 'time':
      if (value === null) return null
      return typeof value === 'string' ? decodeTime(value) : mismatch(value, path, 'string')
    case 'microTime':
      if (value === null) return null
      return typeof value === 'string' ? decodeMicroTime(value) : mismatch(value, path, 'string')
    case 'map': {
      if (value === null) return {}
      if (!isObject(value)) return mismatch(value, path, 'map')
      return Object.fromEntries(
        Object.entries(value).map(([name, inner]) => [
          name,
          decodeValue(shape.values, inner, `${path}.${name}`, unknown),
        ]),
      )
    }
    case 'list':
      if (value === null) return []
      if (!isArray(value)) return mismatch(value, path, 'slice')
      return value.map((item, index) => decodeValue(shape.items, item, `${path}[${index}]`, unknown))
    case 'struct':
      if (value === null) return decodeStruct(shape, {}, path, unknown)
      return isObject(value) ? decodeStruct(shape, value, path, unknown) : mismatch(value, path, 'struct')
  }
}

function isZero(value: Json): boolean {
  if (value === null || value === '' || value === 0 || value === false) return true
  if (isArray(value)) return value.length === 0
  return isObject(value) && Object.keys(value).length === 0
}

function mismatch(value: Json, path: string, wanted: string): never {
  const got = isArray(value) ? 'array' : isObject(value) ? 'object' : value === null ? 'null' : typeof value
  const shown = got === 'boolean' ? 'bool' : got
  throw new DecodeError(`json: cannot unmarshal ${shown} into Go struct field .${path} of type ${wanted}`)
}

const SECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/
const ZONE = /^(?:Z|[+-]\d\d:\d\d)$/

function decodeTime(value: string): string {
  const layout = '2006-01-02T15:04:05Z07:00'
  const head = secondsOf(value, layout)
  const zone = value.slice(head.length).replace(/^[.,]\d+/, '')
  if (!ZONE.test(zone)) throw unreadable(value, layout, zone, 'Z07:00')
  return `${new Date(`${head}${zone}`).toISOString().slice(0, 19)}Z`
}

/**
 * Go's `time.Parse` wants as many digits as the layout of MicroTime has: a JavaScript Date's three are refused.
 * https://github.com/kubernetes-client/javascript/issues/828
 */
function decodeMicroTime(value: string): string {
  const layout = '2006-01-02T15:04:05.000000Z07:00'
  const head = secondsOf(value, layout)
  const fraction = value.slice(head.length, head.length + 7)
  if (!/^\.\d{6}$/.test(fraction)) throw unreadable(value, layout, value.slice(head.length), '.000000')
  const zone = value.slice(head.length + 7)
  if (!ZONE.test(zone)) throw unreadable(value, layout, zone, 'Z07:00')
  return `${new Date(`${head}${zone}`).toISOString().slice(0, 19)}${fraction}Z`
}

function secondsOf(value: string, layout: string): string {
  const head = SECONDS.exec(value)?.[0]
  if (head === undefined || Number.isNaN(Date.parse(`${head}Z`)))
    throw unreadable(value, layout, value, '2006')
  return head
}

function unreadable(value: string, layout: string, rest: string, part: string): DecodeError {
  return new DecodeError(
    `parsing time ${JSON.stringify(value)} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(part)}`,
  )
}
