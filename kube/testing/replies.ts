/** Replies for tiny API servers in tests: those of `test/simulators/simulator.ts`, by shape. */
const headers = { 'content-type': 'application/json' }

export const ok = (body: unknown) =>
  ({ kind: 'response', status: 200, headers, body: JSON.stringify(body) }) as const

export const failed = (code: number, reason: string, extra: Readonly<Record<string, string>> = {}) =>
  ({
    kind: 'response',
    status: code,
    headers: { ...headers, ...extra },
    body: JSON.stringify(status(code, reason)),
  }) as const

export const status = (code: number, reason: string) => ({
  apiVersion: 'v1',
  kind: 'Status',
  status: 'Failure',
  code,
  reason,
  message: `${reason} says the server`,
})

export const streaming = (body: AsyncIterable<string>) =>
  ({ kind: 'stream', status: 200, headers, body }) as const

export const reset = { kind: 'reset' } as const
export const hang = { kind: 'hang' } as const

/** A response body that a test writes while it is being read. */
export class Feed implements AsyncIterable<string> {
  readonly #pieces: string[] = []
  #ended = false
  #wake: (() => void) | undefined
  /** Whether the client went away. */
  cut = false

  /** One watch event, as a line. */
  event(type: string, object: unknown): void {
    this.text(`${JSON.stringify({ type, object })}\n`)
  }

  text(piece: string): void {
    this.#pieces.push(piece)
    this.#wake?.()
  }

  end(): void {
    this.#ended = true
    this.#wake?.()
  }

  [Symbol.asyncIterator](): AsyncIterator<string> {
    return {
      next: async () => {
        while (!this.cut) {
          const piece = this.#pieces.shift()
          if (piece !== undefined) return { done: false, value: piece }
          if (this.#ended) break
          await new Promise<void>((resolve) => (this.#wake = resolve))
        }
        return { done: true, value: undefined }
      },
      return: () => {
        this.cut = true
        this.#wake?.()
        return Promise.resolve({ done: true, value: undefined })
      },
    }
  }
}
