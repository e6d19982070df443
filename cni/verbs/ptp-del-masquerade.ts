import type { Call } from '../call.ts'
import { tidyPods } from '../nftables/pod-tidying.ts'
import { del } from '../plugins/ptp-del.ts'

export async function run(call: Call): Promise<void> {
  if (del(call, { pods: tidyPods }) === 'has mappings') (await import('./ptp-del-ports.ts')).run(call)
}
