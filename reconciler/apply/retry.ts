import type { ErrorClass } from '../../providers/errors.ts'

/** When to look at a failed change again. */
export type Retry =
  /** With exponential back-off from a fraction of a second, or after the time that the cloud named. */
  | { readonly kind: 'soon' }
  /** At this time: waiting shorter would only ask the same question again. */
  | { readonly kind: 'after'; readonly ms: number }
  /** As `soon`, but read the table first: what is there is not what was thought. */
  | { readonly kind: 'reread' }
  /** When its turn to write comes: who told so brings it back. */
  | { readonly kind: 'turn' }
  /** Never: the program can't work as it is configured. */
  | { readonly kind: 'never' }

const minute = 60_000

/** The schedule of each class of failure. A change of the input (the Node, the table) is looked at at once, whatever this says. */
export function retryOf(error: {
  readonly class: ErrorClass
  readonly retryAfterMs?: number | undefined
}): Retry {
  switch (error.class) {
    case 'throttled':
      // "After 0" is no schedule: without a back-off it would be a loop.
      return error.retryAfterMs === undefined || error.retryAfterMs <= 0
        ? { kind: 'soon' }
        : { kind: 'after', ms: error.retryAfterMs }
    case 'transient':
      return { kind: 'soon' }
    case 'changed':
    case 'unknown-outcome':
    case 'not-found':
      return { kind: 'reread' }
    case 'quota':
    case 'unauthorized':
      return { kind: 'after', ms: minute }
    case 'invalid':
      return { kind: 'after', ms: 5 * minute }
    case 'fatal':
      return { kind: 'never' }
  }
}

/** The retry that comes first: one table's slow trouble must not delay another's quick one. Undefined of none. */
export function soonest(retries: readonly Retry[]): Retry | undefined {
  const rank = (retry: Retry): number => {
    switch (retry.kind) {
      case 'never':
        return -1
      case 'turn':
      case 'reread':
        return 0
      case 'soon':
        return 1
      case 'after':
        return 2 + retry.ms
    }
  }
  return [...retries].sort((a, b) => rank(a) - rank(b))[0]
}
