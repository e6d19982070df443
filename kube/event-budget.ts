import type { Clock } from './clock.ts'
import type { ObjectReference } from './event.ts'

/** As client-go's spam filter: 25 at once, then one in five minutes. */
const burst = 25
const refillMs = 300_000
/** Of so many objects is known how much was said about them; of more, the one that was quiet for longest is forgotten. */
const maxObjects = 4096

/** How many new Events about one object may still be written. Normal ones never use up what Warnings need. */
export class EventBudget {
  readonly #clock: Clock
  /** The least recently used comes first. */
  readonly #buckets = new Map<string, { readonly tokens: number; readonly at: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whether one more may be written; it then counts. */
  take({ apiVersion, kind, namespace, name, uid }: ObjectReference, type: string): boolean {
    const key = JSON.stringify([uid ?? [apiVersion, kind, namespace, name], type])
    const at = this.#clock.monotonic()
    const before = this.#buckets.get(key) ?? { tokens: burst, at }
    const tokens = Math.min(burst, before.tokens + (at - before.at) / refillMs)
    const enough = tokens >= 1
    this.#buckets.delete(key)
    this.#buckets.set(key, { tokens: enough ? tokens - 1 : tokens, at })
    const [oldest] = this.#buckets.keys()
    if (this.#buckets.size > maxObjects && oldest !== undefined) this.#buckets.delete(oldest)
    return enough
  }
}
