import type { Call } from '../call.ts'
import { readStaticConfig, requireStaticAddresses } from '../ipam/static.ts'
import { CniError, ErrorCode } from '../spec/error.ts'
import { readPrevious } from '../spec/previous.ts'

/** CHECK of the IPAM plugin that gives what the configuration names: the previous result says the same. */
export function check(call: Call): void {
  const configured = readStaticConfig(call)
  const previous = readPrevious(call.config.json)
  if (previous === undefined) throw new CniError(ErrorCode.internal, 'Required prevResult missing')
  requireStaticAddresses(configured, previous.ips, call.environment.ifName)
}
