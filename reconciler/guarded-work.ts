import type { ProviderError } from '../providers/errors.ts'
import type { Change, Outcome } from '../providers/provider.ts'
import type { Table } from '../providers/route.ts'
import type { Hold } from './guard/guard.ts'
import type { PlanReason } from './plan/plan.ts'
import type { TableWork } from './planner.ts'

/** What is to be done about one destination in one table, after the guard has looked at it. */
export interface GuardedWork extends TableWork {
  /** Why it is not done now. */
  readonly hold?: Hold
}

export interface TableChange {
  readonly table: Table
  readonly change: Change
  readonly reason: PlanReason
}

export interface WrittenChange extends TableChange {
  readonly outcome: Outcome
}

/** What may be written now. */
export function changesOf(work: readonly GuardedWork[]): readonly TableChange[] {
  return work.flatMap(({ table, item, hold }) =>
    'change' in item && hold === undefined ? [{ table, change: item.change, reason: item.reason }] : [],
  )
}

export const failuresOf = (written: readonly WrittenChange[]): readonly ProviderError[] =>
  written.flatMap(({ outcome }) => (outcome.result === 'failed' ? [outcome.error] : []))
