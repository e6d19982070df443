import {
  type Ec2Simulator,
  type Ec2SimulatorOptions,
  createEc2Simulator,
} from '../simulators/ec2/ec2-simulator.ts'
import type { Call } from '../simulators/ec2/call-log.ts'
import type { Fault } from '../simulators/ec2/faults.ts'
import { serve } from '../simulators/http-server.ts'
import { type AwsWorld, createAwsWorld } from './aws-world.ts'
import type { Failure } from './provider-world.ts'

export interface SimulatedAws extends AwsWorld {
  readonly simulator: Ec2Simulator
  /** The calls of that action so far, by whomever. */
  callsOf(action: string): readonly Call[]
}

/** The AWS provider before a strict EC2 simulator of its own. */
export async function createSimulatedAws(options: Ec2SimulatorOptions = {}): Promise<SimulatedAws> {
  const region = 'eu-central-1'
  const simulator = createEc2Simulator({ ...options, region })
  const server = await serve(simulator)
  const world = await createAwsWorld({
    endpoint: server.url,
    region,
    failNext(call, failure) {
      simulator.faults.inject({ action: actions[call], fault: faults[failure] })
    },
    close: () => server.close(),
  })
  return {
    ...world,
    simulator,
    callsOf: (action) => simulator.calls.filter((call) => call.action === action),
  }
}

const actions = {
  create: 'CreateRoute',
  replace: 'ReplaceRoute',
  delete: 'DeleteRoute',
  list: 'DescribeRouteTables',
} as const

const faults: Readonly<Record<Failure, Fault>> = {
  throttled: { kind: 'error', code: 'RequestLimitExceeded' },
  unauthorized: { kind: 'error', code: 'UnauthorizedOperation', status: 403 },
  quota: { kind: 'error', code: 'RouteLimitExceeded' },
  lost: { kind: 'reset-after' },
}
