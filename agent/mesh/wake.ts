import type { Clock } from '../../kube/clock.ts'

/** Lets one sleeper be woken from anywhere. A call while nobody sleeps is kept: the next sleep ends at once. */
export class Wake {
  #called = false
  #wake: (() => void) | undefined

  call(): void {
    this.#called = true
    this.#wake?.()
  }

  /** Until it is called, so many milliseconds have passed, or the signal aborts. */
  async sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#called && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<undefined>()
      const end = (): void => resolve(undefined)
      const timer = clock.setTimeout(end, ms)
      this.#wake = end
      signal.addEventListener('abort', end, { once: true })
      await promise
      timer.cancel()
      signal.removeEventListener('abort', end)
      this.#wake = undefined
    }
    this.#called = false
  }
}
