/** The port that every prober listens on, in its own network namespace. */
export const probePort = 7531

/** One JSON line to a prober: connect to a peer's {@link probePort}. */
export interface ProbeRequest {
  readonly id: number
  readonly host: string
  /** Milliseconds for the connection and the answer together. */
  readonly timeoutMs: number
}

/** One JSON line from a prober. The first is `ready`; answers come in any order. */
export type ProbeMessage =
  | { readonly kind: 'ready'; readonly families: readonly (4 | 6)[] }
  | ({ readonly kind: 'answer'; readonly id: number } & ProbeAnswer)

export type ProbeAnswer =
  | {
      readonly ok: true
      /** The address of the client's own socket. */
      readonly localAddress: string
      /** The client's address as the server saw it. */
      readonly seenByServer: string
    }
  /** `error`: the system's code (`EHOSTUNREACH`, `ECONNREFUSED`), or `timeout`. */
  | { readonly ok: false; readonly error: string }
