/**
 * The body of a watch: lines pushed in come out of the iterator in order. When it ends, by the server or by the
 * client's going away, everything that was registered is undone; ending twice is no mistake.
 */
export class WatchStream implements AsyncIterable<string> {
  readonly #lines: string[] = []
  readonly #undo: (() => void)[] = []
  #wake: (() => void) | undefined
  #state: 'open' | 'ended' | 'broken' = 'open'
  #silent = false

  get ended(): boolean {
    return this.#state !== 'open'
  }

  push(line: string): void {
    if (this.ended || this.#silent) return
    this.#lines.push(line)
    this.#wake?.()
  }

  /** Forgets what was pushed and not yet delivered. */
  discard(): void {
    this.#lines.length = 0
  }

  /** The body ends in order; lines that were pushed before are still delivered. */
  end(): void {
    this.#close('ended')
  }

  /** The connection is cut in the middle of the body; what was not yet delivered is lost. */
  break(): void {
    this.#lines.length = 0
    this.#close('broken')
  }

  /** The connection stays open, and nothing more comes over it. */
  silence(): void {
    this.#silent = true
  }

  /** Runs the function when the stream ends; at once if it has ended. */
  onEnd(undo: () => void): void {
    if (this.ended) undo()
    else this.#undo.push(undo)
  }

  [Symbol.asyncIterator](): AsyncIterator<string> {
    return {
      next: async () => {
        for (;;) {
          const line = this.#lines.shift()
          if (line !== undefined) return { done: false, value: line }
          if (this.#state === 'broken') throw new Error('the watch was cut')
          if (this.#state === 'ended') return { done: true, value: undefined }
          await new Promise<void>((resolve) => (this.#wake = resolve))
        }
      },
      return: () => {
        this.#lines.length = 0
        this.#close('ended')
        return Promise.resolve({ done: true, value: undefined })
      },
    }
  }

  #close(state: 'ended' | 'broken'): void {
    if (this.ended) return
    this.#state = state
    for (const undo of this.#undo.splice(0)) undo()
    this.#wake?.()
  }
}
