import type { NetworkConfig } from '../spec/config.ts'
import { optionalBoolean } from '../spec/json.ts'

/**
 * Whether STATUS fails when a range set is full, as the specification has it.
 * @throws CniError "config" (7)
 */
export const readStatusOnExhaustion = ({ json }: NetworkConfig): boolean =>
  optionalBoolean(json, 'statusOnExhaustion', 'statusOnExhaustion') ?? false
