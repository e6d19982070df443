import { ArmedRules } from '../armed-rules.ts'

/** What goes wrong with a call. `…-after`: the call has done its work, and only its answer is lost. */
export type Fault =
  | {
      readonly kind: 'error'
      readonly code: string
      /** HTTP status; 400 if not given, 503 for RequestLimitExceeded. */
      readonly status?: number
      readonly message?: string
    }
  | { readonly kind: 'reset-before' | 'reset-after' | 'hang-before' | 'hang-after' }
  /** A reading answers with what was so this many milliseconds ago, as far as the simulator's `history` goes. */
  | { readonly kind: 'stale'; readonly ms: number }

export interface FaultRule {
  /** The action that it strikes; every action without it. */
  readonly action?: string
  /** Which calls of the action; all without it. */
  readonly when?: (parameters: ReadonlyMap<string, string>, action: string) => boolean
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
  strike(action: string, parameters: ReadonlyMap<string, string>): Fault | undefined
}

export function createFaultBook(): FaultBook {
  const rules = new ArmedRules<FaultRule>()
  return {
    inject: (rule) => rules.inject(rule),
    clear: () => rules.clear(),
    strike: (action, parameters) =>
      rules.take((rule) => (rule.action ?? action) === action && (rule.when?.(parameters, action) ?? true))
        ?.fault,
  }
}
