import type { createArmClient } from '../client.ts'

type HttpClient = NonNullable<Parameters<typeof createArmClient>[0]['httpClient']>
type PipelineHeaders = Parameters<HttpClient['sendRequest']>[0]['headers']

/** Of an answer, as the SDK's pipeline has them; names in lower case. */
export class ReceivedHeaders implements PipelineHeaders {
  readonly #headers: Map<string, string>

  constructor(headers: Readonly<Record<string, string>>) {
    this.#headers = new Map(Object.entries(headers))
  }

  get(name: string): string | undefined {
    return this.#headers.get(name.toLowerCase())
  }

  has(name: string): boolean {
    return this.#headers.has(name.toLowerCase())
  }

  set(name: string, value: string | number | boolean): void {
    this.#headers.set(name.toLowerCase(), String(value))
  }

  delete(name: string): void {
    this.#headers.delete(name.toLowerCase())
  }

  toJSON(): Record<string, string> {
    return Object.fromEntries(this.#headers)
  }

  [Symbol.iterator](): Iterator<[string, string]> {
    return this.#headers[Symbol.iterator]()
  }
}
