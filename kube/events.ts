import { backoffMs } from './backoff.ts'
import { delay, type Clock } from './clock.ts'
import { isAlreadyExists, isKubeError, isNotFound, isRetryable } from './errors.ts'
import { EventBudget } from './event-budget.ts'
import { EventLosses } from './event-losses.ts'
import {
  type EventDraft,
  type EventReporter,
  type EventSeries,
  keyOf,
  newEvent,
  seriesOf,
  withinLimits,
} from './event-series.ts'
import type { KubeEvent } from './event.ts'
import type { Logger } from './log.ts'
import type { Resource } from './resource.ts'
import { WorkQueue } from './work-queue.ts'

export interface EventRecorderOptions extends EventReporter {
  readonly events: Pick<Resource<KubeEvent>, 'create' | 'patch'>
  readonly clock: Clock
  /** A number from 0 to below 1. */
  readonly random: () => number
  readonly log: Logger
}

/** What happens again within that time is the same Event (client-go: finishTime). */
const windowMs = 360_000
/** The first repetition is told after the first time, further ones after the second. */
const firstRepeatMs = 10_000
const nextRepeatMs = 300_000
/** Events that are not created yet; further ones are lost. */
const maxWaiting = 1000
/** Events that may be repeated; the oldest is forgotten for a new one. */
const maxSeries = 4096
const maxFailures = 12
const backoff = { baseMs: 1000, maxMs: 30_000 }
/** However long a server asks us to wait. */
const maxRetryAfterMs = 60_000
const requestTimeoutMs = 10_000
const closeMs = 5000

/**
 * Writes Events to events.k8s.io/v1, so that `kubectl describe` shows them. They are for people, and never worth a delay or an
 * error: recording only takes note, one writer does the rest, and what it can't write is counted and logged.
 *
 * - What happens again is the same Event with a count, told soon after the first repetition, then every five minutes.
 * - About one object 25 new Events of a type may be written at once, then one in five minutes.
 * - A request that fails is made again up to 12 times, after pauses that hold for all; one that is refused is not.
 *
 * Upstream's route controller took a route for made when it had nothing to record with
 * (kubernetes/cloud-provider, route_controller.go): nothing may depend on what becomes of an Event.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions
  readonly #budget: EventBudget
  readonly #losses: EventLosses
  readonly #queue: WorkQueue<string>
  /** Those seen least recently come first. */
  readonly #series = new Map<string, EventSeries>()
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  /** Cuts a pause short. */
  #hurry = new AbortController()
  /** Not created yet. */
  #waiting = 0
  /** Requests in a row that may succeed later. */
  #failures = 0
  #named = 0
  #closing: Promise<void> | undefined
  #written: (() => void) | undefined

  constructor(options: EventRecorderOptions) {
    const { clock, log, random } = options
    this.#options = options
    this.#budget = new EventBudget(clock)
    this.#losses = new EventLosses(clock, log)
    this.#queue = new WorkQueue({ clock, random, backoff })
    this.#running = this.#run(this.#stop.signal)
  }

  /** Takes note and returns. Never throws, never waits. */
  record(draft: EventDraft): void {
    try {
      this.#record(withinLimits(draft))
    } catch (error) {
      this.#options.log.error({ err: error }, 'an Event cannot be recorded: going on')
    }
  }

  /**
   * Takes no more, and writes what is not written yet, for five seconds at most, or until the signal aborts. Never rejects.
   * Idempotent: the first call counts.
   */
  close(signal?: AbortSignal): Promise<void> {
    this.#closing ??= this.#close(signal)
    return this.#closing
  }

  #record(draft: EventDraft): void {
    const { clock, log } = this.#options
    if (this.#closing !== undefined) {
      const { reason, regarding } = draft
      log.debug({ object: `${regarding.kind} ${regarding.name}`, reason }, 'an Event after the end: dropped')
      return
    }
    this.#forgetOld()
    const key = keyOf(draft)
    const series = this.#series.get(key)
    if (series === undefined) {
      this.#begin(key, draft)
      return
    }
    series.count++
    series.lastObserved = clock.now()
    series.lastSeenAt = clock.monotonic()
    this.#series.delete(key)
    this.#series.set(key, series)
    if (!series.inWork) this.#schedule(key, series)
  }

  #begin(key: string, draft: EventDraft): void {
    if (this.#waiting >= maxWaiting) {
      this.#losses.add('queue', draft)
      return
    }
    const { clock } = this.#options
    if (!this.#budget.take(draft.regarding, draft.type)) {
      this.#losses.add('rate', draft)
      return
    }
    const lastObserved = clock.now()
    const event = newEvent(draft, this.#options, lastObserved, this.#unique(lastObserved))
    const lastSeenAt = clock.monotonic()
    const unwritten = { count: 1, written: 0, writtenAt: 0, failures: 0, inWork: true }
    this.#series.set(key, { draft, event, lastObserved, lastSeenAt, ...unwritten })
    this.#waiting++
    this.#queue.add(key)
  }

  /** A repetition is due as long after the last write as its number says. */
  #schedule(key: string, { written, writtenAt }: EventSeries): void {
    const dueAt = writtenAt + (written === 1 ? firstRepeatMs : nextRepeatMs)
    this.#queue.addAfter(key, dueAt - this.#options.clock.monotonic())
  }

  #forgetOld(): void {
    const now = this.#options.clock.monotonic()
    for (const [key, series] of this.#series) {
      const old = now - series.lastSeenAt >= windowMs
      if (!old && this.#series.size < maxSeries) return
      if (series.written === 0 || (old && series.count > series.written)) continue
      this.#forget(key, series, 'queue')
    }
  }

  /** Whatever of it is not written is lost. */
  #forget(key: string, series: EventSeries, why: 'queue' | 'failed' | 'refused', error?: unknown): void {
    if (series.count > series.written) this.#losses.add(why, series.draft, error)
    if (series.written === 0) this.#waiting--
    this.#series.delete(key)
  }

  async #run(signal: AbortSignal): Promise<void> {
    for (let key = await this.#queue.next(signal); key !== undefined; key = await this.#queue.next(signal)) {
      const series = this.#series.get(key)
      if (series !== undefined && series.count > series.written) await this.#attempt(key, series, signal)
      this.#queue.done(key)
      this.#tellWhenWritten()
    }
  }

  async #attempt(key: string, series: EventSeries, signal: AbortSignal): Promise<void> {
    const { log } = this.#options
    series.inWork = true
    try {
      await this.#write(series, signal)
      this.#failures = 0
      series.failures = 0
      series.inWork = false
      if (series.count > series.written) this.#schedule(key, series)
    } catch (error) {
      if (signal.aborted) return
      series.failures++
      if (!isRetryable(error)) {
        this.#forget(key, series, 'refused', error)
        return
      }
      this.#failures++
      if (this.#failures === 1) log.warn({ err: error }, 'cannot write an Event: trying again')
      if (series.failures >= maxFailures) this.#forget(key, series, 'failed', error)
      else this.#queue.add(key)
      await this.#pause(error, signal)
    }
  }

  async #write(series: EventSeries, signal: AbortSignal): Promise<void> {
    const { clock, events } = this.#options
    const { count, event } = series
    const { name, namespace = 'default' } = event.metadata
    const call = { namespace, signal, timeoutMs: requestTimeoutMs }
    const told = seriesOf(series)
    let written = count
    if (series.written > 0) {
      try {
        await events.patch(name, told, { ...call, type: 'merge' })
      } catch (error) {
        // Events are kept for an hour only, by default.
        if (!isNotFound(error)) throw error
        await events.create({ ...event, ...told }, call)
      }
    } else {
      try {
        await events.create({ ...event, ...told }, call)
      } catch (error) {
        // The attempt before happened, and its answer was lost: with which count is not known.
        if (!isAlreadyExists(error) || series.failures === 0) throw error
        written = 1
      }
      this.#waiting--
    }
    series.written = written
    series.writtenAt = clock.monotonic()
  }

  async #pause(error: unknown, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options
    const asked = isKubeError(error) ? Math.min(error.retryAfterMs ?? 0, maxRetryAfterMs) : 0
    const ms = Math.max(backoffMs(this.#failures, backoff, random), asked)
    await delay(clock, ms, AbortSignal.any([signal, this.#hurry.signal]))
  }

  async #close(signal: AbortSignal | undefined): Promise<void> {
    const written = new Promise<void>((resolve) => (this.#written = resolve))
    const late = new AbortController()
    const end = (): void => late.abort()
    const timer = this.#options.clock.setTimeout(end, closeMs)
    signal?.addEventListener('abort', end, { once: true })
    if (signal?.aborted === true) end()
    else this.#makeHaste()
    await Promise.race([written, aborted(late.signal)])
    timer.cancel()
    signal?.removeEventListener('abort', end)
    this.#stop.abort()
    this.#queue.shutDown()
    await this.#running
    for (const [key, series] of this.#series) this.#forget(key, series, 'failed')
    this.#losses.tell()
  }

  /** Everything is due now, and a pause that goes on is over. */
  #makeHaste(): void {
    this.#failures = 0
    this.#hurry.abort()
    this.#hurry = new AbortController()
    for (const [key, series] of this.#series) if (series.count > series.written) this.#queue.add(key)
    this.#tellWhenWritten()
  }

  #tellWhenWritten(): void {
    if (this.#written === undefined) return
    for (const { count, written } of this.#series.values()) if (count > written) return
    this.#written()
  }

  /** 16 characters: the time, and what tells Events of one millisecond and of two processes apart. */
  #unique(now: number): string {
    this.#named = (this.#named + 1) % 0x1000
    const number = Math.floor(this.#options.random() * 0x100)
    const hex = (value: number, digits: number): string =>
      value.toString(16).padStart(digits, '0').slice(-digits)
    return `${hex(now, 11)}${hex(this.#named, 3)}${hex(number, 2)}`
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
