import { ArmedRules } from '../armed-rules.ts'
import type { ArmErrorOptions } from './errors.ts'

/** What goes wrong with a call. `…-after`: the call has done its work, and only its answer is lost. */
export type Fault =
  | {
      readonly kind: 'error'
      readonly status: number
      readonly code: string
      readonly message?: string
      readonly options?: ArmErrorOptions
    }
  | { readonly kind: 'reset-before' | 'reset-after' | 'hang-before' | 'hang-after' }
  /** A reading tells what was so this long ago. */
  | { readonly kind: 'stale'; readonly ms: number }
  /** The write is accepted, and what goes on behind it ends badly. */
  | {
      readonly kind: 'operation-ends'
      readonly status: 'Failed' | 'Canceled'
      readonly code: string
      readonly message: string
    }

/** What a rule sees of a call. */
export interface FaultyCall {
  readonly operation: string
  readonly path: string
  readonly body: string
}

export interface FaultRule {
  /** The operation that it strikes (`RouteTables_Get`); every one without it. */
  readonly operation?: string
  /** Which calls of the operation; all without it. */
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
      rules.take(
        ({ operation = call.operation, when }) => operation === call.operation && (when?.(call) ?? true),
      )?.fault,
  }
}
