import { systemClock } from '../../kube/clock.ts'
import type { KubeObject } from '../../kube/objects.ts'
import { Reflector } from '../../kube/reflector.ts'
import type { Resource } from '../../kube/resource.ts'
import { TurningPoint } from './turning-point.ts'

/** A view of all objects of a type, which tells when it is as it should be. */
export class Observer<T extends KubeObject> implements AsyncDisposable {
  readonly #reflector: Reflector<T>
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  readonly #changes = new TurningPoint()

  constructor(resource: Resource<T>) {
    const backoff = { baseMs: 50, maxMs: 200 }
    this.#reflector = new Reflector({ resource, clock: systemClock, random: Math.random, backoff })
    this.#reflector.onChange(() => this.#changes.changed())
    this.#running = this.#reflector.run(this.#stop.signal)
  }

  get(name: string): T | undefined {
    return this.#reflector.get(name)
  }

  list(): readonly T[] {
    return this.#reflector.list()
  }

  /** Resolves as soon as the condition holds, now or after a change. @throws Error with what is there, if it never does */
  async until(what: string, condition: () => boolean): Promise<void> {
    await this.#reflector.synced
    await this.#changes.until(what, condition, () => this.list())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
  }
}
