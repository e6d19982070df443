import type { Fault } from '../../simulators/gce/faults.ts'
import type { CloudFault } from '../chaos-cloud.ts'

/** What the Compute Engine simulator does for it. */
export function faultOf(fault: Exclude<CloudFault, { kind: 'slow-operation' }>): Fault {
  switch (fault.kind) {
    case 'throttled':
      return { kind: 'error', status: 403, reason: 'rateLimitExceeded' }
    case 'server-error':
      return { kind: 'error', status: 500, reason: 'backendError' }
    case 'busy':
      return { kind: 'error', status: 400, reason: 'resourceNotReady' }
    case 'cut-before':
      return { kind: 'reset-before' }
    case 'cut-after':
      return { kind: 'reset-after' }
    case 'hang-before':
    case 'hang-after':
      return { kind: fault.kind }
    case 'stale':
      return { kind: 'stale', ms: fault.ms }
    case 'late-failure':
      return {
        kind: 'operation-error',
        error: {
          code: 'INTERNAL_ERROR',
          message: 'Internal error. Please try again or contact Google Support.',
          httpStatus: 500,
          httpMessage: 'INTERNAL SERVER ERROR',
        },
      }
  }
}
