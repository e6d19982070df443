import type { Call } from '../call.ts'
import { status as ipamStatus } from './ipam-status.ts'
import { type StackedConfig, readStackedConfig } from './stacked-config.ts'

/**
 * STATUS: whether an ADD could be served.
 * @throws CniError as ADD would, and as IPAM does
 */
export function stackedStatus(call: Call, kind: StackedConfig['kind']): void {
  if (readStackedConfig(call, kind).hasIpam) ipamStatus(call)
}
