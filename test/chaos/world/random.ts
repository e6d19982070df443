/** Chance that can be repeated: equal seeds give equal numbers, on every machine. */
export class Random {
  readonly #seed: number
  #state: number

  constructor(seed: number) {
    this.#seed = seed >>> 0
    this.#state = Math.imul(this.#seed ^ 0x5bd1e995, 0x85ebca6b)
    // Seeds that are close together are to have nothing in common.
    for (let i = 0; i < 4; i++) this.#state = Math.floor(this.next() * 2 ** 32) | 0
  }

  /** A source of its own: what others draw changes nothing for it. */
  fork(name: string): Random {
    let hash = this.#seed ^ 0x9e3779b9
    for (const letter of name) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193)
    return new Random(hash)
  }

  /** From 0 to below 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** From `from` to below `to`. */
  between(from: number, to: number): number {
    return from + this.next() * (to - from)
  }

  /** A whole number from `from` to `to`, both included. */
  integer(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1))
  }

  /** True so often, of 1. */
  chance(share: number): boolean {
    return this.next() < share
  }

  /** @throws RangeError if there is none */
  pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new RangeError('nothing to pick from')
    return from[Math.floor(this.next() * from.length)] as T
  }
}
