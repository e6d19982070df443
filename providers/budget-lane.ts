import { type ErrorClass, ProviderError } from './errors.ts'
import {
  type BucketLimits,
  type TokenBucket,
  fullBucket,
  hold,
  putTokenBack,
  readyInMs,
  refuse,
  takeToken,
} from './token-bucket.ts'

/** The time that a budget needs. */
export interface BudgetClock {
  /** Milliseconds since some moment; never goes back. */
  monotonic(): number
  /** Calls back once, not before `ms` milliseconds from now. */
  setTimeout(callback: () => void, ms: number): { cancel(): void }
}

/** Told what happens, for metrics. It must not throw. */
export interface BudgetObserver {
  /** A call has its turn now, and had to wait so long for it. */
  onWait(action: string, ms: number): void
  /** A call ended, so long after its start. One that was aborted is not reported. */
  onCall(action: string, result: 'ok' | ErrorClass, ms: number): void
}

/** The token of one call, taken. */
export interface Permit extends Disposable {
  /** Makes the call, once, and passes on what becomes of it. */
  run<T>(call: () => Promise<T>): Promise<T>
  /** Gives the token back if the call was not made. Idempotent. */
  [Symbol.dispose](): void
}

export interface BudgetLaneOptions {
  readonly action: string
  readonly limits: BucketLimits
  readonly clock: BudgetClock
  readonly observe: BudgetObserver | undefined
  readonly gate: (() => void) | undefined
}

/** The bucket of one API action, and the line before it. */
export class BudgetLane {
  readonly #action: string
  readonly #clock: BudgetClock
  readonly #observe: BudgetObserver | undefined
  readonly #gate: (() => void) | undefined
  /** In the order of arrival. */
  readonly #line = new Set<(permit: Permit) => void>()
  #bucket: TokenBucket
  #timer: { cancel(): void } | undefined
  /** Tokens of an earlier round were given before the last refusal was known: its news is theirs too. */
  #round = 0

  constructor({ action, limits, clock, observe, gate }: BudgetLaneOptions) {
    this.#action = action
    this.#clock = clock
    this.#observe = observe
    this.#gate = gate
    this.#bucket = fullBucket(limits, clock.monotonic())
  }

  /** Rejects with the signal's reason if it aborts before; then nothing was taken. */
  async turn(signal: AbortSignal): Promise<Permit> {
    signal.throwIfAborted()
    const permit = this.#line.size === 0 ? this.#take() : undefined
    return permit ?? (await this.#wait(signal))
  }

  readyInMs(ahead: number): number {
    return readyInMs(this.#bucket, this.#clock.monotonic(), this.#line.size + ahead + 1)
  }

  async #wait(signal: AbortSignal): Promise<Permit> {
    const since = this.#clock.monotonic()
    const { promise, resolve, reject } = Promise.withResolvers<Permit>()
    const leave = (): void => {
      this.#line.delete(resolve)
      if (this.#line.size === 0) this.#serve()
      reject(signal.reason)
    }
    signal.addEventListener('abort', leave, { once: true })
    this.#line.add(resolve)
    if (this.#line.size === 1) this.#serve()
    try {
      const permit = await promise
      if (signal.aborted) permit[Symbol.dispose]()
      signal.throwIfAborted()
      this.#observe?.onWait(this.#action, this.#clock.monotonic() - since)
      return permit
    } finally {
      signal.removeEventListener('abort', leave)
    }
  }

  /** Lets in who can be, and sets the timer for the next one, if anybody waits. */
  #serve(): void {
    for (const admit of this.#line) {
      const permit = this.#take()
      if (permit === undefined) break
      this.#line.delete(admit)
      admit(permit)
    }
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.#line.size === 0) return
    const ms = readyInMs(this.#bucket, this.#clock.monotonic(), 1)
    this.#timer = this.#clock.setTimeout(() => this.#serve(), ms)
  }

  #take(): Permit | undefined {
    const taken = takeToken(this.#bucket, this.#clock.monotonic())
    if (taken === undefined) return undefined
    this.#bucket = taken
    const round = this.#round
    let used = false
    return {
      run: async (call) => {
        if (used) throw new Error(`the token of one ${this.#action} is used for two`)
        used = true
        return this.#report(round, call)
      },
      [Symbol.dispose]: () => {
        if (used) return
        used = true
        this.#bucket = putTokenBack(this.#bucket, this.#clock.monotonic())
        this.#serve()
      },
    }
  }

  async #report<T>(round: number, call: () => Promise<T>): Promise<T> {
    this.#gate?.()
    const start = this.#clock.monotonic()
    const ended = (result: 'ok' | ErrorClass): void =>
      this.#observe?.onCall(this.#action, result, this.#clock.monotonic() - start)
    try {
      const answer = await call()
      ended('ok')
      return answer
    } catch (error) {
      if (error instanceof ProviderError) {
        if (error.class === 'throttled') this.#refused(round, error.retryAfterMs)
        ended(error.class)
      }
      throw error
    }
  }

  #refused(round: number, retryAfterMs = 0): void {
    const now = this.#clock.monotonic()
    if (round < this.#round) {
      this.#bucket = hold(this.#bucket, now, retryAfterMs)
      return
    }
    this.#round++
    this.#bucket = refuse(this.#bucket, now, retryAfterMs)
  }
}
