import type { Call } from '../call.ts'
import { tidyPods } from '../nftables/pod-tidying.ts'
import { endMappings } from '../plugins/ports-removal.ts'
import { del } from '../plugins/ptp-del.ts'
import { hasPorts } from '../spec/capability.ts'

/** With what ends rules. Those of ports are looked for where the runtime tells of any, or the pod turns out to have them. */
export function run(call: Call): void {
  const whole = { pods: tidyPods, ports: endMappings }
  if (hasPorts(call.config) || del(call, { pods: tidyPods }) === 'has mappings') del(call, whole)
}
