import type { Fault } from '../simulators/arm/faults.ts'
import type { Failure, FailingCall } from './provider-world.ts'

/** The operation of ARM that the Azure provider carries a call out with. */
export const operationOf: Readonly<Record<FailingCall, string>> = {
  create: 'RouteTables_CreateOrUpdate',
  replace: 'RouteTables_CreateOrUpdate',
  delete: 'RouteTables_CreateOrUpdate',
  list: 'RouteTables_Get',
}

/** How a failure looks when ARM has it. */
export const faultOf: Readonly<Record<Failure, Fault>> = {
  throttled: { kind: 'error', status: 429, code: 'TooManyRequests' },
  unauthorized: { kind: 'error', status: 403, code: 'AuthorizationFailed' },
  quota: { kind: 'error', status: 400, code: 'RouteCountLimitReached' },
  lost: { kind: 'reset-after' },
}
