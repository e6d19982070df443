import { ArmedRules } from '../armed-rules.ts'
import type { OperationError } from './errors.ts'

/** What goes wrong with a call. `…-after`: the call has done its work, and only its answer is lost. */
export type Fault =
  | {
      readonly kind: 'error'
      /** HTTP */
      readonly status: number
      readonly reason: string
      readonly message?: string
      /** Sent besides the body: `retry-after`. */
      readonly headers?: Readonly<Record<string, string>>
    }
  /** An answer that is not the API's own: a proxy's, say. */
  | { readonly kind: 'page'; readonly status: number; readonly body: string }
  | { readonly kind: 'reset-before' | 'reset-after' | 'hang-before' | 'hang-after' }
  /** The call is taken, and its operation ends with this error, and without effect. */
  | { readonly kind: 'operation-error'; readonly error: OperationError }
  /** A reading tells what was so this long ago. */
  | { readonly kind: 'stale'; readonly ms: number }
  /** The operation takes so many milliseconds more. */
  | { readonly kind: 'operation-delay'; readonly ms: number }

/** What a rule sees of a call. */
export interface FaultyCall {
  readonly method: string
  readonly parameters: ReadonlyMap<string, string>
  readonly body: string
}

export interface FaultRule {
  /** The method that it strikes (`routes.insert`); every one without it. */
  readonly method?: string
  /** Which calls of it; all without it. */
  readonly when?: (call: FaultyCall) => boolean
  /** How many calls it strikes before it is used up; 1 without it. */
  readonly times?: number
  readonly fault: Fault
}

export interface Faults {
  /** Rules are asked in the order of injection; the first one that fits strikes. Returns what takes the rule back. */
  inject(rule: FaultRule): () => void
  clear(): void
}

export interface FaultBook extends Faults {
  /** The fault that strikes this call, and counts it. */
  strike(call: FaultyCall): Fault | undefined
}

export function createFaultBook(): FaultBook {
  const rules = new ArmedRules<FaultRule>()
  return {
    inject: (rule) => rules.inject(rule),
    clear: () => rules.clear(),
    strike: (call) =>
      rules.take(({ method = call.method, when }) => method === call.method && (when?.(call) ?? true))?.fault,
  }
}
