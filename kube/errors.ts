export interface KubeErrorDetails {
  /** HTTP status, 0 if no answer came. */
  readonly status: number
  readonly reason: string
  /** What was asked: `PATCH /api/v1/nodes/node-1/status`, without the query. */
  readonly request?: string
  /** How long the API server, or what stands before it, wants us to wait. */
  readonly retryAfterMs?: number
  /** The system's own code, if no answer came: `ECONNREFUSED`. */
  readonly code?: string
  /** `details.causes` of the Status: which field, and what is wrong with it. */
  readonly causes?: readonly StatusCause[]
  readonly cause?: unknown
}

export interface StatusCause {
  readonly reason?: string
  readonly field?: string
  readonly message?: string
}

/**
 * A call to the Kubernetes API that failed. `message` is a sentence for a person; nothing in it, nor in `details`, is
 * taken from request headers or credentials.
 *
 * `reason` is the Status's (`NotFound`, `Conflict`, `AlreadyExists`, `Expired` …), or where there is none, ours:
 * - `Unreachable`: no connection, or it broke before the answer was complete. A write may have happened.
 * - `Timeout` with status 0: no answer in time. A write may have happened.
 * - `InvalidAnswer`: the answer is no JSON of the expected shape.
 * - `NoCredentials`: the kubeconfig's token file, certificate or exec plugin gave none; nothing was sent.
 * - `Http` and the number, where something other than an API server answered.
 */
export class KubeError extends Error {
  readonly status: number
  readonly reason: string
  readonly retryAfterMs: number | undefined
  readonly details: KubeErrorDetails

  constructor(message: string, details: KubeErrorDetails) {
    super(message, { cause: details.cause })
    this.name = 'KubeError'
    this.status = details.status
    this.reason = details.reason
    this.retryAfterMs = details.retryAfterMs
    this.details = details
  }
}

export const isKubeError = (error: unknown): error is KubeError => error instanceof KubeError

export const isNotFound = (error: unknown): boolean => isKubeError(error) && error.status === 404

/** Someone else wrote the object first, or a precondition does not hold. `AlreadyExists` has the same HTTP status: see there. */
export const isConflict = (error: unknown): boolean =>
  isKubeError(error) && error.status === 409 && error.reason !== 'AlreadyExists'

/** A patch named another uid: the object of that name is another one. (For a PUT or a DELETE, that is a conflict.) */
export const isOtherObject = (error: unknown): boolean =>
  isKubeError(error) && (error.details.causes ?? []).some(({ field }) => field === 'metadata.uid')

/** There is no such object any more, or another one of its name: what was to be written to it is void. */
export const isGoneOrOther = (error: unknown): boolean =>
  isNotFound(error) || isConflict(error) || isOtherObject(error)

export const isAlreadyExists = (error: unknown): boolean =>
  isKubeError(error) && error.reason === 'AlreadyExists'

/** The resourceVersion or continue token is too old: list again. */
export const isGone = (error: unknown): boolean =>
  isKubeError(error) && (error.status === 410 || error.reason === 'Expired' || error.reason === 'Gone')

/**
 * The same request may succeed later as it is: no answer, too many requests, or a fault of the server. A conflict is
 * not among them: it needs a fresh object.
 */
export const isRetryable = (error: unknown): boolean =>
  isKubeError(error) && (error.status === 0 || error.status === 429 || error.status >= 500)

/** What an answer other than 2xx, or a watch's ERROR event, says. `body` is the text as received, or its parsed JSON. */
export function errorFromStatus(
  answer: { readonly status: number; readonly body: unknown; readonly retryAfter?: string | undefined },
  request: string,
  now: number,
): KubeError {
  const status = readStatus(answer.body)
  const retryAfterMs = readRetryAfter(answer.retryAfter, now) ?? status?.retryAfterMs
  const code = answer.status === 0 ? (status?.code ?? 500) : answer.status
  // A proxy's HTML page says nothing more than its status does, and could hold anything.
  const said = status?.message ?? `HTTP status ${code} without a Kubernetes Status`
  return new KubeError(`${request}: ${said}`, {
    status: code,
    reason: status?.reason ?? `Http${code}`,
    request,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(status === undefined ? {} : { causes: status.causes }),
  })
}

interface Status {
  readonly code: number | undefined
  readonly reason: string | undefined
  readonly message: string | undefined
  readonly retryAfterMs: number | undefined
  readonly causes: readonly StatusCause[]
}

function readStatus(body: unknown): Status | undefined {
  const value = typeof body === 'string' ? parseOrUndefined(body) : body
  if (!isRecord(value) || value.kind !== 'Status') return undefined
  const details = isRecord(value.details) ? value.details : {}
  const seconds = details.retryAfterSeconds
  return {
    code: typeof value.code === 'number' ? value.code : undefined,
    reason: textOrUndefined(value.reason),
    message: textOrUndefined(value.message),
    retryAfterMs: typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : undefined,
    causes: Array.isArray(details.causes) ? details.causes.filter(isRecord).map(readCause) : [],
  }
}

function readCause(cause: Readonly<Record<string, unknown>>): StatusCause {
  const read: { reason?: string; field?: string; message?: string } = {}
  for (const key of ['reason', 'field', 'message'] as const) {
    const text = textOrUndefined(cause[key])
    if (text !== undefined) read[key] = text
  }
  return read
}

/** RFC 9110 section 10.2.3: seconds, or a date. */
function readRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  const seconds = Number(header)
  if (Number.isFinite(seconds) && header.trim() !== '') return Math.max(0, seconds * 1000)
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const textOrUndefined = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined
