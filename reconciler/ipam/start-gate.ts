/**
 * Keeps something waiting until everything that it depends on is known, or the time is up. Opens once, and stays open.
 */
export class StartGate {
  readonly #missing: Set<string>
  readonly #onOpen: (missing: readonly string[]) => void
  #open = false

  /** `onOpen` is told what is not known though the time is up. */
  constructor(missing: readonly string[], onOpen: (missing: readonly string[]) => void) {
    this.#missing = new Set(missing)
    this.#onOpen = onOpen
  }

  get isOpen(): boolean {
    return this.#open
  }

  /** It is known now. Idempotent. */
  arrive(what: string): void {
    this.#missing.delete(what)
    if (this.#missing.size === 0) this.openNow()
  }

  /** The time is up. Idempotent. */
  openNow(): void {
    if (this.#open) return
    this.#open = true
    this.#onOpen([...this.#missing])
  }
}
