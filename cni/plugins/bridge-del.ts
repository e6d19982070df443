import type { Call } from '../call.ts'
import { tidyPods } from '../nftables/pod-tidying.ts'
import { endMacGuard } from './mac-guard.ts'
import { endMappings } from './ports-removal.ts'
import { del as delPair } from './ptp-del.ts'

/**
 * DEL, as of ptp; then the rule for what the pod may send goes, when nothing can be sent any more. The bridge stays, and
 * the gateway's addresses: they are the machine's.
 */
export function del(call: Call): void {
  try {
    delPair(call, { pods: tidyPods, ports: endMappings })
  } finally {
    endMacGuard(call)
  }
}
