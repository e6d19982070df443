import type { Clock, Timer } from '../../../kube/clock.ts'
import type { ManualClock } from '../../../kube/testing/manual-clock.ts'

/**
 * A process of the virtual world, as far as the outside can tell: what comes to it (its timers, answers) comes through
 * here, and so stops when it stops. One that is killed hears of nothing any more, and so does nothing any more: it is
 * told nothing, and cleans nothing up.
 */
export class VirtualProcess {
  readonly name: string
  /** Its own: what others set theirs to is nothing to it. */
  readonly clock: Clock
  readonly #world: ManualClock
  #state: 'running' | 'paused' | 'dead' = 'running'
  #missed: (() => void)[] = []
  #skewMs = 0

  constructor(name: string, world: ManualClock) {
    this.name = name
    this.#world = world
    this.clock = {
      now: () => world.now() + this.#skewMs,
      monotonic: () => world.monotonic(),
      setTimeout: (callback, ms) => this.#setTimeout(callback, ms),
    }
  }

  get state(): 'running' | 'paused' | 'dead' {
    return this.#state
  }

  /** Something for it to do: now, or once it goes on. */
  deliver(work: () => void): void {
    if (this.#state === 'running') work()
    else if (this.#state === 'paused') this.#missed.push(work)
  }

  /** As SIGSTOP: time goes on without it. */
  pause(): void {
    if (this.#state === 'running') this.#state = 'paused'
  }

  /** As SIGCONT: what it missed comes in the order in which it came, one thing after the other. */
  resume(): void {
    if (this.#state !== 'paused') return
    this.#state = 'running'
    for (const work of this.#missed.splice(0)) this.#world.setTimeout(() => this.deliver(work), 0)
  }

  /** As SIGKILL. */
  kill(): void {
    this.#state = 'dead'
    this.#missed = []
  }

  /** Somebody sets its wall clock. */
  jump(ms: number): void {
    this.#skewMs += ms
  }

  #setTimeout(callback: () => void, ms: number): Timer {
    let cancelled = false
    const timer = this.#world.setTimeout(() => {
      this.deliver(() => {
        if (!cancelled) callback()
      })
    }, ms)
    return {
      cancel: () => {
        cancelled = true
        timer.cancel()
      },
    }
  }
}
