import type { Entry } from '../journal.ts'
import type { Sight } from './sight.ts'

/** One promise, kept under watch. A watch sees every entry before it takes effect; what it says is broken. */
export interface Invariant {
  readonly name: string
  /** What of the entry breaks it, in words: nothing, as a rule. */
  see(entry: Entry, sight: Sight): readonly string[]
  /** After the last entry. */
  end?(sight: Sight): readonly string[]
}

export interface Violation {
  readonly invariant: string
  /** Milliseconds of the world. */
  readonly at: number
  readonly by: string
  readonly what: string
}

/**
 * Between a controller's last look at something and the arrival of what it writes upon it lie two answers and a reading
 * that may be stale: what others did within that time it can't have known. EC2 has no conditional write.
 */
export const blinkMs = 14_000
