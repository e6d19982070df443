import { type Output, formatCount } from '../output.ts'

/** What progress is written to: standard error, mostly. */
export interface ProgressStream {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

export interface ProgressOptions {
  readonly stream: ProgressStream
  /** Milliseconds that never go back. */
  readonly monotonic: () => number
}

/** How often a log is told how far long work is. */
const logEveryMs = 10_000

/** Back to the beginning of the line, and nothing left of it: ECMA-48 EL. */
const clearLine = '\r\u001b[2K'

/**
 * Tells a person who waits what goes on: on a terminal a line that changes in place and goes before anything else is
 * printed by {@link Progress.output}, elsewhere a line now and then while work is long.
 */
export class Progress implements Disposable {
  /** The output that was given; the moving line is out of its way. */
  readonly output: Output
  readonly #options: ProgressOptions
  #shown = false
  #loggedAt: number

  constructor(output: Output, options: ProgressOptions) {
    this.#options = options
    this.#loggedAt = options.monotonic()
    this.output = {
      result: (text) => {
        this.clear()
        return output.result(text)
      },
      note: (line) => {
        this.clear()
        return output.note(line)
      },
      columns: output.columns,
    }
  }

  /** Something is read, which takes a moment. A log has no use for it. */
  readonly reads = (what: string): void => this.#show(`Reading ${what} …`)

  /** So many are done. */
  readonly counts = (done: number, all: number, noun: string): void => {
    const text = `${done} of ${formatCount(all, noun)}`
    if (this.#options.stream.isTTY === true) {
      this.#show(`${text} done …`)
      return
    }
    const now = this.#options.monotonic()
    if (now - this.#loggedAt < logEveryMs) return
    this.#loggedAt = now
    this.#options.stream.write(`${text} done\n`)
  }

  clear(): void {
    if (this.#shown) this.#options.stream.write(clearLine)
    this.#shown = false
  }

  [Symbol.dispose](): void {
    this.clear()
  }

  #show(text: string): void {
    const { stream } = this.#options
    if (stream.isTTY !== true) return
    // A line that wraps can't be taken back. A terminal that was never told its size has 0.
    const fits = Array.from(text).slice(
      0,
      (stream.columns === undefined || stream.columns === 0 ? 80 : stream.columns) - 1,
    )
    stream.write(`${clearLine}${fits.join('')}`)
    this.#shown = true
  }
}
