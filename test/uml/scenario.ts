import type { Place } from './place.ts'

/** Something that plugins do on a kernel that has all devices. It throws where it does not come out as it should. */
export interface Scenario {
  readonly name: string
  readonly run: (place: Place) => void
  /** The reference plugins fail at it. */
  readonly oursAlone?: true
}

/** What the guest says of a scenario. */
export interface Verdict {
  readonly name: string
  /** The results that ADD printed. */
  readonly printed: readonly unknown[]
  /** What was wrong; absent if nothing. */
  readonly problem?: string
}
