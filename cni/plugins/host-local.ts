import type { Call } from '../call.ts'
import { cooldownSecondsOf, readIpamConfig, reservationFolder } from '../ipam/config.ts'
import { type Rest, release, releaseOthers } from '../ipam/release.ts'
import { requireAllocation } from '../ipam/state.ts'
import { readValidAttachments } from '../spec/attachments.ts'

/** DEL of an IPAM plugin: gives all addresses of the attachment back, whatever the configuration's ranges are now. */
export function del(call: Call): void {
  release(call.system.files, reservationFolder(call.config), call.environment, restOf(call))
}

/** CHECK of an IPAM plugin: the attachment has an address. */
export function check({ system, config, environment, reference }: Call): void {
  readIpamConfig(config, environment.args, reference)
  requireAllocation(system.files, reservationFolder(config), environment)
}

/**
 * GC of an IPAM plugin: gives back what no valid attachment has. Without a word of which are valid, nothing happens.
 */
export function collect(call: Call): void {
  const valid = readValidAttachments(call.config.json)
  if (valid !== undefined)
    releaseOthers(call.system.files, reservationFolder(call.config), valid, restOf(call))
}

function restOf({ system, config, reference }: Call): Rest {
  const cooldownSeconds = cooldownSecondsOf(config, reference)
  return { cooldownSeconds, uptime: cooldownSeconds > 0 ? system.uptime() : 0 }
}
