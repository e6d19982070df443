/**
 * A refusal as Google's JSON APIs word it. `reason` is that of `error.errors[0]`, which clients classify on; it is not the
 * gRPC status, which a rate limit shares with a missing permission.
 *
 * Sources: https://docs.cloud.google.com/compute/docs/api/troubleshooting-api-errors and answers of the real API that users
 * have reported.
 */
export class GceError extends Error {
  /** HTTP status. */
  readonly status: number
  readonly reason: string
  readonly details: GceErrorDetails
  constructor(status: number, reason: string, message: string, details: GceErrorDetails = {}) {
    super(message)
    this.name = 'GceError'
    this.status = status
    this.reason = reason
    this.details = details
  }
}

export interface GceErrorDetails {
  /** `global` unless told. */
  readonly domain?: string
  /** `google.rpc.Code`, in words; left out by the older parts of the API. */
  readonly rpcStatus?: string
  /** `google.rpc.ErrorInfo` and the like. */
  readonly details?: readonly Readonly<Record<string, unknown>>[]
}

/** What an operation ends with that could not be carried out. */
export interface OperationError {
  /** `QUOTA_EXCEEDED` */
  readonly code: string
  readonly message: string
  readonly httpStatus: number
  readonly httpMessage: string
  readonly quota?: {
    readonly metricName: string
    readonly limitName: string
    readonly limit: number
    readonly dimensions: Readonly<Record<string, string>>
  }
}

export const notFound = (path: string): GceError =>
  new GceError(404, 'notFound', `The resource '${path}' was not found`)

export const alreadyExists = (path: string): GceError =>
  new GceError(409, 'alreadyExists', `The resource '${path}' already exists`)

export const notReady = (path: string): GceError =>
  new GceError(400, 'resourceNotReady', `The resource '${path}' is not ready`)

/** `why` is a whole sentence. */
export const invalidField = (field: string, value: unknown, why: string): GceError =>
  new GceError(400, 'invalid', `Invalid value for field '${field}': '${String(value)}'. ${why}`)

export const requiredField = (field: string): GceError =>
  new GceError(400, 'required', `Required field '${field}' not specified`)

/** `{"error":{"code":404,"message":…,"errors":[{"message":…,"domain":"global","reason":"notFound"}]}}` */
export function errorBody({ status, reason, message, details }: GceError): string {
  const { domain = 'global', rpcStatus, details: parts } = details
  return JSON.stringify({
    error: {
      code: status,
      message,
      errors: [{ message, domain, reason }],
      ...(rpcStatus === undefined ? {} : { status: rpcStatus }),
      ...(parts === undefined ? {} : { details: parts }),
    },
  })
}
