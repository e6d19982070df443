import type { Call } from '../call.ts'
import { readBridgeConfig } from './bridge-config.ts'
import { status as ipamStatus } from './ipam-status.ts'

/**
 * STATUS: whether an ADD could be served.
 * @throws CniError as ADD would, and as IPAM does
 */
export function status(call: Call): void {
  if (readBridgeConfig(call).hasIpam) ipamStatus(call)
}
