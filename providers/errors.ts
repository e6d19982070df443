/** The only thing the reconciler knows of a failure: what to do about it. */
export type ErrorClass =
  /** The API refuses for a while. That API action backs off; `retryAfterMs` if the cloud said how long. */
  | 'throttled'
  /** The table is full. Creates are held, everything else goes on, the user is told. */
  | 'quota'
  /** Something else is there than the plan saw. Read again, plan again. */
  | 'changed'
  | 'not-found'
  /** A permission is missing; `message` says which. */
  | 'unauthorized'
  /** The request can't succeed as it is: retry only when its input changes. */
  | 'invalid'
  /** A passing fault of the API or of the way to it; nothing was written. */
  | 'transient'
  /** The answer was lost: the write may have happened. Read before writing again. */
  | 'unknown-outcome'
  /** Misconfiguration: no retry helps. The program ends with the message. */
  | 'fatal'

export interface ProviderErrorDetails {
  /** The cloud's own code (`RouteLimitExceeded`), or the system's (`ECONNREFUSED`). */
  readonly code: string
  /** The API action (`CreateRoute`). */
  readonly action?: string
  readonly requestId?: string
  readonly retryAfterMs?: number
  readonly cause?: unknown
}

/** A failed call to a cloud, classified. `message` is a sentence for a person and holds no secret. */
export class ProviderError extends Error {
  readonly class: ErrorClass
  readonly code: string
  readonly action: string | undefined
  readonly requestId: string | undefined
  readonly retryAfterMs: number | undefined

  constructor(errorClass: ErrorClass, message: string, details: ProviderErrorDetails) {
    super(message, { cause: details.cause })
    this.name = 'ProviderError'
    this.class = errorClass
    this.code = details.code
    this.action = details.action
    this.requestId = details.requestId
    this.retryAfterMs = details.retryAfterMs
  }
}
