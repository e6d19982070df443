import type { Call } from '../call.ts'
import { readIpamConfig } from '../ipam/config.ts'
import { readStatusOnExhaustion } from '../ipam/exhaustion.ts'
import { requireRoom } from '../ipam/state.ts'
import { readStaticConfig } from '../ipam/static.ts'

/**
 * STATUS: whether an ADD could get addresses.
 * @throws CniError as ADD would, "not available" (50) as {@link requireRoom} says
 */
export function status(call: Call): void {
  const { system, config, environment, reference } = call
  const statusOnExhaustion = readStatusOnExhaustion(config)
  if (config.ipamType === 'static') readStaticConfig(call)
  else requireRoom(system.files, readIpamConfig(config, environment.args, reference), { statusOnExhaustion })
}
