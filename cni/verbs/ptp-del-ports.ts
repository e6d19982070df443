import type { Call } from '../call.ts'
import { tidyPods } from '../nftables/pod-tidying.ts'
import { endMappings } from '../plugins/ports-removal.ts'
import { del } from '../plugins/ptp-del.ts'

export const run = (call: Call): void => void del(call, { pods: tidyPods, ports: endMappings })
