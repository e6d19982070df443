import { UsageError } from '../usage.ts'

/**
 * `unreadable`: it is not there, or not for us · `syntax`: no YAML, or none of ours · `unknown-key` · `value`: a key that
 * there is, with what it can't be.
 */
export type ConfigFileProblem = 'unreadable' | 'syntax' | 'unknown-key' | 'value'

/** A configuration that can't be used. */
export class ConfigFileError extends UsageError {
  override readonly name = 'ConfigFileError'
  readonly problem: ConfigFileProblem
  readonly lines: readonly string[]

  /** @param lines one sentence for each thing that is wrong; never a secret */
  constructor(problem: ConfigFileProblem, lines: readonly string[], options?: ErrorOptions) {
    super(lines.join('\n'), options)
    this.problem = problem
    this.lines = lines
  }
}
