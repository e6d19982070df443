import type { Clock, Timer } from './clock.ts'

/** This process is no longer the leader, without having given it up: the abort reason of its work. */
export class LeadershipLostError extends Error {
  readonly code = 'ERR_LEADERSHIP_LOST'
  override readonly name = 'LeadershipLostError'
}

export interface LeaderTermOptions {
  readonly clock: Clock
  readonly renewDeadlineMs: number
  /** On the monotonic clock: when the request began that made us leader. */
  readonly since: number
}

/**
 * How long we are leader. A renewal counts from the moment it was sent: from then on others see it, whenever its answer comes.
 * The end is a point in time, not an event: a timer announces it, and whoever asks after it is told even if the timer has
 * not had its turn, as in a process that was stopped for a while.
 */
export class LeaderTerm {
  readonly since: number
  readonly #clock: Clock
  readonly #renewDeadlineMs: number
  readonly #work = new AbortController()
  readonly #loss = new AbortController()
  #deadline = 0
  #timer: Timer | undefined
  #lost: LeadershipLostError | undefined
  #lastFailure: unknown
  #closed = false

  constructor({ clock, renewDeadlineMs, since }: LeaderTermOptions) {
    this.since = since
    this.#clock = clock
    this.#renewDeadlineMs = renewDeadlineMs
    this.renewed(since)
  }

  /** For the leader's work: aborts when it is to end, or leadership is lost. */
  get signal(): AbortSignal {
    return this.#work.signal
  }

  /** Aborts when leadership is lost, and not before. */
  get lostSignal(): AbortSignal {
    return this.#loss.signal
  }

  /** Whether a write may still be sent, also by work that is about to end. */
  isLeader(): boolean {
    if (!this.#closed && this.#clock.monotonic() >= this.#deadline) {
      const problem = `the Lease was not renewed within ${this.#renewDeadlineMs} ms`
      this.lose(problem)
    }
    return this.#lost === undefined && !this.#closed
  }

  /** A renewal that was sent at `start` succeeded. */
  renewed(start: number): void {
    this.#timer?.cancel()
    this.#lastFailure = undefined
    this.#deadline = start + this.#renewDeadlineMs
    if (!this.isLeader()) return
    this.#timer = this.#clock.setTimeout(() => this.isLeader(), this.#deadline - this.#clock.monotonic())
  }

  failed(error: unknown): void {
    this.#lastFailure = error
  }

  lose(why: string): void {
    if (this.#lost !== undefined) return
    this.#timer?.cancel()
    this.#lost = new LeadershipLostError(`no longer the leader: ${why}`, { cause: this.#lastFailure })
    this.#loss.abort(this.#lost)
    this.#work.abort(this.#lost)
  }

  /** The work is to end; we are leader until it has. */
  end(reason: unknown): void {
    this.#work.abort(reason)
  }

  /** The work has ended. Whether leadership was lost before it had. */
  close(): LeadershipLostError | undefined {
    this.isLeader()
    this.#closed = true
    this.#timer?.cancel()
    return this.#lost
  }
}
