import { EC2 } from '@aws-sdk/client-ec2'
import type { ManualClock } from '../../../kube/testing/manual-clock.ts'
import {
  type Ec2Simulator,
  type Ec2SimulatorOptions,
  createEc2Simulator,
} from '../../../test/simulators/ec2/ec2-simulator.ts'
import type { Target } from '../../route.ts'
import { VirtualTime } from '../../testing/virtual-time.ts'

export interface VirtualEc2Options extends Ec2SimulatorOptions {
  /** How long the next call takes, there and back; 100 ms unless told. */
  readonly latencyMs?: () => number
}

/** What reaches the wire of the SDK's request, as far as a simulator reads it. */
interface WireRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

interface WireResponse {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/**
 * The strict EC2 simulator on a clock that a test moves. Its client is the real SDK, without sockets: a request is
 * answered in the process, half its latency after it was sent, and the answer arrives after the other half.
 */
export class VirtualEc2 {
  readonly simulator: Ec2Simulator
  readonly api: EC2
  readonly #latencyMs: () => number
  readonly #time = new VirtualTime()

  constructor({ latencyMs = () => 100, ...options }: VirtualEc2Options = {}) {
    const region = 'eu-central-1'
    this.#latencyMs = latencyMs
    this.simulator = createEc2Simulator({ ...options, region })
    this.api = new EC2({
      region,
      endpoint: 'http://ec2.example.invalid',
      credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'secret' },
      maxAttempts: 1,
      requestHandler: {
        handle: (request: WireRequest) => this.#answer(request),
        metadata: { handlerProtocol: 'http/1.1' },
        updateHttpClientConfig: () => undefined,
        httpHandlerConfigs: () => ({}),
      },
    })
    this.api.middlewareStack.add((next) => (args) => this.#time.during(() => next(args)), {
      step: 'initialize',
      name: 'countBusy',
    })
  }

  get clock(): ManualClock {
    return this.#time.clock
  }

  /** Moves time, from one due time to the next, until the work is done. */
  until<T>(work: Promise<T>): Promise<T> {
    return this.#time.until(work)
  }

  async #answer(request: WireRequest): Promise<{ response: WireResponse }> {
    const latency = this.#latencyMs()
    await this.#time.pass(latency / 2)
    const reply = this.simulator.handle(
      {
        method: request.method,
        target: request.path,
        headers: Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]),
        ),
        body: request.body ?? '',
      },
      this.clock.now(),
    )
    await this.#time.pass(latency / 2)
    if (reply.kind !== 'response') throw new Error(`no answer here can be a ${reply.kind}`)
    const { status, headers, body } = reply
    return { response: { statusCode: status, headers, body: Buffer.from(body) } }
  }
}

export interface SmallVpc {
  /** With nothing but its local route. */
  readonly table: string
  /** The interfaces of three running instances. */
  readonly targets: readonly [Target, Target, Target]
}

export async function makeSmallVpc(api: EC2): Promise<SmallVpc> {
  const { Vpc } = await api.createVpc({ CidrBlock: '10.0.0.0/16' })
  const VpcId = Vpc?.VpcId
  const { Subnet } = await api.createSubnet({ VpcId, CidrBlock: '10.0.1.0/24' })
  const { RouteTable } = await api.createRouteTable({ VpcId })
  const { Instances = [] } = await api.runInstances({
    ImageId: 'ami-0123456789abcdef0',
    MinCount: 3,
    MaxCount: 3,
    SubnetId: Subnet?.SubnetId,
  })
  const targetOf = (index: number): Target => ({
    kind: 'eni',
    id: made(Instances[index]?.NetworkInterfaces?.[0]?.NetworkInterfaceId),
  })
  return { table: made(RouteTable?.RouteTableId), targets: [targetOf(0), targetOf(1), targetOf(2)] }
}

function made(id: string | undefined): string {
  if (id === undefined) throw new Error('the simulator left out what it made')
  return id
}
