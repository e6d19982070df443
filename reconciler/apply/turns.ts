import type { Change } from '../../providers/provider.ts'

type Op = Change['op']

/** A write, as far as its turn is concerned: what the network delegates has writes of its own. */
export interface Write {
  readonly op: Op
  readonly delegates: boolean
}

export interface TurnsOptions {
  /** How long until a write of the kind could start, if `ahead` others are to come before it; 0 if at once. */
  readonly readyInMs: (write: Write, ahead: number) => number
  /** Calls back once, not before `ms` milliseconds from now. */
  readonly after: (ms: number, callback: () => void) => { cancel(): void }
  /** The key's turn has come: it looks again at what is to be done, and asks again. */
  readonly call: (key: string) => void
}

/**
 * Who writes next, where the cloud takes fewer writes than are wanted. What waits for its turn holds nobody up and is
 * planned anew when it has it. Each kind of write has a line of its own, first come, first served: creates never wait for
 * deletes, nor deletes for creates.
 */
export class Turns {
  readonly #options: TurnsOptions
  readonly #lines: readonly Line[] = (['create', 'replace', 'delete'] as const).flatMap((op) =>
    [false, true].map((delegates) => new Line({ op, delegates })),
  )

  constructor(options: TurnsOptions) {
    this.#options = options
  }

  /** How many wait. */
  get waiting(): number {
    return this.#lines.reduce((sum, { waiting }) => sum + waiting.size, 0)
  }

  /**
   * Whether the key may make these changes now; it then calls {@link done} as soon as they are handed over, or dropped. If
   * not, it is in line, and called.
   */
  take(key: string, changes: readonly Write[]): boolean {
    // One destination rarely wants two kinds of writes at once, and then the first decides.
    const [first] = changes
    const line = this.#lines.find(
      ({ write }) => write.op === first?.op && write.delegates === first.delegates,
    )
    if (line === undefined) return true
    if (line.called.delete(key) || (line.waiting.size === 0 && this.#readyInMs(line, changes.length) === 0)) {
      line.writing.set(key, changes.length)
      return true
    }
    line.waiting.set(key, changes.length)
    this.#callNext(line)
    return false
  }

  /** Idempotent; also of a key that waits no more because nothing is to be done about it. */
  done(key: string): void {
    for (const line of this.#lines) {
      const had = line.writing.delete(key) || line.called.delete(key) || line.waiting.delete(key)
      if (had) this.#callNext(line)
    }
  }

  #readyInMs(line: Line, count: number): number {
    const ahead = [...line.writing.values(), ...line.called.values()].reduce((sum, n) => sum + n, 0)
    // All of its writes at once may be more than the cloud ever takes at once: who is alone waits for the first one only.
    return this.#options.readyInMs(line.write, ahead === 0 ? 0 : ahead + count - 1)
  }

  #callNext(line: Line): void {
    line.timer?.cancel()
    line.timer = undefined
    for (const [key, count] of line.waiting) {
      const ms = this.#readyInMs(line, count)
      if (ms > 0) {
        line.timer = this.#options.after(ms, () => this.#callNext(line))
        return
      }
      line.waiting.delete(key)
      line.called.set(key, count)
      this.#options.call(key)
    }
  }
}

/** By key: how many writes it is about. */
class Line {
  readonly waiting = new Map<string, number>()
  /** Called, and not yet come. */
  readonly called = new Map<string, number>()
  readonly writing = new Map<string, number>()
  readonly write: Write
  timer: { cancel(): void } | undefined

  constructor(write: Write) {
    this.write = write
  }
}
