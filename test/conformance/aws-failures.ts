import type { Fault } from '../simulators/ec2/faults.ts'
import type { Failure, FailingCall } from './provider-world.ts'

/** The action of EC2 that the AWS provider carries a call out with. */
export const actionOf: Readonly<Record<FailingCall, string>> = {
  create: 'CreateRoute',
  replace: 'ReplaceRoute',
  delete: 'DeleteRoute',
  list: 'DescribeRouteTables',
}

/** How a failure looks when EC2 has it. */
export const faultOf: Readonly<Record<Failure, Fault>> = {
  throttled: { kind: 'error', code: 'RequestLimitExceeded' },
  unauthorized: { kind: 'error', code: 'UnauthorizedOperation', status: 403 },
  quota: { kind: 'error', code: 'RouteLimitExceeded' },
  lost: { kind: 'reset-after' },
}
