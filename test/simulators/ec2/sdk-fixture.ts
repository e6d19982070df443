import { EC2, EC2ServiceException } from '@aws-sdk/client-ec2'
import { serve } from '../http-server.ts'
import type { Simulator, SimulatorReply, SimulatorRequest } from '../simulator.ts'
import { type Ec2Simulator, type Ec2SimulatorOptions, createEc2Simulator } from './ec2-simulator.ts'

export const REGION = 'eu-central-1'

export interface Fixture {
  readonly simulator: Ec2Simulator
  /** The real SDK, without retries. */
  readonly ec2: EC2
  readonly url: string
  /** The body of the last answer, as it went over the wire. */
  readonly lastBody: () => string
  close(): Promise<void>
}

/** A simulator on a loopback port, and the SDK that talks to it. Nothing is throttled unless asked for. */
export async function startFixture(options: Ec2SimulatorOptions = {}): Promise<Fixture> {
  const simulator = createEc2Simulator({ region: REGION, buckets: 'off', ...options })
  let body = ''
  const recording: Simulator = {
    handle(request, now) {
      const reply = simulator.handle(request, now)
      if (reply.kind === 'response') body = reply.body
      return reply
    },
  }
  const server = await serve(recording)
  const ec2 = new EC2({
    endpoint: server.url,
    region: REGION,
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'secret' },
    maxAttempts: 1,
  })
  return {
    simulator,
    ec2,
    url: server.url,
    lastBody: () => body,
    async close() {
      ec2.destroy()
      await server.close()
    },
  }
}

/** One VPC of both families in two zones, and a second VPC beside it. */
export interface World {
  readonly vpcId: string
  readonly mainTableId: string
  /** The table of both node subnets. */
  readonly tableId: string
  readonly associationA: string
  /** 10.0.1.0/24 and 2600:1f18::/64, zone a */
  readonly subnetA: string
  /** 10.0.2.0/24 and 2600:1f18:0:1::/64, zone b */
  readonly subnetB: string
  readonly gatewayId: string
  /** In subnet A, one interface. */
  readonly instanceId: string
  readonly interfaceId: string
  /** In subnet A, two interfaces. */
  readonly multiInstanceId: string
  readonly otherVpcId: string
  readonly otherSubnet: string
  readonly otherTableId: string
  readonly otherInterfaceId: string
}

export async function buildWorld(ec2: EC2): Promise<World> {
  const vpcId = must(
    (await ec2.createVpc({ CidrBlock: '10.0.0.0/16', AmazonProvidedIpv6CidrBlock: true })).Vpc?.VpcId,
  )
  const subnet = async (vpc: string, cidr: string, zone: string, ipv6?: string): Promise<string> => {
    const made = await ec2.createSubnet({
      VpcId: vpc,
      CidrBlock: cidr,
      AvailabilityZone: REGION + zone,
      ...(ipv6 === undefined ? {} : { Ipv6CidrBlock: ipv6 }),
    })
    return must(made.Subnet?.SubnetId)
  }
  const table = async (vpc: string): Promise<string> =>
    must((await ec2.createRouteTable({ VpcId: vpc })).RouteTable?.RouteTableId)
  const subnetA = await subnet(vpcId, '10.0.1.0/24', 'a', '2600:1f18::/64')
  const subnetB = await subnet(vpcId, '10.0.2.0/24', 'b', '2600:1f18:0:1::/64')
  const tableId = await table(vpcId)
  const associate = async (subnetId: string): Promise<string> =>
    must((await ec2.associateRouteTable({ RouteTableId: tableId, SubnetId: subnetId })).AssociationId)
  const associationA = await associate(subnetA)
  await associate(subnetB)
  const gatewayId = must((await ec2.createInternetGateway({})).InternetGateway?.InternetGatewayId)
  await ec2.attachInternetGateway({ InternetGatewayId: gatewayId, VpcId: vpcId })
  const instance = await launch(ec2, subnetA)
  const multi = await launch(ec2, subnetA)
  const second = must(
    (await ec2.createNetworkInterface({ SubnetId: subnetA })).NetworkInterface?.NetworkInterfaceId,
  )
  await ec2.attachNetworkInterface({
    NetworkInterfaceId: second,
    InstanceId: multi.instanceId,
    DeviceIndex: 1,
  })
  const otherVpcId = must((await ec2.createVpc({ CidrBlock: '10.1.0.0/16' })).Vpc?.VpcId)
  const otherSubnet = await subnet(otherVpcId, '10.1.1.0/24', 'a')
  const main = await ec2.describeRouteTables({
    Filters: [
      { Name: 'vpc-id', Values: [vpcId] },
      { Name: 'association.main', Values: ['true'] },
    ],
  })
  return {
    vpcId,
    mainTableId: must(main.RouteTables?.[0]?.RouteTableId),
    tableId,
    associationA,
    subnetA,
    subnetB,
    gatewayId,
    ...instance,
    multiInstanceId: multi.instanceId,
    otherVpcId,
    otherSubnet,
    otherTableId: await table(otherVpcId),
    otherInterfaceId: must(
      (await ec2.createNetworkInterface({ SubnetId: otherSubnet })).NetworkInterface?.NetworkInterfaceId,
    ),
  }
}

/** An instance with one interface. */
export async function launch(
  ec2: EC2,
  subnetId: string,
): Promise<{ readonly instanceId: string; readonly interfaceId: string }> {
  const { Instances } = await ec2.runInstances({
    ImageId: IMAGE,
    MinCount: 1,
    MaxCount: 1,
    SubnetId: subnetId,
    Ipv6AddressCount: 0,
  })
  const instance = Instances?.[0]
  return {
    instanceId: must(instance?.InstanceId),
    interfaceId: must(instance?.NetworkInterfaces?.[0]?.NetworkInterfaceId),
  }
}

export const IMAGE = 'ami-0123456789abcdef0'

/** Well-formed ids of what is not there. */
export const NOWHERE = '0ffffffffffffffff'

export function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the answer lacks a field that it must have')
  return value
}

export interface Refusal {
  readonly code: string
  readonly status: number | undefined
  readonly message: string
}

/** What the SDK throws; the call must not succeed. */
export async function refusal(call: Promise<unknown>): Promise<Refusal> {
  try {
    await call
  } catch (error) {
    if (!(error instanceof EC2ServiceException)) throw error
    return { code: error.name, status: error.$metadata.httpStatusCode, message: error.message }
  }
  throw new Error('the call was not refused')
}

/** A request as it stands on the wire, with a signature that looks right. */
export function wireRequest(
  action: string,
  parameters: Readonly<Record<string, string>> = {},
): SimulatorRequest {
  return {
    method: 'POST',
    target: '/',
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=AKIA/20260101/${REGION}/ec2/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
    },
    body: new URLSearchParams({ Action: action, Version: '2016-11-15', ...parameters }).toString(),
  }
}

/** `200`, or the code of the refusal; `reset` and `hang` where there is no answer. */
export function verdict(reply: SimulatorReply): string {
  if (reply.kind !== 'response') return reply.kind
  return reply.status === 200 ? '200' : (/<Code>(.*?)<\/Code>/.exec(reply.body)?.[1] ?? String(reply.status))
}
