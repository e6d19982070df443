import { type Json, type JsonObject, textAt } from './json.ts'

/** What a resource is called in messages: `nodes`, `leases.coordination.k8s.io`. */
export interface QualifiedName {
  readonly group: string
  readonly name: string
}

/** One complaint about one field, in the words of `k8s.io/apimachinery/pkg/util/validation/field`. */
export interface FieldError {
  readonly reason: string
  readonly field: string
  readonly body: string
}

const fieldError = (
  reason: string,
  title: string,
  field: string,
  value: Json | undefined,
  detail: string,
): FieldError => {
  const shown = value === undefined ? title : `${title}: ${JSON.stringify(value)}`
  return { reason, field, body: detail === '' ? shown : `${shown}: ${detail}` }
}

export const invalidField = (field: string, value: Json, detail: string): FieldError =>
  fieldError('FieldValueInvalid', 'Invalid value', field, value, detail)

export const wrongType = (field: string, value: Json, detail: string): FieldError =>
  fieldError('FieldValueTypeInvalid', 'Invalid value', field, value, detail)

export const forbiddenField = (field: string, detail: string): FieldError =>
  fieldError('FieldValueForbidden', 'Forbidden', field, undefined, detail)

export const requiredField = (field: string, detail = ''): FieldError =>
  fieldError('FieldValueRequired', 'Required value', field, undefined, detail)

export const duplicateField = (field: string, value: Json): FieldError =>
  fieldError('FieldValueDuplicate', 'Duplicate value', field, value, '')

export const unsupportedField = (field: string, value: Json, supported: readonly string[]): FieldError =>
  fieldError(
    'FieldValueNotSupported',
    'Unsupported value',
    field,
    value,
    `supported values: ${supported.map((text) => JSON.stringify(text)).join(', ')}`,
  )

/** A request that the API server turns down: thrown inside, answered as a `Status` object with its code. */
export class Refusal extends Error {
  readonly status: JsonObject
  readonly code: number
  readonly headers: Readonly<Record<string, string>>
  constructor(status: JsonObject, code: number, headers: Readonly<Record<string, string>> = {}) {
    super(textAt(status, 'message'))
    this.name = 'Refusal'
    this.status = status
    this.code = code
    this.headers = headers
  }
}

/** A failure `Status`; members in the order in which the API server writes them. */
export function failure(
  code: number,
  reason: string,
  message: string,
  details?: JsonObject,
  metadata: JsonObject = {},
): JsonObject {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata,
    status: 'Failure',
    message,
    ...(reason === '' ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code,
  }
}

const refuse = (code: number, reason: string, message: string, details?: JsonObject): Refusal =>
  new Refusal(failure(code, reason, message, details), code)

const qualified = (resource: QualifiedName): string =>
  resource.group === '' ? resource.name : `${resource.name}.${resource.group}`

const detailsOf = (resource: QualifiedName, name: string): JsonObject => ({
  ...(name === '' ? {} : { name }),
  ...(resource.group === '' ? {} : { group: resource.group }),
  ...(resource.name === '' ? {} : { kind: resource.name }),
})

export const badRequest = (message: string): Refusal => refuse(400, 'BadRequest', message)

export const unauthorized = (): Refusal => refuse(401, 'Unauthorized', 'Unauthorized')

export const forbidden = (resource: QualifiedName, name: string, why: string): Refusal =>
  refuse(
    403,
    'Forbidden',
    `${qualified(resource)} ${JSON.stringify(name)} is forbidden: ${why}`,
    detailsOf(resource, name),
  )

export const notFound = (resource: QualifiedName, name: string): Refusal =>
  refuse(
    404,
    'NotFound',
    `${qualified(resource)} ${JSON.stringify(name)} not found`,
    detailsOf(resource, name),
  )

/** For a path in a served API group that no resource answers. */
export const unknownPath = (): Refusal =>
  refuse(404, 'NotFound', 'the server could not find the requested resource', {})

export const methodNotAllowed = (): Refusal =>
  refuse(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {})

export const alreadyExists = (resource: QualifiedName, name: string, prefix = ''): Refusal =>
  refuse(
    409,
    'AlreadyExists',
    `${prefix}${qualified(resource)} ${JSON.stringify(name)} already exists`,
    detailsOf(resource, name),
  )

export const conflict = (resource: QualifiedName, name: string, why: string): Refusal =>
  refuse(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(resource)} ${JSON.stringify(name)}: ${why}`,
    detailsOf(resource, name),
  )

export const staleWrite = (resource: QualifiedName, name: string): Refusal =>
  conflict(
    resource,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  )

/** `continueToken` goes with a page that can be continued only from a newer state. */
export function expired(message: string, continueToken?: string): Refusal {
  const metadata = continueToken === undefined ? {} : { continue: continueToken }
  return new Refusal(failure(410, 'Expired', message, undefined, metadata), 410)
}

export const unsupportedMediaType = (accepted: readonly string[]): Refusal =>
  refuse(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  )

/** `kind`: the Kind, or the plural where the API server itself has only that. */
export function invalid(kind: QualifiedName, name: string, errors: readonly FieldError[]): Refusal {
  const sentences = [...new Set(errors.map((error) => `${error.field}: ${error.body}`))]
  const list = sentences.length === 1 ? sentences.join('') : `[${sentences.join(', ')}]`
  return refuse(422, 'Invalid', `${qualified(kind)} ${JSON.stringify(name)} is invalid: ${list}`, {
    ...detailsOf(kind, name),
    causes: errors.map((error) => ({ reason: error.reason, message: error.body, field: error.field })),
  })
}

/** A JSON patch that can't be applied: the API server gives the library's own words. */
export const unappliablePatch = (): Refusal =>
  refuse(422, 'Invalid', 'the server rejected our request due to an error in our request', {})

export function tooLargeRevision(wanted: number, current: number): Refusal {
  const status = failure(
    504,
    'Timeout',
    `Timeout: Too large resource version: ${wanted}, current: ${current}`,
    {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  )
  return new Refusal(status, 504, { 'retry-after': '1' })
}
