import { neverSent } from '../connection-errors.ts'
import { type ErrorClass, ProviderError } from '../errors.ts'
import { type ArmAnswer, type ArmRequest, isWrite } from './arm-api.ts'
import { forbiddingPolicy, missingPermission } from './refusal.ts'
import type { WireError } from './wire.ts'

/** What became of a call that was answered with a refusal. By code and status, never by text. */
export function classifyAnswer({ body, headers, status }: ArmAnswer, request: ArmRequest): ProviderError {
  const error = (body as { readonly error?: WireError } | undefined)?.error
  const fromArm = typeof error?.code === 'string'
  const failure = {
    error: error ?? {},
    status,
    action: request.operation,
    requestId: headers['x-ms-request-id'] ?? headers['x-ms-correlation-request-id'],
    retryAfterMs: retryAfterOf(headers),
  }
  if (fromArm) return refused(classOf(failure, isWrite(request)), failure)
  // A proxy let nothing through, or a gateway gave up: of the latter nobody knows what was done behind it.
  const errorClass =
    status === 429 ? 'throttled' : status < 500 || !isWrite(request) ? 'transient' : 'unknown-outcome'
  return refused(errorClass, {
    ...failure,
    error: { code: `HTTP ${status}`, message: 'an answer that is not of ARM' },
  })
}

/** How an operation ended that went on behind a write. `status`: `Failed`, `Canceled`. */
export function classifyEnd(status: string, error: WireError | undefined, action: string): ProviderError {
  const failure: Failure = {
    error: { message: 'it did not say why', ...error, code: error?.code ?? status },
    status: undefined,
    action,
    requestId: undefined,
    retryAfterMs: undefined,
  }
  // Of a code that is not known: what the table holds now is marked as failed, and the next write mends it.
  const unknown = isAboutContent.test(failure.error.code ?? '') ? 'invalid' : 'transient'
  return refused(known(failure) ?? (status === 'Canceled' ? 'changed' : unknown), failure)
}

/** What a write says is wrong, though it was accepted: the status that would tell so is that of an answer. */
const isAboutContent = /^Invalid|(NotSupported|NotAllowed)$/

/** What became of a call without answer. */
export function classifyThrown(error: unknown, { operation, ...request }: ArmRequest): ProviderError {
  if (error instanceof ProviderError) return error
  const { code, errorResponse, message = String(error), name = '', statusCode } = (error ?? {}) as Thrown
  const said = message.split('\n', 1).join().slice(0, 500)
  const thrown = (errorClass: ErrorClass, text: string, ownCode: string): ProviderError =>
    new ProviderError(errorClass, text, { code: ownCode, action: operation, cause: error })
  if (credentialErrors.has(name)) {
    // Whoever issues tokens may have a bad minute as well.
    const passes = statusCode === 429 || (statusCode !== undefined && statusCode >= 500)
    const what = `no Azure credentials for ${operation}: ${said}`
    return thrown(passes ? 'transient' : 'unauthorized', what, errorResponse?.error ?? name)
  }
  const ownCode = typeof code === 'string' ? code : name
  if (neverSent.has(ownCode) || !isWrite({ operation, ...request }))
    return thrown('transient', `${operation} failed: ${said} (${ownCode})`, ownCode)
  return thrown('unknown-outcome', `${operation} may or may not have happened: ${said} (${ownCode})`, ownCode)
}

/** The parts of the SDK's and of Node's errors that are of use here, all of them optional. */
interface Thrown {
  readonly name?: string
  readonly message?: string
  readonly code?: unknown
  readonly statusCode?: number
  /** Of the token's issuer. */
  readonly errorResponse?: { readonly error?: string }
}

const credentialErrors: ReadonlySet<string> = new Set([
  'CredentialUnavailableError',
  'AuthenticationError',
  'AuthenticationRequiredError',
  'AggregateAuthenticationError',
])

interface Failure {
  readonly error: WireError
  /** Of the answer; undefined of an operation behind it. */
  readonly status: number | undefined
  readonly action: string
  readonly requestId: string | undefined
  readonly retryAfterMs: number | undefined
}

function classOf(failure: Failure & { readonly status: number }, write: boolean): ErrorClass {
  const errorClass = known(failure)
  if (errorClass !== undefined) return errorClass
  switch (failure.status) {
    case 401:
    case 403:
      return 'unauthorized'
    case 404:
      return 'not-found'
    case 408:
      return write ? 'unknown-outcome' : 'transient'
    case 409:
      return 'transient'
    case 412:
      return 'changed'
    case 429:
      return 'throttled'
    default:
      if (failure.status < 500) return 'invalid'
      return write ? 'unknown-outcome' : 'transient'
  }
}

/** What the code, or that of a detail, says more exactly than the status. The details come first: `RetryableError` is one of several. */
function known({ error }: Failure): ErrorClass | undefined {
  const all = [...(error.details ?? []).map(({ code }) => code), error.code].filter(
    (code) => code !== undefined,
  )
  for (const code of all) {
    const errorClass = codes.get(code)
    if (errorClass !== undefined) return errorClass
    if (isQuota.test(code)) return 'quota'
  }
  return undefined
}

/**
 * No page tells what a full route table answers. All limits of Microsoft.Network that others have met are of one form:
 * `SecurityRuleCountLimitReached` (https://github.com/Azure/azure-rest-api-specs/issues/3003), `PublicIPCountLimitReached`
 * (https://learn.microsoft.com/en-us/azure/azure-resource-manager/troubleshooting/common-deployment-errors); the others
 * are ARM's own.
 */
const isQuota = /(LimitReached|LimitExceeded|QuotaExceeded|QuotaReached|ExceedsLimitDueToTemplate)$/

const list = (errorClass: ErrorClass, ...names: readonly string[]): [string, ErrorClass][] =>
  names.map((name) => [name, errorClass])

/**
 * Source: https://learn.microsoft.com/en-us/azure/azure-resource-manager/troubleshooting/common-deployment-errors, and what
 * others have met.
 */
const codes: ReadonlyMap<string, ErrorClass> = new Map([
  ...list('throttled', 'TooManyRequests', 'SubscriptionRequestsThrottled', 'TooManyRequestsReceived'),
  // One update of a resource at a time: it passes, and says nothing of how much may be asked.
  ...list(
    'transient',
    'RetryableErrorDueToAnotherOperation',
    'ReferencedResourceNotProvisioned',
    'RetryableError',
  ),
  ...list('transient', 'AnotherOperationInProgress', 'OperationPreempted', 'ConcurrentOperation'),
  // https://github.com/kubernetes-sigs/cloud-provider-azure/issues/657: built on a table that is not there any more.
  ...list('changed', 'RouteConflict', 'PreconditionFailed', 'PreconditionFailedEtagMismatch'),
  ...list('changed', 'CanceledAndSupersededDueToAnotherOperation'),
  // A policy answers 403, and has answered 409: https://github.com/Azure/AKS/issues/2681
  ...list(
    'unauthorized',
    'RequestDisallowedByPolicy',
    'ScopeLocked',
    'AuthorizationFailed',
    'LinkedAuthorizationFailed',
  ),
  ...list('unauthorized', 'ExpiredAuthenticationToken', 'InvalidAuthenticationToken', 'AuthenticationFailed'),
  ...list(
    'unauthorized',
    'InvalidAuthenticationTokenTenant',
    'ReadOnlyDisabledSubscription',
    'SubscriptionNotRegistered',
    'MissingSubscriptionRegistration',
  ),
  ...list('not-found', 'ResourceNotFound', 'ResourceGroupNotFound', 'SubscriptionNotFound', 'NotFound'),
])

function refused(errorClass: ErrorClass, failure: Failure): ProviderError {
  const { action, requestId, retryAfterMs } = failure
  return new ProviderError(errorClass, sentence(errorClass, failure), {
    // Of a wrapper, the code inside says what it is.
    code: failure.error.details?.[0]?.code ?? failure.error.code ?? 'Unknown',
    action,
    ...(requestId !== undefined && { requestId }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
}

function sentence(errorClass: ErrorClass, { action, error }: Failure): string {
  const [detail] = error.details ?? []
  const said = `${detail?.message ?? error.message ?? ''} (${detail?.code ?? error.code ?? ''})`
  switch (errorClass) {
    case 'unauthorized':
      return forbiddingPolicy(error) ?? missingPermission(error) ?? `Azure does not allow ${action}: ${said}`
    case 'unknown-outcome':
      return `${action} may or may not have happened: ${said}`
    case 'quota':
      return `the route table is full: ${said}`
    case 'throttled':
      return `Azure throttles ${action}: ${said}`
    case 'changed':
      return `somebody else changed it, nothing was written: ${said}`
    case 'not-found':
    case 'invalid':
    case 'transient':
    case 'fatal':
      return `${action} failed: ${said}`
  }
}

/** Seconds, as ARM has it; a date, as HTTP allows, is of no use without its clock. */
export function retryAfterOf(headers: Readonly<Record<string, string>>): number | undefined {
  const seconds = Number(headers['retry-after'])
  return seconds > 0 ? seconds * 1000 : undefined
}
