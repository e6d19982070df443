import { status } from '../plugins/ptp-status.ts'
import type { System } from '../sys.ts'
import { runVerb } from '../verb.ts'

export const run = (system: System): number => runVerb(system, status)
