import { backoffMs, type BackoffOptions } from './backoff.ts'
import type { Clock, Timer } from './clock.ts'
import { FailureLog } from './failure-log.ts'
import type { Logger } from './log.ts'

export interface WorkQueueOptions<K> {
  readonly clock: Clock
  /** A number from 0 to below 1. */
  readonly random: () => number
  /** For {@link WorkQueue.retry}. */
  readonly backoff: BackoffOptions
  /** A small whole number: of the keys that are due, those of a lower one go first. All are equal without it. */
  readonly rank?: (key: K) => number
}

export interface AgedKey<K> {
  readonly key: K
  readonly ms: number
}

/**
 * Keys that wait for work, as client-go's workqueue, with due times.
 *
 * - A key is in work at most once at a time, and waits at most once: many adds before it is taken are one.
 * - An add while the key is in work brings it back after `done`: what happened meanwhile is never missed.
 * - First come, first served, by the time a key became due, among the keys of one rank.
 * - A key may be ready or in work and have a due time as well; it then comes again at that time.
 */
export class WorkQueue<K extends string> {
  readonly #options: WorkQueueOptions<K>
  /** By rank: since when, by the monotonic clock; the oldest first. */
  readonly #ready: (Map<K, number> | undefined)[] = []
  readonly #inWork = new Map<K, number>()
  /** Added while in work. */
  readonly #again = new Set<K>()
  readonly #delayed = new Map<K, { readonly due: number; readonly timer: Timer }>()
  readonly #failures = new Map<K, number>()
  readonly #waiting = new Set<(key: K | undefined) => void>()
  #shutDown = false

  constructor(options: WorkQueueOptions<K>) {
    this.#options = options
  }

  /** Keys that are due and not in work. */
  get length(): number {
    return this.#ready.reduce((sum, keys) => sum + (keys?.size ?? 0), 0)
  }

  /** Keys whose time is yet to come. */
  get delayed(): number {
    return this.#delayed.size
  }

  /** Keys taken and not done. */
  get inWork(): number {
    return this.#inWork.size
  }

  /** Takers that have nothing to do. */
  get idle(): number {
    return this.#waiting.size
  }

  /** Of the keys that are due and not in work, the one that has waited longest. */
  oldestReady(): AgedKey<K> | undefined {
    return this.#ready
      .flatMap((keys) => (keys && this.#oldest(keys)) ?? [])
      .reduce<AgedKey<K> | undefined>((a, b) => (a === undefined || b.ms > a.ms ? b : a), undefined)
  }

  /** The key that is in work for the longest time. */
  oldestInWork(): AgedKey<K> | undefined {
    return this.#oldest(this.#inWork)
  }

  /** How many times in a row {@link retry} was called for the key. */
  failures(key: K): number {
    return this.#failures.get(key) ?? 0
  }

  add(key: K): void {
    if (this.#shutDown) return
    if (this.#inWork.has(key)) {
      this.#again.add(key)
      return
    }
    const ready = (this.#ready[this.#options.rank?.(key) ?? 0] ??= new Map())
    if (!ready.has(key)) ready.set(key, this.#options.clock.monotonic())
    this.#hand()
  }

  /** Adds the key when `ms` milliseconds have passed. Of several due times of a key, the earliest holds. */
  addAfter(key: K, ms: number): void {
    if (this.#shutDown) return
    const { clock } = this.#options
    const due = clock.monotonic() + Math.max(0, ms)
    const earlier = this.#delayed.get(key)
    if (earlier !== undefined && earlier.due <= due) return
    earlier?.timer.cancel()
    if (ms <= 0) {
      this.#delayed.delete(key)
      this.add(key)
      return
    }
    const timer = clock.setTimeout(() => {
      this.#delayed.delete(key)
      this.add(key)
    }, ms)
    this.#delayed.set(key, { due, timer })
  }

  /** Adds the key after a wait that grows with each call, until {@link forget}. Returns that wait in milliseconds. */
  retry(key: K): number {
    const failures = this.failures(key) + 1
    if (!this.#shutDown) this.#failures.set(key, failures)
    const ms = backoffMs(failures, this.#options.backoff, this.#options.random)
    this.addAfter(key, ms)
    return ms
  }

  /** The key went well: its next failure counts as the first. A due time it has stays. */
  forget(key: K): void {
    this.#failures.delete(key)
  }

  /** The next key that is due, then in work until {@link done}; undefined after an abort or {@link shutDown}. */
  next(signal: AbortSignal): Promise<K | undefined> {
    return new Promise((resolve) => {
      if (this.#shutDown || signal.aborted) {
        resolve(undefined)
        return
      }
      const settle = (key: K | undefined): void => {
        this.#waiting.delete(settle)
        signal.removeEventListener('abort', abort)
        resolve(key)
      }
      const abort = (): void => settle(undefined)
      signal.addEventListener('abort', abort, { once: true })
      this.#waiting.add(settle)
      this.#hand()
    })
  }

  /** The work on a key that {@link next} gave is over, well or not. */
  done(key: K): void {
    this.#inWork.delete(key)
    if (this.#again.delete(key)) this.add(key)
  }

  /** Drops all keys and due times, ends all waiting, takes no more. What is in work may still be `done`. Idempotent. */
  shutDown(): void {
    this.#shutDown = true
    this.#ready.length = 0
    this.#again.clear()
    this.#failures.clear()
    for (const { timer } of this.#delayed.values()) timer.cancel()
    this.#delayed.clear()
    for (const settle of [...this.#waiting]) settle(undefined)
  }

  #hand(): void {
    for (const ready of this.#ready) {
      if (ready === undefined) continue
      for (const key of ready.keys()) {
        const [settle] = this.#waiting
        if (settle === undefined) return
        ready.delete(key)
        this.#inWork.set(key, this.#options.clock.monotonic())
        settle(key)
      }
    }
  }

  #oldest(since: ReadonlyMap<K, number>): AgedKey<K> | undefined {
    const [first] = since
    return first && { key: first[0], ms: this.#options.clock.monotonic() - first[1] }
  }
}

/**
 * Works off the queue, `count` keys at a time, until the signal aborts or the queue is shut down; resolves when the last
 * handler has ended. The handler gets one key and says itself how it went: `forget` it, or `addAfter`, or `retry`. One that
 * throws is logged and its key retried; it never stops a worker nor delays another key. What fails in the same way again is
 * logged at `debug`.
 */
export async function runWorkers<K extends string>(
  queue: WorkQueue<K>,
  count: number,
  handler: (key: K, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
  log: Logger,
): Promise<void> {
  const failures = new FailureLog<K>(log)
  const work = async (): Promise<void> => {
    for (let key = await queue.next(signal); key !== undefined; key = await queue.next(signal)) {
      try {
        await handler(key, signal)
        failures.over(key)
      } catch (error) {
        if (signal.aborted) continue
        const waitMs = Math.round(queue.retry(key))
        failures.tell(key, {
          level: 'error',
          what: String(error),
          fields: { err: error, key, waitMs },
          message: 'work on a key failed: trying again',
        })
      } finally {
        queue.done(key)
      }
    }
  }
  await Promise.all(Array.from({ length: count }, work))
}
