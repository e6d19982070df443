import type { Parameters } from './parameters.ts'
import type { State } from './state.ts'
import type { XmlFields } from './xml.ts'

/** One call of the API. */
export interface Action {
  readonly name: string
  /** Parameters without which it is refused; a list (`InstanceId.#`) needs one value. */
  readonly required: readonly string[]
  /** All others that it takes, on the wire's terms; `#` is a number. `DryRun` is everybody's. */
  readonly optional: readonly string[]
  /**
   * Checks the call against the state and changes nothing. What it returns does the work and tells the answer. In two
   * parts, so that a dry run can be nothing else than a call whose second part never happens.
   *
   * @throws Ec2Error
   */
  readonly prepare: (parameters: Parameters, context: Context) => () => XmlFields
}

export interface Context {
  readonly state: State
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly region: string
  /** Who owns everything: 12 digits. */
  readonly accountId: string
  readonly routeLimits: RouteLimits
}

/** Routes a table may have of each family, the local ones included. */
export interface RouteLimits {
  readonly v4: number
  readonly v6: number
}

export const DONE: XmlFields = { return: true }

export const availabilityZones = (region: string): readonly string[] => ['a', 'b', 'c'].map((z) => region + z)
