import type { Call } from '../call.ts'
import { status as ipamStatus } from './ipam-status.ts'
import { readPtpConfig } from './ptp-config.ts'

/**
 * STATUS: whether an ADD could be served.
 * @throws CniError as ADD would, and as IPAM does
 */
export function status(call: Call): void {
  readPtpConfig(call)
  ipamStatus(call)
}
