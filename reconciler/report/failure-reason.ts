import type { ErrorClass } from '../../providers/errors.ts'
import type { EventReason } from './event-reasons.ts'

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
} as const satisfies Readonly<Record<ErrorClass, EventReason>>

/** One stable CamelCase word for a failure, for conditions, Events and the ledger: whatever the cloud calls it. */
export const failureReason = (errorClass: ErrorClass): FailureReason => reasons[errorClass]

export type FailureReason = (typeof reasons)[ErrorClass]

/** What a record says of a failure. It may have been written by another version, or by hand. */
export const readFailureReason = (text: string): FailureReason =>
  Object.values(reasons).find((reason) => reason === text) ?? 'RouteRefused'

export const failureReasons: ReadonlySet<string> = new Set(Object.values(reasons))
