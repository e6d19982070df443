import type { PlanItem } from '../plan/plan.ts'
import type { Policy } from './policy.ts'

/** Why a change that the plan wants is not made now. */
export interface Hold {
  readonly reason: 'PolicyUpsertOnly' | 'PolicyObserve' | 'DeleteBrake' | 'RouteTableFull'
  /** For people: what is held, and what ends it. */
  readonly message: string
}

export const tableFullHold: Hold = {
  reason: 'RouteTableFull',
  message: 'the table takes no more routes: raise its quota, or free some',
}

export interface GuardInput {
  readonly item: PlanItem
  readonly policy: Policy
  /** The table takes no more routes of the destination's family, as far as is known. */
  readonly tableFull: boolean
  /** The brake holds the destination's delete. */
  readonly braked: boolean
}

/** Whether the change may be made now; undefined if it may, or if there is none. Pure. */
export function guard({ item, policy, tableFull, braked }: GuardInput): Hold | undefined {
  if (!('change' in item)) return undefined
  if (policy === 'observe') {
    return { reason: 'PolicyObserve', message: `would ${item.op} the route: the policy is to observe` }
  }
  switch (item.op) {
    case 'create':
      return tableFull ? tableFullHold : undefined
    case 'replace':
      return undefined
    case 'delete':
      if (policy === 'upsert-only')
        return { reason: 'PolicyUpsertOnly', message: 'nobody needs the route: the policy deletes none' }
      return !braked
        ? undefined
        : {
            reason: 'DeleteBrake',
            message:
              'too many routes would be taken from running instances at once: if that is meant, run podway release',
          }
  }
}
