/**
 * What every simulator is: a pure-enough core that turns one request into one reply, given the time. The core owns all
 * state and opens no socket, so that it can be mounted on a real HTTP server ({@link serve} in `http-server.ts`), or
 * called in-process on a virtual clock.
 */
export interface Simulator {
  /** `now`: milliseconds since the epoch. It never throws: a defect of the request is a reply. */
  handle(request: SimulatorRequest, now: number): SimulatorReply
}

export interface SimulatorRequest {
  readonly method: string
  /** Path and query as sent: `/api/v1/nodes?limit=500`. */
  readonly target: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type SimulatorReply =
  | {
      readonly kind: 'response'
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: string
    }
  /** The body arrives in pieces, for a watch. When the client goes away, the iterator's `return()` is called. */
  | {
      readonly kind: 'stream'
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: AsyncIterable<string>
    }
  /** The connection is cut without an answer. */
  | { readonly kind: 'reset' }
  /** No answer ever comes; the connection stays open until the client or the server closes it. */
  | { readonly kind: 'hang' }
