import type { Json, JsonObject } from '../kubernetes/json.ts'

export interface ArmErrorDetail {
  readonly code: string
  readonly message: string
}

export interface ArmErrorOptions {
  readonly target?: string
  readonly details?: readonly ArmErrorDetail[]
  readonly additionalInfo?: readonly Json[]
  /** Of the answer, besides the usual ones. */
  readonly headers?: Readonly<Record<string, string>>
}

/** A refusal, as ARM and the resource providers word it. */
export class ArmError extends Error {
  readonly status: number
  readonly code: string
  readonly options: ArmErrorOptions

  constructor(status: number, code: string, message: string, options: ArmErrorOptions = {}) {
    super(message)
    this.status = status
    this.code = code
    this.options = options
  }
}

/** The body that says so. Source: https://learn.microsoft.com/en-us/rest/api/azure (error responses) */
export function errorBody(error: {
  readonly code: string
  readonly message: string
  readonly options?: ArmErrorOptions
}): JsonObject {
  const { code, message, options = {} } = error
  const details: readonly JsonObject[] = (options.details ?? []).map((detail) => ({ ...detail }))
  return {
    error: {
      code,
      ...(options.target !== undefined && { target: options.target }),
      message,
      details,
      ...(options.additionalInfo !== undefined && { additionalInfo: options.additionalInfo }),
    },
  }
}

export const badRequest = (code: string, message: string, details?: readonly ArmErrorDetail[]): ArmError =>
  new ArmError(400, code, message, details === undefined ? {} : { details })

/** What the network resource provider says of a body that it can't read; the reason is in the details. */
export const unreadable = (code: string, message: string): ArmError =>
  badRequest('InvalidRequestFormat', 'Cannot parse the request.', [{ code, message }])

export function notFound(id: string): ArmError {
  const [, , , , group = '', , namespace = '', ...names] = id.split('/')
  const what = [namespace, ...names].join('/')
  return new ArmError(
    404,
    'ResourceNotFound',
    `The Resource '${what}' under resource group '${group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  )
}
