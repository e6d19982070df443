import { type OpenProvider, type ProviderConfig, awsProviderOf } from '../../../cli/open-provider.ts'
import type { ManualClock } from '../../../kube/testing/manual-clock.ts'
import type { Call } from '../../simulators/ec2/call-log.ts'
import { type Ec2Simulator, createEc2Simulator } from '../../simulators/ec2/ec2-simulator.ts'
import type { Fault } from '../../simulators/ec2/faults.ts'
import { wireRequest } from '../../simulators/ec2/sdk-fixture.ts'
import { AWS_BUCKETS } from '../../simulators/ec2/token-bucket.ts'
import type { SimulatorReply, SimulatorRequest } from '../../simulators/simulator.ts'
import type { ChaosCloud, CloudFault, Machine, Note } from '../chaos-cloud.ts'
import type { Bucket } from '../checker/budget.ts'
import { type RouteChange, people } from '../journal.ts'
import type { Link } from '../world/link.ts'
import { ec2Over, region } from './ec2-client.ts'

const ops: Readonly<Record<string, RouteChange['op']>> = {
  CreateRoute: 'create',
  ReplaceRoute: 'replace',
  DeleteRoute: 'delete',
}

/** The strict EC2 simulator: a VPC with one subnet, whose tables carry the cluster's tag. */
export class AwsCloud implements ChaosCloud {
  readonly clusterName = 'chaos'
  readonly #simulator: Ec2Simulator
  readonly #clock: ManualClock
  readonly #note: Note
  readonly #vpc: string
  readonly #subnet: string
  readonly #gateway: string
  #tables: string[] = []

  constructor(clock: ManualClock, note: Note) {
    this.#clock = clock
    this.#note = note
    this.#simulator = createEc2Simulator({ region, history: 60_000, unhindered: 'AKIA' })
    this.#vpc = this.#made(
      'CreateVpc',
      { CidrBlock: '10.0.0.0/16', AmazonProvidedIpv6CidrBlock: 'true' },
      'vpcId',
    )
    const CidrBlock = '10.0.0.0/20'
    this.#subnet = this.#made('CreateSubnet', { VpcId: this.#vpc, CidrBlock }, 'subnetId')
    this.#gateway = this.#made('CreateInternetGateway', {}, 'internetGatewayId')
    this.#do('AttachInternetGateway', { InternetGatewayId: this.#gateway, VpcId: this.#vpc })
  }

  addTable(): string {
    const tag = { Key: `kubernetes.io/cluster/${this.clusterName}`, Value: 'shared' }
    const table = this.#made('CreateRouteTable', { VpcId: this.#vpc }, 'routeTableId')
    this.#do('CreateTags', { 'ResourceId.1': table, 'Tag.1.Key': tag.Key, 'Tag.1.Value': tag.Value })
    this.#noteTables([...this.#tables, table])
    return table
  }

  dropTable(table: string): boolean {
    this.#do('DeleteTags', {
      'ResourceId.1': table,
      'Tag.1.Key': `kubernetes.io/cluster/${this.clusterName}`,
    })
    this.#noteTables(this.#tables.filter((id) => id !== table))
    return true
  }

  launch(): Machine {
    const body = this.#do('RunInstances', {
      ImageId: 'ami-0123456789abcdef0',
      MinCount: '1',
      MaxCount: '1',
      SubnetId: this.#subnet,
      ClientToken: 'token',
    })
    const zone = tagOf(body, 'availabilityZone')
    const target = tagOf(body, 'networkInterfaceId')
    const machine = {
      providerID: `aws:///${zone}/${tagOf(body, 'instanceId')}`,
      address: tagOf(body, 'privateIpAddress'),
      targets: { v4: target, v6: target },
    }
    this.#noteMachine(machine, 'running')
    return machine
  }

  stop(machine: Machine): void {
    if (this.#try('StopInstances', { 'InstanceId.1': instanceOf(machine) }))
      this.#noteMachine(machine, 'stopped')
  }

  start(machine: Machine): void {
    if (this.#try('StartInstances', { 'InstanceId.1': instanceOf(machine) }))
      this.#noteMachine(machine, 'running')
  }

  terminate(machine: Machine): void {
    this.#do('TerminateInstances', { 'InstanceId.1': instanceOf(machine) })
    this.#noteMachine(machine, 'terminated')
  }

  deleteRoute(table: string, destination: string): boolean {
    return this.#try('DeleteRoute', { RouteTableId: table, ...destinationOf(destination) })
  }

  changeRoute(table: string, destination: string, { targets }: Machine): 'changed' | false {
    const route = { RouteTableId: table, ...destinationOf(destination), NetworkInterfaceId: targets.v4 }
    return this.#try('ReplaceRoute', route) && 'changed'
  }

  addForeignRoute(table: string, destination: string, machine?: Machine): boolean {
    const target =
      machine === undefined ? { GatewayId: this.#gateway } : { NetworkInterfaceId: machine.targets.v4 }
    return this.#try('CreateRoute', { RouteTableId: table, ...destinationOf(destination), ...target })
  }

  limitRoutes(room?: number): void {
    const counts = this.#tables.map((table) => {
      const items = this.#items(table)
      const v6 = items.filter((item) => item.includes('Ipv6CidrBlock')).length
      return { v4: items.length - v6, v6 }
    })
    const limit = (family: 'v4' | 'v6'): number =>
      room === undefined ? 500 : Math.max(...counts.map((count) => count[family])) + room
    this.#simulator.limitRoutes({ v4: limit('v4'), v6: limit('v6') })
    this.#note(people, { kind: 'room' })
  }

  routes(table: string): readonly string[] {
    return this.#items(table)
      .filter((item) => tagOf(item, 'origin') === 'CreateRoute')
      .map((item) => {
        const destination =
          optionalTagOf(item, 'destinationCidrBlock') ?? tagOf(item, 'destinationIpv6CidrBlock')
        return `${destination} ${optionalTagOf(item, 'networkInterfaceId') ?? tagOf(item, 'gatewayId')}`
      })
      .sort()
  }

  /** Of all its routes. */
  #items(table: string): readonly string[] {
    const body = this.#do('DescribeRouteTables', { 'RouteTableId.1': table })
    return body.match(/<item><destination.*?<\/item>/g) ?? []
  }

  inject(wanted: CloudFault, calls: number, which: 'reads' | 'writes' | 'all'): void {
    const fault = faultOf(wanted)
    if (fault === undefined) return
    const isRead = (action: string): boolean => action.startsWith('Describe')
    this.#simulator.faults.inject({
      when: (_parameters, action) =>
        fault.kind === 'stale' ? isRead(action) : which === 'all' || isRead(action) === (which === 'reads'),
      times: calls,
      fault,
    })
  }

  calm(): void {
    this.#simulator.faults.clear()
  }

  async open(config: ProviderConfig, link: Link): Promise<OpenProvider> {
    const ec2 = ec2Over(link, (request, sentAt) => this.#serve(request, link.process.name, sentAt))
    return { provider: await awsProviderOf(config, ec2, link.process.clock), close: () => ec2.destroy() }
  }

  bucket(action: string): Bucket {
    const { byAction, describe, mutate } = AWS_BUCKETS
    const { capacity, refill } = byAction[action] ?? (action.startsWith('Describe') ? describe : mutate)
    const looks = action === 'ReplaceRoute' || action === 'DeleteRoute'
    return { name: action, capacity, refill, ...(looks ? { lookMs: 4_000 } : {}) }
  }

  #serve(request: SimulatorRequest, by: string, sentAt: number): SimulatorReply {
    const reply = this.#simulator.handle(request, this.#clock.now())
    const call = this.#simulator.calls.at(-1)
    if (call !== undefined) this.#noteCall(call, by, sentAt)
    return reply
  }

  #noteCall(call: Call, by: string, sentAt: number): void {
    const { action, executed: done, parameters } = call
    const op = ops[action]
    const target = parameters.NetworkInterfaceId ?? parameters.GatewayId
    const change: RouteChange | undefined =
      op === undefined
        ? undefined
        : {
            op,
            table: parameters.RouteTableId ?? '',
            destination: parameters.DestinationCidrBlock ?? parameters.DestinationIpv6CidrBlock ?? '',
            ...(target === undefined ? {} : { target }),
          }
    const result = call.code ?? call.fault ?? 'ok'
    this.#note(
      by,
      {
        kind: 'cloud-call',
        sentAt,
        action,
        isWrite: !action.startsWith('Describe'),
        ...(change === undefined ? {} : { asks: [change] }),
        ...(call.code === 'RouteLimitExceeded' && change !== undefined
          ? { full: { table: change.table, family: change.destination.includes(':') ? 'v6' : 'v4' } as const }
          : {}),
      },
      `${action} ${JSON.stringify(parameters)} ${result}`,
    )
    if (done && change !== undefined) this.#note(by, { kind: 'route', sentAt, change })
  }

  #noteTables(tables: string[]): void {
    this.#tables = tables
    this.#note(people, { kind: 'tables', tables })
  }

  #noteMachine({ providerID, targets }: Machine, state: 'running' | 'stopped' | 'terminated'): void {
    this.#note(people, { kind: 'machine', providerID, targets, state })
  }

  /** One field of what was made. */
  #made(action: string, parameters: Readonly<Record<string, string>>, field: string): string {
    return tagOf(this.#do(action, parameters), field)
  }

  #do(action: string, parameters: Readonly<Record<string, string>>): string {
    const reply = this.#asPeople(action, parameters)
    if (reply.status !== 200) throw new Error(`${action}: ${reply.body}`)
    return reply.body
  }

  #try(action: string, parameters: Readonly<Record<string, string>>): boolean {
    return this.#asPeople(action, parameters).status === 200
  }

  #asPeople(
    action: string,
    parameters: Readonly<Record<string, string>>,
  ): { readonly status: number; readonly body: string } {
    const reply = this.#simulator.handle(wireRequest(action, parameters), this.#clock.now())
    const call = this.#simulator.calls.at(-1)
    if (reply.kind !== 'response' || call === undefined) throw new Error(`${action}: ${reply.kind}`)
    if (!action.startsWith('Describe')) this.#noteCall(call, people, this.#clock.monotonic())
    return reply
  }
}

const instanceOf = ({ providerID }: Machine): string => providerID.slice(providerID.lastIndexOf('/') + 1)

const destinationOf = (destination: string): Record<string, string> =>
  destination.includes(':')
    ? { DestinationIpv6CidrBlock: destination }
    : { DestinationCidrBlock: destination }

/** Undefined for what this cloud does not do: its writes are done when they are answered. */
function faultOf(fault: CloudFault): Fault | undefined {
  switch (fault.kind) {
    case 'throttled':
      return { kind: 'error', code: 'RequestLimitExceeded' }
    case 'server-error':
      return { kind: 'error', code: 'InternalError', status: 500 }
    case 'cut-before':
      return { kind: 'reset-before' }
    case 'cut-after':
      return { kind: 'reset-after' }
    case 'hang-before':
    case 'hang-after':
      return { kind: fault.kind }
    case 'stale':
      return { kind: 'stale', ms: fault.ms }
    case 'busy':
    case 'late-failure':
    case 'slow-operation':
      return undefined
  }
}

const optionalTagOf = (xml: string, tag: string): string | undefined =>
  new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(xml)?.[1]

function tagOf(xml: string, tag: string): string {
  const text = optionalTagOf(xml, tag)
  if (text === undefined) throw new Error(`the answer has no ${tag}: ${xml}`)
  return text
}
