import { afterEach, beforeEach, expect, test } from 'vitest'
import { EC2 } from '@aws-sdk/client-ec2'
import { systemClock } from '../../../kube/clock.ts'
import { parseAddress } from '../../../net/address.ts'
import { createEc2Simulator } from '../../../test/simulators/ec2/ec2-simulator.ts'
import { type RunningServer, serve } from '../../../test/simulators/http-server.ts'
import { ApiBudget } from '../../budget.ts'
import { ProviderError } from '../../errors.ts'
import type { ExaminedNode } from '../../examined.ts'
import { ec2Limits } from '../limits.ts'
import { explainAwsWay } from './explain-way.ts'

let server: RunningServer
let ec2: EC2
let simulator: ReturnType<typeof createEc2Simulator>
const instances: string[] = []
let mainTable: string

beforeEach(async () => {
  simulator = createEc2Simulator({ buckets: 'off' })
  server = await serve(simulator)
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  ec2 = new EC2({ endpoint: server.url, region: 'us-east-1', credentials, maxAttempts: 1 })
  const { Vpc } = await ec2.createVpc({ CidrBlock: '10.0.0.0/16' })
  const { Subnet } = await ec2.createSubnet({ VpcId: Vpc?.VpcId, CidrBlock: '10.0.1.0/24' })
  instances.length = 0
  for (const _ of [1, 2]) {
    const image = { ImageId: 'ami-0123456789abcdef0', MinCount: 1, MaxCount: 1 }
    const { Instances } = await ec2.runInstances({ ...image, SubnetId: Subnet?.SubnetId })
    instances.push(Instances?.[0]?.InstanceId ?? '')
  }
  const { RouteTables } = await ec2.describeRouteTables({})
  mainTable = RouteTables?.find(({ VpcId }) => VpcId === Vpc?.VpcId)?.RouteTableId ?? ''
})

afterEach(async () => {
  ec2.destroy()
  await server.close()
})

const node = (name: string, instance: string | undefined): ExaminedNode => ({
  name,
  addresses: [],
  podCIDRs: [],
  ...(instance === undefined ? {} : { providerID: `aws:///us-east-1a/${instance}` }),
})

const explain = (from: ExaminedNode, to: ExaminedNode | undefined, mac?: string) =>
  explainAwsWay({
    ec2: { api: ec2, budget: new ApiBudget({ clock: systemClock, limits: ec2Limits, share: 1 }) },
    clock: systemClock,
    attempt: (work) => work(),
  })(
    { source: parseAddress('10.244.1.2'), destination: parseAddress('10.244.3.2'), from, to, mac },
    AbortSignal.timeout(20_000),
  )

const codes = async (...parts: Parameters<typeof explain>): Promise<readonly string[]> =>
  (await explain(...parts)).map(({ code }) => code)

test('a subnet without a table of its own follows the main one', async () => {
  const found = await explain(node('a', instances[0]), node('b', instances[1]))
  expect(found.map(({ code }) => code)).toEqual(['SenderMayNotForward', 'CloudRouteMissing'])
  expect(found[1]?.message).toContain(
    `follows ${mainTable}, the main table, which has no route to 10.244.3.2`,
  )
})

test('a Node whose instance is not known leaves open what it takes to know', async () => {
  expect(await codes(node('a', 'i-00000000000000000'), node('b', instances[1]))).toEqual([
    'CloudPlaceUnknown',
  ])
  expect(await codes(node('a', undefined), node('b', instances[1]))).toEqual(['CloudPlaceUnknown'])
  const [eni] =
    (await ec2.describeInstances({ InstanceIds: [instances[1] ?? ''] })).Reservations?.[0]?.Instances?.[0]
      ?.NetworkInterfaces ?? []
  await ec2.createRoute({
    RouteTableId: mainTable,
    DestinationCidrBlock: '10.244.3.0/24',
    NetworkInterfaceId: eni?.NetworkInterfaceId,
  })
  expect(await codes(node('a', instances[0]), node('b', undefined))).toEqual([
    'SenderMayNotForward',
    'CloudRouteFound',
    'CloudPlaceUnknown',
  ])
})

test('an unknown hardware address is taken for the primary interface’s', async () => {
  expect(await codes(node('a', instances[0]), undefined, '02:00:00:00:00:00')).toEqual([
    'SenderMayNotForward',
    'CloudRouteMissing',
  ])
})

test('what may not be read is told with the action, and any other failure fails', async () => {
  simulator.permissions.deny({ action: 'DescribeRouteTables' })
  const found = await explain(node('a', instances[0]), node('b', instances[1]))
  expect(found).toMatchObject([
    { code: 'CloudNotRead', severity: 'unknown', object: { name: 'DescribeRouteTables' } },
  ])
  simulator.faults.inject({
    action: 'DescribeInstances',
    fault: { kind: 'error', code: 'InternalError', status: 500 },
  })
  await expect(explain(node('a', instances[0]), undefined)).rejects.toBeInstanceOf(ProviderError)
})
