import { type ErrorClass, ProviderError } from '../errors.ts'
import { CredentialsError } from './credentials-error.ts'
import { type GceCall, type WireOperation, type WireQuotaInfo, calls, isWrite } from './gce-api.ts'
import { HttpRefusal } from './transport.ts'

/**
 * What became of one call of Compute Engine that failed: by Google's own reason first, then by the HTTP status, and by the
 * gRPC code last. A rate limit and a missing permission are both 403 and `PERMISSION_DENIED`; only the reason tells.
 *
 * @param now milliseconds since the epoch
 */
export function classify(error: unknown, call: GceCall, now: number): ProviderError {
  if (error instanceof ProviderError) return error
  const failure = factsOf(error)
  const errorClass = classOf(failure, call)
  const retryAfterMs = errorClass === 'throttled' ? (failure.retryAfterMs ?? untilNextMinute(now)) : undefined
  return new ProviderError(errorClass, sentence(errorClass, failure, call), {
    code: failure.code,
    action: calls[call].method,
    cause: error,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
}

/**
 * What became of the operation that a call began: the call itself succeeded, and says nothing. Undefined if it is done
 * and well.
 */
export function operationError(
  operation: WireOperation,
  call: GceCall,
  now: number,
): ProviderError | undefined {
  const [first] = operation.error?.errors ?? []
  const status = operation.httpErrorStatusCode ?? 0
  if (first === undefined && status < 400) return undefined
  const failure: Failure = {
    code: first?.code ?? `HTTP ${status}`,
    message: first?.message ?? '',
    status: status === 0 ? undefined : status,
    fromService: true,
    unsent: false,
    retryAfterMs: undefined,
  }
  // It has ended: nothing is open any more, and what failed was not done.
  const known = classOf(failure, call)
  const errorClass = known === 'unknown-outcome' ? 'transient' : known
  return new ProviderError(errorClass, sentence(errorClass, failure, call), {
    code: failure.code,
    action: calls[call].method,
    cause: operation,
    ...(operation.name !== undefined && { requestId: operation.name }),
    ...(errorClass === 'throttled' && { retryAfterMs: untilNextMinute(now) }),
  })
}

/** The quota that a refusal names, and its limit. */
export function quotaIn(error: unknown): WireQuotaInfo | undefined {
  if (!(error instanceof ProviderError) || error.class !== 'quota') return undefined
  const operation = error.cause as WireOperation | undefined
  return operation?.error?.errors?.[0]?.errorDetails?.find(({ quotaInfo }) => quotaInfo !== undefined)
    ?.quotaInfo
}

/** Rates are counted by minutes of the clock. Source: https://docs.cloud.google.com/compute/api-quota */
const untilNextMinute = (now: number): number => 60_000 - (now % 60_000)

/** What a thrown value says, whoever threw it: Google, the SDK or the socket. */
interface Failure {
  /** Google's reason, else the system's code or the status. */
  readonly code: string
  readonly message: string
  /** Of the answer; undefined if none came. */
  readonly status: number | undefined
  /** Google's own answer, as opposed to one of a proxy or of nobody. */
  readonly fromService: boolean
  /** It never got as far as being sent. */
  readonly unsent: boolean
  readonly retryAfterMs: number | undefined
}

function factsOf(error: unknown): Failure {
  const chain = causesOf(error)
  const refusal = chain.find((one) => one instanceof HttpRefusal)
  if (refusal !== undefined) return factsOfRefusal(refusal)
  const credentials = chain.find((one) => one instanceof CredentialsError)
  if (credentials !== undefined)
    return {
      code: credentials.passes ? 'CredentialsUnreachable' : 'CredentialsRefused',
      message: credentials.message,
      status: undefined,
      fromService: false,
      unsent: true,
      retryAfterMs: undefined,
    }
  const system = chain.find((one) => typeof one.code === 'string')
  const rpc = chain.find((one) => typeof one.code === 'number')?.code
  const code =
    typeof system?.code === 'string' ? system.code : typeof rpc === 'number' ? `gRPC ${rpc}` : 'Unknown'
  return {
    code,
    message: chain.map(({ message }) => message).join(': '),
    status: undefined,
    fromService: false,
    unsent: system?.syscall === 'connect' || unsent.has(code),
    retryAfterMs: undefined,
  }
}

interface Cause extends Error {
  readonly code?: unknown
  readonly syscall?: string
}

function causesOf(error: unknown): readonly Cause[] {
  const chain: Cause[] = []
  for (let one: unknown = error; one instanceof Error && chain.length < 8; one = one.cause) chain.push(one)
  return chain.length > 0 ? chain : [new Error(String(error))]
}

interface ErrorDocument {
  readonly error?: {
    readonly message?: string
    readonly status?: string
    readonly errors?: readonly { readonly reason?: string }[]
    readonly details?: readonly { readonly reason?: string }[]
  }
}

function factsOfRefusal({ httpStatus, body, retryAfter }: HttpRefusal): Failure {
  const told = readDocument(body)?.error
  const reason = told?.errors?.find((one) => one.reason !== undefined)?.reason
  const info = told?.details?.find((one) => one.reason !== undefined)?.reason
  const seconds = Number(retryAfter)
  return {
    code: reason ?? info ?? told?.status ?? `HTTP ${httpStatus}`,
    message: told?.message ?? firstLine(body),
    status: httpStatus,
    fromService: told !== undefined,
    unsent: false,
    retryAfterMs: seconds > 0 ? seconds * 1000 : undefined,
  }
}

function readDocument(body: string): ErrorDocument | undefined {
  try {
    const parsed = JSON.parse(body) as ErrorDocument | null
    return typeof parsed?.error === 'object' ? parsed : undefined
  } catch {
    return undefined
  }
}

const firstLine = (body: string): string => body.trim().split('\n', 1).join().slice(0, 200)

function classOf(failure: Failure, call: GceCall): ErrorClass {
  const { code, status, fromService } = failure
  // "required" is a missing token here, and a missing field elsewhere.
  if (status === 401) return 'unauthorized'
  const known = reasons.get(code)
  if (known !== undefined) return known
  if (failure.unsent) return code === 'CredentialsRefused' ? 'unauthorized' : 'transient'
  if (status === 429) return 'throttled'
  // A proxy's word for it says nothing of Google's.
  if (status !== undefined && status >= 400 && status < 500)
    return fromService ? (statuses.get(status) ?? 'invalid') : 'transient'
  // A server's fault, a cut connection, a time-out: all leave open what was done.
  return isWrite(call) ? 'unknown-outcome' : 'transient'
}

const statuses: ReadonlyMap<number, ErrorClass> = new Map([
  [403, 'unauthorized'],
  [404, 'not-found'],
  [409, 'changed'],
  [412, 'changed'],
])

const list = (errorClass: ErrorClass, ...names: readonly string[]): [string, ErrorClass][] =>
  names.map((name) => [name, errorClass])

/**
 * Reasons that say more than their HTTP status; in capitals those of operations and of `google.rpc.ErrorInfo`. Sources:
 * https://docs.cloud.google.com/compute/docs/api/troubleshooting-api-errors, https://docs.cloud.google.com/compute/api-quota
 */
const reasons: ReadonlyMap<string, ErrorClass> = new Map([
  ...list('throttled', 'rateLimitExceeded', 'userRateLimitExceeded', 'concurrentLimitExceeded'),
  ...list('throttled', 'dailyLimitExceeded', 'RATE_LIMIT_EXCEEDED', 'RESOURCE_OPERATION_RATE_EXCEEDED'),
  ...list('quota', 'quotaExceeded', 'limitExceeded', 'QUOTA_EXCEEDED', 'LIMIT_EXCEEDED'),
  ...list('changed', 'alreadyExists', 'conditionNotMet', 'RESOURCE_ALREADY_EXISTS', 'CONDITION_NOT_MET'),
  // An alias range of which somebody else has an address.
  ...list('changed', 'IP_IN_USE_BY_ANOTHER_RESOURCE'),
  ...list('not-found', 'notFound', 'RESOURCE_NOT_FOUND'),
  ...list('unauthorized', 'forbidden', 'authError', 'insufficientPermissions', 'accessNotConfigured'),
  ...list(
    'unauthorized',
    'accountDisabled',
    'SERVICE_DISABLED',
    'IAM_PERMISSION_DENIED',
    'PERMISSIONS_ERROR',
  ),
  ...list('unauthorized', 'ACCESS_TOKEN_SCOPE_INSUFFICIENT', 'CONSUMER_INVALID', 'BILLING_DISABLED'),
  // Refused because something else is under way there: this passes, and nothing was done.
  ...list('transient', 'resourceNotReady', 'RESOURCE_NOT_READY', 'resourceInUseByAnotherResource'),
  ...list('transient', 'RESOURCE_IN_USE_BY_ANOTHER_RESOURCE', 'OPERATION_CANCELED_BY_USER'),
])

const unsent: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])

function sentence(errorClass: ErrorClass, failure: Failure, call: GceCall): string {
  const { code, message, status, fromService } = failure
  const { method, permission } = calls[call]
  const said =
    status === undefined || fromService
      ? `${message} (${code})`
      : `HTTP ${status} with no answer of Google: ${message}`
  switch (errorClass) {
    case 'unauthorized':
      if (code === 'CredentialsRefused') return `no Google credentials for ${method}: ${message}`
      return status === 401
        ? `Google does not take these credentials for ${method}: ${said}`
        : `the permission ${permission} is missing for ${method}: ${said}`
    case 'unknown-outcome':
      return `${method} may or may not have happened: ${said}`
    case 'quota':
      return `the network takes no more ${call === 'updateNetworkInterface' ? 'alias IP ranges' : 'static routes'}: ${said}`
    case 'throttled':
      return `Compute Engine throttles ${method}: ${said}`
    case 'changed':
    case 'not-found':
    case 'invalid':
    case 'transient':
    case 'fatal':
      return `${method} failed: ${said}`
  }
}
