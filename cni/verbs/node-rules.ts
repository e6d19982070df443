import type { Call } from '../call.ts'
import { setRules } from '../serve/rules.ts'

/** Only until the server is there: sets the rules that the configuration's `rules` has, and prints what changed. */
export const run = ({ system, config }: Call): void =>
  system.process.stdout(JSON.stringify(setRules(config.json.rules, system)))
