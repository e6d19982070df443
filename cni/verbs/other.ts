import type { System } from '../sys.ts'
import { runVerb } from '../verb.ts'

/**
 * GC, and verbs that do not exist. Nothing is collected yet; the specification wants success of a plugin that has
 * nothing to do.
 */
export const run = (system: System): number => runVerb(system, () => undefined)
