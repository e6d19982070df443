import type { ApiBudget } from '../budget.ts'
import type { Change } from '../provider.ts'
import type { RateGroup } from './gce-api.ts'

/** What a change of routes calls when all is as the plan saw it. */
const routing: readonly RateGroup[] = ['mutations', 'lists', 'operation-reads']

/** And one of alias ranges. */
const delegating: readonly RateGroup[] = ['mutations', 'reads', 'operation-reads']

/** A move is two of each. */
const writesOf: Readonly<Record<Change['op'], number>> = { create: 1, replace: 2, delete: 1 }

/** In how many milliseconds a change of that kind could be under way: when the last of its calls could. */
export const readyInMs = (budget: ApiBudget, op: Change['op'], ahead = 0, delegates = false): number =>
  Math.max(
    ...(delegates ? delegating : routing).map((group) => budget.readyInMs(group, ahead * writesOf[op])),
  )
