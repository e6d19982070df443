import type { Plugin } from './plugin.ts'
import type { NetworkConfig } from './spec/config.ts'
import type { Environment } from './spec/environment.ts'
import type { System } from './sys.ts'

/** One call of a verb, with all that it was given. Plain data: it is handed from one bundle to another. */
export interface Call {
  readonly system: System
  readonly environment: Environment
  readonly config: NetworkConfig
  readonly plugin: Plugin
  /** It stands in for a reference plugin, and behaves like that where we would do otherwise. */
  readonly reference: boolean
}

/** What answers a verb: it returns when all is well, and throws what the runtime is to be told. */
export type Verb = (call: Call) => void | Promise<void>
