import type { ApiBudget } from '../budget.ts'
import type { Change } from '../provider.ts'
import type { Ec2Action } from './ec2-api.ts'

/** What a change calls when all is as the plan saw it. */
const actionsOf: Readonly<Record<Change['op'], readonly Ec2Action[]>> = {
  create: ['CreateRoute'],
  replace: ['ReplaceRoute', 'DescribeRouteTables'],
  delete: ['DeleteRoute', 'DescribeRouteTables'],
}

/** In how many milliseconds a change of that kind could be under way: when the last of its actions could. */
export const readyInMs = (budget: ApiBudget, op: Change['op'], ahead = 0): number =>
  Math.max(...actionsOf[op].map((action) => budget.readyInMs(action, ahead)))
