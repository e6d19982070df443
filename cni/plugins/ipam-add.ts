import type { Call } from '../call.ts'
import type { Ipam } from '../ipam/ipam.ts'
import { formatResult } from '../spec/result.ts'

/** ADD of an IPAM plugin: assigns addresses and prints them, or takes them back when nobody reads that. */
export function add(call: Call, ipam: Ipam): void {
  const { addresses, routes = [], dns, giveBack } = ipam(call)()
  try {
    const result = { interfaces: [], ips: addresses, routes, dns }
    call.system.process.stdout(formatResult(result, call.config.cniVersion))
  } catch (error) {
    giveBack()
    throw error
  }
}
