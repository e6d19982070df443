import type { Fault } from '../simulators/gce/faults.ts'
import type { Failure, FailingCall } from './provider-world.ts'

/** The first write, or the reading, by which the Google provider carries a call out. */
export const methodOf: Readonly<Record<FailingCall, string>> = {
  create: 'routes.insert',
  replace: 'routes.insert',
  delete: 'routes.delete',
  list: 'routes.list',
}

/** How a failure looks when Compute Engine has it. */
export const faultOf: Readonly<Record<Failure, Fault>> = {
  throttled: { kind: 'error', status: 403, reason: 'rateLimitExceeded' },
  unauthorized: { kind: 'error', status: 403, reason: 'forbidden' },
  quota: {
    kind: 'operation-error',
    error: {
      code: 'QUOTA_EXCEEDED',
      message: "Quota 'STATIC_ROUTES_PER_NETWORK' exceeded.",
      httpStatus: 403,
      httpMessage: 'FORBIDDEN',
    },
  },
  lost: { kind: 'reset-after' },
}
