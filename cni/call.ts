import type { NetworkConfig } from './spec/config.ts'
import type { Environment } from './spec/environment.ts'
import type { System } from './sys.ts'

/** One call of a verb, with all that it was given. */
export interface Call {
  readonly system: System
  readonly environment: Environment
  readonly config: NetworkConfig
  /** It stands in for that reference plugin, and behaves like it where we would do otherwise. */
  readonly reference: boolean
}
