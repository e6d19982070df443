import type { LogFields, Logger } from './log.ts'

export interface Failure {
  readonly level: 'warn' | 'error'
  /** What it is, without what differs each time (a request's id, a count): by it a repetition is known. */
  readonly what: string
  readonly fields: LogFields
  readonly message: string
}

/**
 * Tells a failure that comes back when it begins, and when it changes; its repetitions are told at `debug`. A permanent one
 * would otherwise fill the log, and nobody would see what is new.
 */
export class FailureLog<K extends string> {
  readonly #log: Logger
  readonly #told = new Map<K, string>()

  constructor(log: Logger) {
    this.#log = log
  }

  /** @param key of what fails: of one key, only the last failure is remembered */
  tell(key: K, { fields, level, message, what }: Failure): void {
    const repeated = this.#told.get(key) === what
    this.#told.set(key, what)
    this.#log[repeated ? 'debug' : level](fields, message)
  }

  /** It went well, or is of no interest any more: its next failure is told. Idempotent. */
  over(key: K): void {
    this.#told.delete(key)
  }
}
