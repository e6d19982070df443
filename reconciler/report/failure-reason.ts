import type { ErrorClass } from '../../providers/errors.ts'

const reasons = {
  throttled: 'CloudThrottled',
  quota: 'RouteTableFull',
  changed: 'RouteChanged',
  'not-found': 'NotFound',
  unauthorized: 'CloudUnauthorized',
  invalid: 'RouteRefused',
  transient: 'CloudUnavailable',
  'unknown-outcome': 'OutcomeUnknown',
  fatal: 'Misconfigured',
} as const satisfies Readonly<Record<ErrorClass, string>>

/** One stable CamelCase word for a failure, for conditions, Events and the ledger: whatever the cloud calls it. */
export const failureReason = (errorClass: ErrorClass): FailureReason => reasons[errorClass]

export type FailureReason = (typeof reasons)[ErrorClass]

export const failureReasons: ReadonlySet<string> = new Set(Object.values(reasons))
