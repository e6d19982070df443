import { requireFreeAddress } from '../ipam/host-local.ts'
import type { Call } from '../call.ts'
import { readPtpConfig } from './ptp-config.ts'

/**
 * STATUS: whether an ADD could be served: the configuration is valid, and each range set has a free address.
 * @throws CniError as ADD would, "not available" (50) if a range set is exhausted
 */
export function status(call: Call): void {
  requireFreeAddress(call.system.files, readPtpConfig(call).ipam)
}
