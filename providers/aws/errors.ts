import { neverSent } from '../connection-errors.ts'
import { type ErrorClass, ProviderError } from '../errors.ts'
import { type Ec2Action, isWrite } from './ec2-api.ts'
import { inWords, isEncoded, missingPermission } from './refusal.ts'

/**
 * What became of one EC2 call that failed. By code, never by text: the code is the API's own `Code`, which the SDK puts
 * into `error.name`, or the system's in `error.code`. `ReplaceRoute` of a missing route can't be told by its code
 * (`InvalidParameterValue`, https://github.com/getmoto/moto/pull/6425): `changes.ts` reads the table to find out.
 */
export function classify(error: unknown, action: Ec2Action): ProviderError {
  if (error instanceof ProviderError) return error
  const failure = factsOf(error)
  const errorClass = classOf(failure, action)
  return new ProviderError(errorClass, sentence(errorClass, failure, action), {
    code: failure.code,
    action,
    cause: error,
    ...(failure.requestId !== undefined && { requestId: failure.requestId }),
    ...(failure.retryAfterMs !== undefined && { retryAfterMs: failure.retryAfterMs }),
  })
}

/** What a thrown value says, whoever threw it: the service, the SDK or the socket. */
interface Failure {
  readonly code: string
  readonly message: string
  /** Of the answer; undefined if none came. */
  readonly status: number | undefined
  /** The service's own answer, as opposed to one of a proxy or of nobody. */
  readonly fromService: boolean
  readonly syscall: string | undefined
  readonly requestId: string | undefined
  readonly retryAfterMs: number | undefined
}

function factsOf(error: unknown): Failure {
  const { name, message, code, syscall, $fault, $metadata, $response } = (error ?? {}) as SdkError
  const retryAfter = Number($response?.headers?.['retry-after'])
  return {
    code: typeof code === 'string' ? code : (name ?? 'Unknown'),
    // The SDK appends hints for its own debugging on further lines.
    message: (message ?? String(error)).split('\n', 1).join(),
    status: $metadata?.httpStatusCode,
    // The SDK names an error answer without EC2's error document "Unknown".
    fromService: $fault !== undefined && name !== 'Unknown',
    syscall,
    requestId: $metadata?.requestId,
    retryAfterMs: retryAfter > 0 ? retryAfter * 1000 : undefined,
  }
}

/** The parts of the SDK's and of Node's errors that are of use here, all of them optional. */
interface SdkError {
  readonly name?: string
  readonly message?: string
  readonly code?: unknown
  readonly syscall?: string
  readonly $fault?: string
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string }
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> }
}

function classOf(failure: Failure, action: Ec2Action): ErrorClass {
  const known = codes.get(failure.code)
  if (known !== undefined) return known
  // The route that the plan saw is gone.
  if (failure.code === 'InvalidRoute.NotFound') return action === 'ReplaceRoute' ? 'changed' : 'not-found'
  if (failure.code.endsWith('.NotFound')) return 'not-found'
  // It never got as far as sending the request.
  if (failure.syscall === 'connect' || neverSent.has(failure.code)) return 'transient'
  if (failure.status === 429) return 'throttled'
  // Refused as it is, by EC2 for good or by a proxy that let nothing through.
  if (failure.status !== undefined && failure.status >= 400 && failure.status < 500)
    return failure.fromService ? 'invalid' : 'transient'
  // A server's fault, an answer that nobody understands, a cut connection, a time-out: all leave open what was done.
  return isWrite(action) ? 'unknown-outcome' : 'transient'
}

const list = (errorClass: ErrorClass, ...names: readonly string[]): [string, ErrorClass][] =>
  names.map((name) => [name, errorClass])

/**
 * Those that say more than their HTTP status: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html,
 * and those of STS and the SDK itself.
 */
const codes: ReadonlyMap<string, ErrorClass> = new Map([
  ...list('throttled', 'RequestLimitExceeded', 'Throttling', 'ThrottlingException', 'ThrottledException'),
  ...list('throttled', 'EC2ThrottledException', 'RequestThrottled', 'RequestThrottledException', 'SlowDown'),
  ...list('throttled', 'TooManyRequestsException', 'BandwidthLimitExceeded'),
  ...list('quota', 'RouteLimitExceeded'),
  ...list('changed', 'RouteAlreadyExists', 'InvalidIPAddress.InUse'),
  ...list('unauthorized', 'UnauthorizedOperation', 'AccessDenied', 'AccessDeniedException', 'AuthFailure'),
  ...list('unauthorized', 'ExpiredToken', 'ExpiredTokenException', 'InvalidClientTokenId', 'Blocked'),
  ...list('unauthorized', 'UnrecognizedClientException', 'MissingAuthenticationToken', 'OptInRequired'),
  ...list('unauthorized', 'IncompleteSignature', 'SignatureDoesNotMatch', 'InvalidSignatureException'),
  ...list('unauthorized', 'RequestExpired', 'InvalidIdentityToken', 'PendingVerification'),
  ...list('unauthorized', 'CredentialsProviderError', 'TokenProviderError'),
  // Refused because of the state of something around it, or of the service: this passes, and nothing was done.
  ...list('transient', 'IncorrectState', 'IncorrectInstanceState', 'DependencyViolation', 'InvalidState'),
  ...list('transient', 'InvalidRoute.InvalidState', 'InvalidVpcState', 'ConcurrentTagAccess'),
  ...list('transient', 'Unavailable', 'ServiceUnavailable'),
  // A page of a reading that took too long: the next one starts anew.
  ...list('transient', 'InvalidPaginationToken', 'InvalidNextToken'),
])

function sentence(errorClass: ErrorClass, failure: Failure, action: Ec2Action): string {
  const { code, message, status, fromService } = failure
  const said =
    status === undefined || fromService
      ? `${inWords(message)} (${code})`
      : `HTTP ${status} with no answer of EC2: ${message}`
  switch (errorClass) {
    case 'unauthorized':
      return code === 'CredentialsProviderError'
        ? `no AWS credentials for ${action}: ${said}`
        : whatIsMissing(failure, action, said)
    case 'unknown-outcome':
      return `${action} may or may not have happened: ${said}`
    case 'quota':
      return `the route table is full: ${said}`
    case 'throttled':
      return `EC2 throttles ${action}: ${said}`
    case 'changed':
    case 'not-found':
    case 'invalid':
    case 'transient':
    case 'fatal':
      return `${action} failed: ${said}`
  }
}

function whatIsMissing({ code, message }: Failure, action: Ec2Action, said: string): string {
  const missing = missingPermission(message)
  if (missing === undefined) {
    const rest = isEncoded(message)
      ? '; why, it says in a form that only sts:DecodeAuthorizationMessage can read'
      : ''
    return `AWS does not allow ec2:${action} to these credentials: ${said}${rest}`
  }
  const { principal, resource, reason } = missing
  const where = resource === undefined ? '' : ` on ${resource}`
  const why = reason === undefined ? '' : `: ${reason}`
  return `the permission ${missing.action}${where} is missing for ${principal}${why} (${code})`
}
