import { EC2, type Instance, type _InstanceType } from '@aws-sdk/client-ec2'
import { vi } from 'vitest'
import { systemClock } from '../../kube/clock.ts'
import { parseAddress } from '../../net/address.ts'
import { type Cidr, formatCidr, parseCidr } from '../../net/cidr.ts'
import { type AwsProviderOptions, awsProvider } from '../../providers/aws/aws-provider.ts'
import { createEc2Client } from '../../providers/aws/client.ts'
import type { RouteProvider } from '../../providers/provider.ts'
import type { Table, Target } from '../../providers/route.ts'
import { ampleBudget } from './ample-budget.ts'
import type { ProviderWorld, WorldNode } from './provider-world.ts'

export interface AwsWorldOptions {
  /** An EC2 API, of whichever make. */
  readonly endpoint: string
  readonly region: string
  readonly failNext: ProviderWorld['failNext']
  readonly requestTimeoutMs?: number
  /** Of the nodes; the cloud's default unless told. */
  readonly instanceType?: _InstanceType
  /** Called after the world's own clean-up. */
  readonly close?: () => Promise<void>
}

/** The conformance world, and what a test of AWS's own rules needs besides. */
export interface AwsWorld extends ProviderWorld {
  /** The client of everybody but podway. */
  readonly ec2: EC2
  readonly vpcId: string
  readonly subnetId: string
  /** Of IPv6, a /64. */
  readonly subnetRange6: string
  readonly clusterName: string
  /** The provider's own client, counted by `writes`. */
  readonly providerEc2: EC2
  /** Another one beside the world's own, with the same client and cluster. */
  providerWith(options: Partial<AwsProviderOptions>): RouteProvider
}

/** Of the provider's client; everybody else has another one. */
export const podwayKeyId = 'PODWAY'

/**
 * A VPC of both families with one subnet, made through the API as anyone would. The provider's client is set up by the
 * environment, as in production, which is stubbed until `close`: one world at a time.
 */
export async function createAwsWorld(options: AwsWorldOptions): Promise<AwsWorld> {
  const { endpoint, region } = options
  vi.stubEnv('AWS_ENDPOINT_URL_EC2', endpoint)
  vi.stubEnv('AWS_REGION', region)
  vi.stubEnv('AWS_PROFILE', undefined)
  for (const name of ['NO_PROXY', 'no_proxy']) vi.stubEnv(name, new URL(endpoint).hostname)
  vi.stubEnv('AWS_ACCESS_KEY_ID', podwayKeyId)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
  const providerEc2 = await createEc2Client(options)
  const ec2 = new EC2({ endpoint, region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } })

  let writes = 0
  providerEc2.middlewareStack.add(
    (next, context) => (args) => {
      if (!String(context.commandName).startsWith('Describe')) writes++
      return next(args)
    },
    // Behind the SDK's retries: each attempt counts.
    { step: 'deserialize', name: 'countWrites' },
  )

  const clusterName = `conformance-${crypto.randomUUID()}`
  const vpc = await ec2.createVpc({ CidrBlock: '10.0.0.0/16', AmazonProvidedIpv6CidrBlock: true })
  const vpcId = known(vpc.Vpc?.VpcId)
  const described = await ec2.describeVpcs({ VpcIds: [vpcId] })
  const range6 = known(described.Vpcs?.[0]?.Ipv6CidrBlockAssociationSet?.[0]?.Ipv6CidrBlock)
  const subnetRange6 = range6.replace(/\/56$/, '/64')
  const subnet = await ec2.createSubnet({
    VpcId: vpcId,
    CidrBlock: '10.0.1.0/24',
    Ipv6CidrBlock: subnetRange6,
  })
  const subnetId = known(subnet.Subnet?.SubnetId)
  const gateway = await ec2.createInternetGateway({})
  const gatewayId = known(gateway.InternetGateway?.InternetGatewayId)
  await ec2.attachInternetGateway({ VpcId: vpcId, InternetGatewayId: gatewayId })

  // Nothing that the world does takes time.
  const providerWith = (wanted: Partial<AwsProviderOptions>): RouteProvider =>
    awsProvider({
      ec2: providerEc2,
      budget: ampleBudget(),
      clock: systemClock,
      clusterName,
      settleMs: 0,
      ...wanted,
    })

  return {
    ec2,
    vpcId,
    subnetId,
    subnetRange6,
    clusterName,
    providerEc2,
    provider: providerWith({}),
    providerWith,
    async addTable(name): Promise<Table> {
      const Tags = [
        { Key: 'Name', Value: name },
        { Key: `kubernetes.io/cluster/${clusterName}`, Value: 'shared' },
      ]
      const made = await ec2.createRouteTable({
        VpcId: vpcId,
        TagSpecifications: [{ ResourceType: 'route-table', Tags }],
      })
      return { id: known(made.RouteTable?.RouteTableId), name }
    },
    async removeTable(table) {
      await ec2.deleteRouteTable({ RouteTableId: table.id })
    },
    async serve(table) {
      await ec2.associateRouteTable({ RouteTableId: table.id, SubnetId: subnetId })
      return [known(subnet.Subnet?.CidrBlock), subnetRange6].map(parseCidr)
    },
    async addNode(name) {
      const run = await ec2.runInstances({
        ImageId: 'ami-12345678',
        MinCount: 1,
        MaxCount: 1,
        SubnetId: subnetId,
        Ipv6AddressCount: 1,
        ...(options.instanceType === undefined ? {} : { InstanceType: options.instanceType }),
      })
      return nodeOf(name, known(run.Instances?.[0]))
    },
    async terminate(node) {
      await ec2.terminateInstances({ InstanceIds: [instanceIdOf(node)] })
    },
    unknownProviderID: () => 'aws:///eu-central-1a/i-0123456789abcdef0',
    async addForeignRoute(table, destination) {
      await ec2.createRoute({ ...routeKey(table, destination), GatewayId: gatewayId })
      return { destination, target: { kind: 'other', id: gatewayId } }
    },
    async stealRoute(table, destination, { target }) {
      const key = routeKey(table, destination)
      const route = { ...key, NetworkInterfaceId: target.id }
      const tables = await ec2.describeRouteTables({ RouteTableIds: [table.id] })
      const taken = tables.RouteTables?.[0]?.Routes?.some(
        (r) => r.DestinationCidrBlock === formatCidr(destination),
      )
      await (taken === true ? ec2.replaceRoute(route) : ec2.createRoute(route))
    },
    async forwards({ target }) {
      const found = await ec2.describeNetworkInterfaces({ NetworkInterfaceIds: [target.id] })
      return found.NetworkInterfaces?.[0]?.SourceDestCheck === false
    },
    writes: () => writes,
    failNext: options.failNext,
    async close() {
      vi.unstubAllEnvs()
      ec2.destroy()
      providerEc2.destroy()
      await options.close?.()
    },
  }
}

/** `v6: false`: of a subnet without IPv6. */
export function nodeOf(name: string, instance: Instance, { v6 = true } = {}): WorldNode {
  const eni = instance.NetworkInterfaces?.find((each) => each.Attachment?.DeviceIndex === 0)
  const target: Target = { kind: 'eni', id: known(eni?.NetworkInterfaceId) }
  const address6 = eni?.Ipv6Addresses?.[0]?.Ipv6Address
  const addresses = [known(instance.PrivateIpAddress), ...(v6 ? [known(address6)] : [])]
  const zone = known(instance.Placement?.AvailabilityZone)
  const providerID = `aws:///${zone}/${known(instance.InstanceId)}`
  return { target, view: { name, providerID, addresses: addresses.map(parseAddress) } }
}

const instanceIdOf = (node: WorldNode): string => known(node.view.providerID.split('/').at(-1))

const routeKey = (
  table: Table,
  destination: Cidr,
): { RouteTableId: string; DestinationCidrBlock?: string; DestinationIpv6CidrBlock?: string } => ({
  RouteTableId: table.id,
  [destination.family === 4 ? 'DestinationCidrBlock' : 'DestinationIpv6CidrBlock']: formatCidr(destination),
})

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the EC2 API left out what the world needs')
  return value
}
