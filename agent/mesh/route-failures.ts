import { backoffMs } from '../../kube/backoff.ts'
import type { Clock } from '../../kube/clock.ts'
import { FailureLog } from '../../kube/failure-log.ts'
import type { LogFields, Logger } from '../../kube/log.ts'
import type { ProviderError } from '../../providers/errors.ts'
import type { Change } from '../../providers/provider.ts'
import { formatTarget } from '../../providers/route.ts'
import { retryOf } from '../../reconciler/apply/retry.ts'
import type { DestinationKey } from '../../reconciler/ledger/record.ts'

const backoff = { baseMs: 200, maxMs: 60_000 } as const
/** The program goes on whatever the kernel says: it has other things to keep. */
const neverMs = 300_000

export interface RouteFailuresOptions {
  readonly clock: Clock
  readonly random: () => number
  readonly log: Logger
}

interface Failure {
  /** Of the change that failed: another one is made at once. */
  readonly change: string
  readonly count: number
  readonly dueAt: number
  readonly message: string
}

/** Changes that the kernel, or the way to it, refused: each comes again on its own schedule, by the class of its failure. */
export class RouteFailures {
  readonly #options: RouteFailuresOptions
  readonly #log: FailureLog<DestinationKey>
  readonly #failures = new Map<DestinationKey, Failure>()

  constructor(options: RouteFailuresOptions) {
    this.#options = options
    this.#log = new FailureLog(options.log)
  }

  failed(key: DestinationKey, change: Change, error: ProviderError, fields: LogFields): void {
    const text = textOf(change)
    const before = this.#failures.get(key)
    const count = before?.change === text ? before.count + 1 : 1
    const dueAt = this.#options.clock.monotonic() + this.#delayMs(error, count)
    this.#failures.set(key, { change: text, count, dueAt, message: error.message })
    this.#log.tell(key, {
      level: 'warn',
      what: `${error.class} ${error.code}`,
      fields: { ...fields, op: change.op, err: error },
      message: 'a route could not be written: trying again',
    })
  }

  /** It went well, or is of no interest any more. Idempotent. */
  over(key: DestinationKey): void {
    this.#failures.delete(key)
    this.#log.over(key)
  }

  /** The other destinations are of no interest any more. */
  keepOnly(keys: ReadonlySet<DestinationKey>): void {
    for (const key of [...this.#failures.keys()]) if (!keys.has(key)) this.over(key)
  }

  /** How long this change has to wait; 0 if it may be tried. */
  waitMs(key: DestinationKey, change: Change): number {
    const failure = this.#failures.get(key)
    if (failure?.change !== textOf(change)) return 0
    return Math.max(0, failure.dueAt - this.#options.clock.monotonic())
  }

  messageOf(key: DestinationKey): string | undefined {
    return this.#failures.get(key)?.message
  }

  /** Until the first is due. */
  nextMs(): number {
    const now = this.#options.clock.monotonic()
    return Math.max(0, Math.min(...[...this.#failures.values()].map(({ dueAt }) => dueAt - now)))
  }

  #delayMs(error: ProviderError, count: number): number {
    const retry = retryOf(error)
    switch (retry.kind) {
      case 'after':
        return retry.ms
      case 'never':
        return neverMs
      case 'soon':
      case 'reread':
      case 'turn':
        return backoffMs(count, backoff, this.#options.random)
    }
  }
}

const textOf = (change: Change): string =>
  [
    change.op,
    change.op === 'create' ? '' : formatTarget(change.from),
    change.op === 'delete' ? '' : formatTarget(change.target),
  ].join(' ')
