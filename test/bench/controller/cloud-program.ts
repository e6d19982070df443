import { EC2 } from '@aws-sdk/client-ec2'
import { type Ec2Simulator, createEc2Simulator } from '../../simulators/ec2/ec2-simulator.ts'
import type { Call } from '../../simulators/ec2/call-log.ts'
import { serve } from '../../simulators/http-server.ts'
import { AWS_BUCKETS } from '../../simulators/ec2/token-bucket.ts'
import { clusterName, controllerKey, region } from './names.ts'
import { machineTime, serveRequests } from './remote.ts'
import { Rival, type RivalFigures } from './rival.ts'

export interface CloudOptions {
  /** Of AWS's documented token buckets, bursts and refill. */
  readonly bucketScale: number
  readonly routesPerTable: number
  /** With the cluster's tag: each is the table of a subnet of its own. */
  readonly tables: number
  readonly instances: number
}

export interface Cloud {
  readonly url: string
  readonly tableIds: readonly string[]
  readonly instances: readonly CloudInstance[]
}

export interface CloudInstance {
  readonly id: string
  readonly zone: string
  readonly ipv4: string
}

/** Of the controller's calls since the last {@link service.forget}. */
export interface CloudFigures {
  readonly byAction: Readonly<Record<string, number>>
  readonly refused: number
  /** When each call that changes something arrived, in {@link machineTime}, in order. */
  readonly writes: readonly number[]
}

const zone = `${region}a`
/** RunInstances answers with all of them: more would be a long answer to read. */
const launchedAtOnce = 200

interface Running {
  readonly simulator: Ec2Simulator
  readonly ec2: EC2
  readonly subnets: readonly string[]
  readonly rivalTable: string
}

let running: Running | undefined
let rival: Rival | undefined
let isSettingUp = true
let ahead = 0
let seen = 0
const writes: number[] = []
/** Of the controller, in all tables. */
const routes = new Set<string>()
let lastRouteAt = 0

/** The cloud has hours for what is made before the measurement, and after it passes time as it is. */
const wallTime = (): number => Date.now() + (isSettingUp ? (ahead += 10_000) : ahead)

const service = {
  async open(options: CloudOptions): Promise<Cloud> {
    const simulator = createEc2Simulator({
      region,
      buckets: scaled(options.bucketScale),
      routeLimits: { v4: options.routesPerTable, v6: options.routesPerTable },
    })
    const { url } = await serve({
      handle(request) {
        const at = machineTime()
        const reply = simulator.handle(request, wallTime())
        note(simulator.calls.at(-1), at)
        return reply
      },
    })
    const credentials = { accessKeyId: 'AKIDOTHER', secretAccessKey: 'bench' }
    const ec2 = new EC2({ endpoint: url, region, credentials, maxAttempts: 1 })
    const { Vpc } = await ec2.createVpc({ CidrBlock: '10.0.0.0/16' })
    const VpcId = Vpc?.VpcId ?? ''
    const subnets: string[] = []
    const tableIds: string[] = []
    for (let index = 0; index < options.tables; index++) {
      const { Subnet } = await ec2.createSubnet({
        VpcId,
        CidrBlock: `10.0.${64 * index}.0/18`,
        AvailabilityZone: zone,
      })
      const { RouteTable } = await ec2.createRouteTable({
        VpcId,
        TagSpecifications: [
          {
            ResourceType: 'route-table',
            Tags: [{ Key: `kubernetes.io/cluster/${clusterName}`, Value: 'owned' }],
          },
        ],
      })
      const ids = { SubnetId: Subnet?.SubnetId ?? '', RouteTableId: RouteTable?.RouteTableId ?? '' }
      await ec2.associateRouteTable(ids)
      subnets.push(ids.SubnetId)
      tableIds.push(ids.RouteTableId)
    }
    const { RouteTable } = await ec2.createRouteTable({ VpcId })
    running = { simulator, ec2, subnets, rivalTable: RouteTable?.RouteTableId ?? '' }
    return { url, tableIds, instances: await launch(options.instances) }
  },

  /** From here on time passes as it does, and calls are counted. */
  begin(): void {
    isSettingUp = false
    // All buckets are full again.
    ahead += 3_600_000
    service.forget()
  },

  forget(): void {
    seen = cloud().simulator.calls.length
    writes.length = 0
  },

  /** Somebody launches instances, by the same buckets as everybody. */
  launch,

  async terminate(ids: readonly string[]): Promise<void> {
    await cloud().ec2.terminateInstances({ InstanceIds: [...ids] })
  },

  figures(): CloudFigures {
    const calls = cloud()
      .simulator.calls.slice(seen)
      .filter(({ accessKeyId }) => accessKeyId === controllerKey)
    const byAction: Record<string, number> = {}
    for (const { action } of calls) byAction[action] = (byAction[action] ?? 0) + 1
    return { byAction, refused: calls.filter(({ code }) => code === 'RequestLimitExceeded').length, writes }
  },

  /** How many routes of the controller there are, and when the last one was made or deleted, in {@link machineTime}. */
  routes(): { readonly count: number; readonly lastAt: number } {
    return { count: routes.size, lastAt: lastRouteAt }
  },

  /** Another client of the account makes and deletes routes from now on. */
  async startRival({ perSecond }: { readonly perSecond: number }): Promise<void> {
    const { ec2, rivalTable } = cloud()
    const { NetworkInterfaces } = await ec2.describeNetworkInterfaces({ MaxResults: 5 })
    const eniId = NetworkInterfaces?.[0]?.NetworkInterfaceId ?? ''
    rival = new Rival({ ec2, perSecond, tableId: rivalTable, eniId })
  },

  async stopRival(): Promise<RivalFigures> {
    if (rival === undefined) throw new Error('there is no rival')
    return rival.stop()
  },
}

export type CloudService = typeof service

async function launch(count: number): Promise<readonly CloudInstance[]> {
  const { ec2, subnets } = cloud()
  const launched: CloudInstance[] = []
  while (launched.length < count) {
    const some = Math.min(launchedAtOnce, count - launched.length)
    const { Instances } = await ec2.runInstances({
      ImageId: 'ami-12345678',
      MinCount: some,
      MaxCount: some,
      SubnetId: subnets[(launched.length / launchedAtOnce) % subnets.length] ?? subnets[0] ?? '',
    })
    for (const { InstanceId = '', PrivateIpAddress = '' } of Instances ?? [])
      launched.push({ id: InstanceId, zone, ipv4: PrivateIpAddress })
  }
  return launched
}

function note(call: Call | undefined, at: number): void {
  if (call?.accessKeyId !== controllerKey || isRead(call.action)) return
  writes.push(at)
  if (!call.executed) return
  const route = `${call.parameters.RouteTableId} ${call.parameters.DestinationCidrBlock}`
  if (call.action === 'CreateRoute') routes.add(route)
  else if (call.action !== 'DeleteRoute' || !routes.delete(route)) return
  lastRouteAt = at
}

function cloud(): Running {
  if (running === undefined) throw new Error('the cloud is not open')
  return running
}

function scaled(scale: number): Readonly<Record<string, { capacity: number; refill: number }>> {
  const names = [
    'CreateRoute',
    'ReplaceRoute',
    'DeleteRoute',
    'DescribeRouteTables',
    'DescribeInstances',
    'DescribeNetworkInterfaces',
    ...Object.keys(AWS_BUCKETS.byAction),
  ]
  return Object.fromEntries(
    names.map((name) => {
      const { capacity, refill } =
        AWS_BUCKETS.byAction[name] ?? (isRead(name) ? AWS_BUCKETS.describe : AWS_BUCKETS.mutate)
      return [name, { capacity: scale * capacity, refill: scale * refill }]
    }),
  )
}

const isRead = (action: string): boolean => action.startsWith('Describe')

serveRequests(service)
