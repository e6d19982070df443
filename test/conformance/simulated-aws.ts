import {
  type Ec2Simulator,
  type Ec2SimulatorOptions,
  createEc2Simulator,
} from '../simulators/ec2/ec2-simulator.ts'
import type { Call } from '../simulators/ec2/call-log.ts'
import { serve } from '../simulators/http-server.ts'
import { actionOf, faultOf } from './aws-failures.ts'
import { type AwsWorld, type AwsWorldOptions, createAwsWorld } from './aws-world.ts'

export interface SimulatedAws extends AwsWorld {
  readonly simulator: Ec2Simulator
  /** The calls of that action so far, by whomever. */
  callsOf(action: string): readonly Call[]
}

/** The AWS provider before a strict EC2 simulator of its own. */
export async function createSimulatedAws({
  instanceType,
  ...options
}: Ec2SimulatorOptions & Pick<AwsWorldOptions, 'instanceType'> = {}): Promise<SimulatedAws> {
  const region = 'eu-central-1'
  const simulator = createEc2Simulator({ ...options, region })
  const server = await serve(simulator)
  const world = await createAwsWorld({
    endpoint: server.url,
    region,
    failNext(call, failure) {
      simulator.faults.inject({ action: actionOf[call], fault: faultOf[failure] })
    },
    close: () => server.close(),
    ...(instanceType === undefined ? {} : { instanceType }),
  })
  return {
    ...world,
    simulator,
    callsOf: (action) => simulator.calls.filter((call) => call.action === action),
  }
}
