export interface BrakeOptions {
  /** Holds only beyond both: more than so many … */
  readonly count: number
  /** … and more than this share of all that there are. */
  readonly share: number
  /** Within this time. */
  readonly windowMs: number
  /** How long a wish waits before it may pass, so that a wave is seen as one before its first part is through. */
  readonly graceMs: number
  /** Milliseconds that never go back. */
  readonly monotonic: () => number
}

export type BrakeAnswer =
  | { readonly answer: 'go' }
  /** Ask again after so many milliseconds. */
  | { readonly answer: 'wait'; readonly ms: number }
  /** Not by itself any more: until somebody says so, or it is not wanted any more. */
  | { readonly answer: 'held'; readonly wanted: number }

/** Deletes of routes whose instances run. */
export const deleteBrake = { count: 10, share: 0.2, windowMs: 600_000, graceMs: 5_000 } as const
/** Nodes whose NetworkUnavailable goes from False back to True. */
export const conditionBrake = { count: 10, share: 0.2, windowMs: 600_000, graceMs: 0 } as const

/**
 * Holds what would do harm if many do it at a time: the sum of what passed in the window, of what wants to pass now, and of
 * what is held already, counts. What is held stays held, however quiet it becomes: a wave is somebody's mistake until
 * somebody says that it is none.
 *
 * What has passed and asks again, since its write failed, is the same wish: it passes again, and counts once, from
 * then on. One node of which the API server takes nothing would hold all others else.
 */
export class Brake<K extends string> {
  readonly #options: BrakeOptions
  /** Wants to pass, since when. */
  readonly #wanting = new Map<K, number>()
  readonly #held = new Set<K>()
  /** What passed, and when, oldest first; without a key once it wants nothing any more. */
  #passed: { readonly key: K | undefined; readonly at: number }[] = []

  constructor(options: BrakeOptions) {
    this.#options = options
  }

  /** How many are held. */
  get held(): number {
    return this.#held.size
  }

  heldKeys(): readonly K[] {
    return [...this.#held]
  }

  /** @param all how many there are of what is counted */
  ask(key: K, all: number): BrakeAnswer {
    const { count, graceMs, monotonic, share, windowMs } = this.#options
    const now = monotonic()
    const sum = this.#sum(now - windowMs)
    if (this.#held.has(key)) return { answer: 'held', wanted: sum }
    const others = this.#passed.filter((one) => one.key !== key)
    if (others.length < this.#passed.length) {
      this.#passed = [...others, { key, at: now }]
      return { answer: 'go' }
    }
    const since = this.#wanting.get(key) ?? now
    this.#wanting.set(key, since)
    if (now - since < graceMs) return { answer: 'wait', ms: since + graceMs - now }
    const wanted = this.#sum(now - windowMs)
    this.#wanting.delete(key)
    if (wanted > count && wanted > share * all) {
      this.#held.add(key)
      return { answer: 'held', wanted }
    }
    this.#passed.push({ key, at: now })
    return { answer: 'go' }
  }

  /** So many had passed before a restart, at times that nobody knows any more. */
  restorePassed(count: number): void {
    const now = this.#options.monotonic()
    for (let i = 0; i < count; i++) this.#passed.push({ key: undefined, at: now })
  }

  /** It was held before a restart. */
  restore(key: K): void {
    this.#held.add(key)
  }

  /** It does not want to pass any more, or need not ask. Idempotent. */
  drop(key: K): void {
    this.#wanting.delete(key)
    this.#held.delete(key)
    this.#passed = this.#passed.map((one) => (one.key === key ? { ...one, key: undefined } : one))
  }

  #sum(since: number): number {
    this.#passed = this.#passed.filter(({ at }) => at > since)
    return this.#passed.length + this.#wanting.size + this.#held.size
  }
}
