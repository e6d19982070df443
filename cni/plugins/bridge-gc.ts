import type { Call } from '../call.ts'
import { collectMacGuards } from './mac-guard.ts'
import { collect as collectPairs } from './ptp-gc.ts'

/** GC, as of ptp, and of the rules for what pods may send. */
export function collect(call: Call): void {
  try {
    collectPairs(call)
  } finally {
    collectMacGuards(call)
  }
}
