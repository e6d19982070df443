import { systemClock } from '../../kube/clock.ts'
import type { KubeObject } from '../../kube/objects.ts'
import { Reflector } from '../../kube/reflector.ts'
import type { Resource } from '../../kube/resource.ts'

const patienceMs = 30_000

/** A view of all objects of a type, which tells when it is as it should be: no test has to ask again and again. */
export class Observer<T extends KubeObject> implements AsyncDisposable {
  readonly #reflector: Reflector<T>
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  readonly #looks = new Set<() => void>()

  constructor(resource: Resource<T>) {
    const backoff = { baseMs: 50, maxMs: 200 }
    this.#reflector = new Reflector({ resource, clock: systemClock, random: Math.random, backoff })
    this.#reflector.onChange(() => {
      for (const look of this.#looks) look()
    })
    this.#running = this.#reflector.run(this.#stop.signal)
  }

  get(name: string): T | undefined {
    return this.#reflector.get(name)
  }

  list(): readonly T[] {
    return this.#reflector.list()
  }

  /** Resolves as soon as the condition holds, now or after a change. @throws Error with what is there, after half a minute */
  async until(what: string, condition: () => boolean): Promise<void> {
    await this.#reflector.synced
    const { promise, resolve, reject } = Promise.withResolvers<undefined>()
    const look = (): void => {
      if (condition()) resolve(undefined)
    }
    const late = systemClock.setTimeout(
      () => reject(new Error(`did not happen: ${what}\n${JSON.stringify(this.list(), null, 2)}`)),
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

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
  }
}
