import type { Clock, Timer } from './clock.ts'
import type { EventDraft } from './event-series.ts'
import type { Logger } from './log.ts'

/** Why an Event, or a repetition of it, is not written. */
export type EventLoss =
  /** Too much was said about that object. */
  | 'rate'
  /** Too many wait. */
  | 'queue'
  /** The API server does not want it as it is. */
  | 'refused'
  /** Tried again and again, or until the time to end was up. */
  | 'failed'

/** What is lost within that time is told by one line. */
const collectMs = 60_000

/** Counts what is lost, and tells it by few lines, however much it is. */
export class EventLosses {
  readonly #clock: Clock
  readonly #log: Logger
  #counts: Partial<Record<EventLoss, number>> = {}
  #example: Readonly<Record<string, unknown>> = {}
  #timer: Timer | undefined

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock
    this.#log = log
  }

  add(why: EventLoss, { regarding, reason }: EventDraft, error?: unknown): void {
    this.#counts[why] = (this.#counts[why] ?? 0) + 1
    const { kind, name } = regarding
    // The last error says most; what has none says at least about whom.
    if (error !== undefined || this.#example.err === undefined)
      this.#example = { object: `${kind} ${name}`, reason, ...(error === undefined ? {} : { err: error }) }
    this.#timer ??= this.#clock.setTimeout(() => this.tell(), collectMs)
  }

  /** Tells at once what is not told yet. */
  tell(): void {
    if (this.#timer === undefined) return
    this.#timer.cancel()
    this.#timer = undefined
    this.#log.warn({ lost: this.#counts, example: this.#example }, 'Events are lost')
    this.#counts = {}
    this.#example = {}
  }
}
