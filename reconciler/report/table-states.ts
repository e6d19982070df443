import type { Outcome } from '../../providers/provider.ts'
import type { Hold } from '../guard/guard.ts'
import type { TableState } from '../ledger/record.ts'
import type { PlanItem } from '../plan/plan.ts'
import { failureReason } from './failure-reason.ts'

/** What the ledger says of a destination in one table, after the plan was held, or carried out with that outcome. */
export function tableState(
  item: PlanItem,
  hold: Hold | undefined,
  outcome: Outcome | undefined,
): Omit<TableState, 'since'> {
  if (hold !== undefined) {
    return { state: 'Held', reason: hold.reason, message: hold.message, written: item.op === 'replace' }
  }
  if (outcome?.result === 'failed') {
    const { error } = outcome
    return {
      state: item.op === 'delete' ? 'Deleting' : 'Failed',
      reason: failureReason(error.class),
      message: error.message,
      written: false,
    }
  }
  switch (item.op) {
    case 'create':
    case 'replace':
      return { state: 'Programmed', reason: 'Programmed', message: '', written: true }
    case 'keep':
      return {
        state: item.reason === 'Programmed' ? 'Programmed' : 'Pending',
        reason: item.reason,
        message: item.message,
        written: item.reason === 'Programmed' || item.reason === 'Blackhole',
      }
    case 'satisfied':
      return { state: 'Satisfied', reason: item.reason, message: item.message, written: false }
    case 'disputed':
      return { state: 'Disputed', reason: item.reason, message: item.message, written: false }
    case 'delete':
    case 'none':
      return { state: 'Deleting', reason: item.reason, message: '', written: false }
  }
}
