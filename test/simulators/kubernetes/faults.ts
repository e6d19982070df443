import { type Call, type CallMatch, matches } from './calls.ts'
import type { JsonObject } from './json.ts'
import { failure } from './status.ts'

/** What goes wrong with a request. */
export type Fault =
  /** Answered with this status instead of being handled. `retryAfter`: seconds, as header and in the details. */
  | {
      readonly kind: 'status'
      readonly code: number
      readonly reason?: string
      readonly message?: string
      readonly retryAfter?: number
    }
  /** The connection is cut before the request is handled. */
  | { readonly kind: 'reset' }
  /** The request is handled, then the connection is cut: the client can't know. */
  | { readonly kind: 'reset-after-handling' }
  /** Never answered, never handled. */
  | { readonly kind: 'hang' }
  /** A watch is answered with one ERROR event of code 410 and ends. */
  | { readonly kind: 'watch-expired' }
  /** A watch opens, and nothing ever comes over it. */
  | { readonly kind: 'watch-silent' }
  /** A list lacks its later half, and says nothing of it: as from a proxy, or an etcd restored from a backup. */
  | { readonly kind: 'short-list' }

export interface FaultRule {
  /** Which requests; all if empty. */
  readonly match?: CallMatch
  /** How many requests it hits; 1 if not given. */
  readonly times?: number
  readonly fault: Fault
}

/** The faults that are armed. A request takes the first rule that matches it. */
export class Faults {
  readonly #rules: { readonly rule: FaultRule; left: number }[] = []

  /** Arms a fault; the returned function disarms it. */
  add(rule: FaultRule): () => void {
    const armed = { rule, left: rule.times ?? 1 }
    this.#rules.push(armed)
    return () => {
      const index = this.#rules.indexOf(armed)
      if (index >= 0) this.#rules.splice(index, 1)
    }
  }

  clear(): void {
    this.#rules.length = 0
  }

  /** How many hits are still to come; infinite rules give Infinity. */
  get pending(): number {
    return this.#rules.reduce((sum, { left }) => sum + left, 0)
  }

  /** The fault for this request, which counts as one hit. */
  take(call: Omit<Call, 'status'>): Fault | undefined {
    const index = this.#rules.findIndex(({ rule }) => matches(rule.match ?? {}, call))
    const armed = this.#rules[index]
    if (armed === undefined) return undefined
    armed.left--
    if (armed.left <= 0) this.#rules.splice(index, 1)
    return armed.rule.fault
  }
}

const REASONS: Readonly<Record<number, readonly [reason: string, message: string]>> = {
  401: ['Unauthorized', 'Unauthorized'],
  403: ['Forbidden', 'forbidden'],
  404: ['NotFound', 'the server could not find the requested resource'],
  409: ['Conflict', 'the server reported a conflict'],
  410: ['Expired', 'too old resource version'],
  429: ['TooManyRequests', 'Too many requests, please try again later.'],
  500: ['InternalError', 'Internal error occurred: injected fault'],
  503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
  504: ['Timeout', 'Timeout: request did not complete within the allotted timeout'],
}

/** The Status object that an injected status answers, with the API server's usual words for its code. */
export function faultStatus(fault: Extract<Fault, { kind: 'status' }>): JsonObject {
  const [reason, message] = REASONS[fault.code] ?? ['', 'injected fault']
  return failure(
    fault.code,
    fault.reason ?? reason,
    fault.message ?? message,
    fault.retryAfter === undefined ? undefined : { retryAfterSeconds: fault.retryAfter },
  )
}
