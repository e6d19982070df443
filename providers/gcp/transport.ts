import type { ComputeClientOptions } from './compute-sdk.js'
import { withEmptyAliasRanges } from './empty-alias-ranges.ts'

/** Says who calls. */
export interface Authorizer {
  /** The headers by which Google knows who calls `url`. @throws CredentialsError */
  headers(url: string): Promise<ReadonlyMap<string, string>>
  /** Google did not take them. */
  refused(): void
}

export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** A refusal as it came over the wire. */
export class HttpRefusal extends Error {
  readonly httpStatus: number
  readonly body: string
  readonly retryAfter: string | undefined

  constructor(response: Response, body: string) {
    super(`HTTP ${response.status}`)
    this.name = 'HttpRefusal'
    this.httpStatus = response.status
    this.body = body
    this.retryAfter = response.headers.get('retry-after') ?? undefined
  }
}

/**
 * What the SDK takes for its authentication library, and sends its requests with. In place of that library's own way:
 *
 * - It sends each request once. The library sends what is refused with 401 or 403 a second time with a new token, and a
 *   rate limit is a 403: retries inside multiply those outside.
 * - It throws a refusal before the SDK decodes it. The SDK parses its type definitions again for each refusal that has
 *   details, 12 MB of them, and blocks the event loop for 0.4 s each time, just when thousands of requests are refused and
 *   the lease has to be renewed.
 * - It says an empty list where the SDK says nothing ({@link withEmptyAliasRanges}).
 */
export function transport(
  authorizer: Authorizer,
  send: Fetch,
  universeDomain: string,
): ComputeClientOptions['auth'] {
  return {
    getClient: () => Promise.resolve({ universeDomain }),
    async fetch(url, init) {
      const headers = new Headers(init.headers)
      for (const [name, value] of await authorizer.headers(String(url))) headers.set(name, value)
      const { method, body, signal } = init
      const response = await send(String(url), {
        headers,
        ...(method === undefined ? {} : { method }),
        ...(body === undefined || body === null
          ? {}
          : { body: typeof body === 'string' ? withEmptyAliasRanges(String(url), body) : body }),
        ...(signal === undefined || signal === null ? {} : { signal }),
        redirect: 'error',
      })
      if (response.ok) return response
      if (response.status === 401) authorizer.refused()
      throw new HttpRefusal(response, await response.text())
    },
  }
}
