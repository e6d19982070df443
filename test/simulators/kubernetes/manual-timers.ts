import type { Timers } from './timers.ts'

/** Time that stands still until a test moves it. */
export class ManualTimers implements Timers {
  #now = 0
  readonly #pending = new Set<{ readonly due: number; readonly callback: () => void }>()

  get pending(): number {
    return this.#pending.size
  }

  after(milliseconds: number, callback: () => void): () => void {
    const timer = { due: this.#now + milliseconds, callback }
    this.#pending.add(timer)
    return () => this.#pending.delete(timer)
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds
    for (const timer of [...this.#pending].filter(({ due }) => due <= this.#now)) {
      this.#pending.delete(timer)
      timer.callback()
    }
  }
}
