import type { Call } from '../call.ts'
import { status as ipamStatus } from './ipam-status.ts'
import { type StackedConfig, readStackedConfig } from './stacked-config.ts'

/**
 * STATUS: whether an ADD could be served.
 * @throws CniError as ADD would, and as IPAM does
 */
export const stackedStatus =
  (kind: StackedConfig['kind']) =>
  (call: Call): void => {
    if (readStackedConfig(call, kind).hasIpam) ipamStatus(call)
  }
