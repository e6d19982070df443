/** What has to be taken back if the work is not finished. */
export class Undo {
  readonly #steps: (() => void)[] = []

  /** Remembers how to take back what was just done. */
  add(step: () => void): void {
    this.#steps.push(step)
  }

  /**
   * Takes everything back, the latest first. A step that fails doesn't keep the others from their turn: the caller has
   * an error to report already, and DEL will try again.
   */
  run(): void {
    for (const step of this.#steps.reverse()) {
      try {
        step()
      } catch {
        continue
      }
    }
  }
}
