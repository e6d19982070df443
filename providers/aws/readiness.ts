import type { ApiBudget } from '../budget.ts'
import type { Change } from '../provider.ts'
import type { Ec2Action } from './ec2-api.ts'

type ActionsOf = Readonly<Record<Change['op'], readonly Ec2Action[]>>

/** What a change of a route table calls when all is as the plan saw it. */
const routing: ActionsOf = {
  create: ['CreateRoute'],
  replace: ['ReplaceRoute', 'DescribeRouteTables'],
  delete: ['DeleteRoute', 'DescribeRouteTables'],
}

/** And of a VPC's prefixes. */
const delegating: ActionsOf = {
  create: ['AssignIpv6Addresses'],
  replace: ['AssignIpv6Addresses', 'UnassignIpv6Addresses', 'DescribeNetworkInterfaces'],
  delete: ['UnassignIpv6Addresses', 'DescribeNetworkInterfaces'],
}

/** In how many milliseconds a change of that kind could be under way: when the last of its actions could. */
export const readyInMs = (budget: ApiBudget, op: Change['op'], ahead = 0, delegates = false): number =>
  Math.max(...(delegates ? delegating : routing)[op].map((action) => budget.readyInMs(action, ahead)))
