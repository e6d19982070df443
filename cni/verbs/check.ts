import { check } from '../plugins/ptp-check.ts'
import type { System } from '../sys.ts'
import { runVerb } from '../verb.ts'

export const run = (system: System): number => runVerb(system, check)
