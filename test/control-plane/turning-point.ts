import { systemClock } from '../../kube/clock.ts'

/** Generous: what is waited for takes milliseconds, or as long as an API server needs to come back. */
const patienceMs = 30_000

/** Where what changes something and what waits for it meet: nobody has to ask again and again. */
export class TurningPoint {
  readonly #looks = new Set<() => void>()

  /** Something has changed: those who wait look again. */
  changed(): void {
    for (const look of this.#looks) look()
  }

  /**
   * Resolves as soon as the condition holds, now or after a change.
   * @throws Error with `state()` after half a minute
   */
  async until(what: string, condition: () => boolean, state: () => unknown): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>()
    const look = (): void => {
      if (condition()) resolve(undefined)
    }
    const late = systemClock.setTimeout(
      () => reject(new Error(`did not happen: ${what}\n${JSON.stringify(state(), null, 2)}`)),
      patienceMs,
    )
    this.#looks.add(look)
    look()
    try {
      await promise
    } finally {
      late.cancel()
      this.#looks.delete(look)
    }
  }
}
