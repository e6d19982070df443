/** Replies for tiny API servers in tests: those of `test/simulators/simulator.ts`, by shape. */
export type Reply =
  | {
      readonly kind: 'response'
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: string
    }
  | {
      readonly kind: 'stream'
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: AsyncIterable<string>
    }
  | { readonly kind: 'reset' }
  | { readonly kind: 'hang' }

const headers = { 'content-type': 'application/json' }

export const ok = (body: unknown): Reply => ({
  kind: 'response',
  status: 200,
  headers,
  body: JSON.stringify(body),
})

export const failed = (
  code: number,
  reason: string,
  extra: Readonly<Record<string, string>> = {},
): Reply => ({
  kind: 'response',
  status: code,
  headers: { ...headers, ...extra },
  body: JSON.stringify(status(code, reason)),
})

export const status = (code: number, reason: string) => ({
  apiVersion: 'v1',
  kind: 'Status',
  status: 'Failure',
  code,
  reason,
  message: `${reason} says the server`,
})

export const streaming = (body: AsyncIterable<string>): Reply => ({
  kind: 'stream',
  status: 200,
  headers,
  body,
})

export const reset: Reply = { kind: 'reset' }
export const hang: Reply = { kind: 'hang' }

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
