import {
  AssignIpv6AddressesCommand,
  AssociateRouteTableCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DeleteRouteCommand,
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRouteTablesCommand,
  DescribeVpcsCommand,
  EC2Client,
  ModifyNetworkInterfaceAttributeCommand,
  ReplaceRouteCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
  type Instance,
  type Route,
} from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatAddress } from '../../net/address.ts'
import { formatCidr, nthSubnet, parseCidr } from '../../net/cidr.ts'
import { describeWithPython } from '../python/describe-with-python.ts'
import { openLocalStack, type TemporaryLocalStack } from './temporary.ts'

/**
 * The story of a small VPC, told to LocalStack by the real SDK: what everything that runs against it relies on, and
 * where it is no AWS. The tests build on each other.
 */
let localStack: TemporaryLocalStack
let ec2: EC2Client

const clusterTag = 'kubernetes.io/cluster/demo'
const podCidr = '10.244.0.0/24'
const podCidr6 = 'fd00:10:244::/64'

let vpcId: string
let subnets: readonly { readonly id: string; readonly v4: string; readonly v6: string }[]
let tables: readonly string[]
let nodes: readonly { readonly instanceId: string; readonly eni: string }[]

/** Not what can be undefined in the SDK's types, but is there in every answer. */
function given<T>(value: T | undefined): T {
  expect(value).toBeDefined()
  return value as T
}

async function instance(id: string): Promise<Instance> {
  const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }))
  return given(Reservations?.[0]?.Instances?.[0])
}

async function routes(table: string): Promise<readonly Route[]> {
  const { RouteTables } = await ec2.send(
    new DescribeRouteTablesCommand({ Filters: [{ Name: 'route-table-id', Values: [table] }] }),
  )
  return given(RouteTables?.[0]?.Routes).filter((route) => route.GatewayId !== 'local')
}

await describeWithPython('LocalStack', () => {
  beforeAll(async () => {
    localStack = await openLocalStack()
    ec2 = new EC2Client({
      region: 'eu-central-1',
      endpoint: localStack.url,
      maxAttempts: 1,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    })
  }, 600_000)

  afterAll(async () => {
    ec2.destroy()
    await localStack.close()
  })

  describe('a VPC', () => {
    test('gets an IPv6 range, in which subnets are made', async () => {
      const created = await ec2.send(
        new CreateVpcCommand({ CidrBlock: '10.0.0.0/16', AmazonProvidedIpv6CidrBlock: true }),
      )
      vpcId = given(created.Vpc?.VpcId)
      const { Vpcs } = await ec2.send(new DescribeVpcsCommand({ VpcIds: [vpcId] }))
      const range = given(Vpcs?.[0]?.Ipv6CidrBlockAssociationSet?.[0])
      expect(range.Ipv6CidrBlockState?.State).toBe('associated')
      const v6 = parseCidr(given(range.Ipv6CidrBlock))
      expect(v6.prefixLength).toBe(56)

      const zones = ['eu-central-1a', 'eu-central-1b'].map(async (zone, index) => {
        const subnet6 = nthSubnet(v6, 64, BigInt(index + 1))
        const { Subnet } = await ec2.send(
          new CreateSubnetCommand({
            VpcId: vpcId,
            AvailabilityZone: zone,
            CidrBlock: `10.0.${index + 1}.0/24`,
            Ipv6CidrBlock: formatCidr(subnet6),
          }),
        )
        expect(Subnet?.AvailabilityZone).toBe(zone)
        expect(Subnet?.Ipv6CidrBlockAssociationSet?.[0]?.Ipv6CidrBlock).toBe(formatCidr(subnet6))
        const ten = { family: 6, value: subnet6.network + 10n } as const
        return { id: given(Subnet?.SubnetId), v4: `10.0.${index + 1}.10`, v6: formatAddress(ten) }
      })
      subnets = await Promise.all(zones)
    })

    test('has tagged route tables, found by the key of the tag', async () => {
      tables = await Promise.all(
        subnets.map(async (subnet) => {
          const { RouteTable } = await ec2.send(
            new CreateRouteTableCommand({
              VpcId: vpcId,
              TagSpecifications: [
                { ResourceType: 'route-table', Tags: [{ Key: clusterTag, Value: 'owned' }] },
              ],
            }),
          )
          const id = given(RouteTable?.RouteTableId)
          await ec2.send(new AssociateRouteTableCommand({ RouteTableId: id, SubnetId: subnet.id }))
          return id
        }),
      )
      const { RouteTables } = await ec2.send(
        new DescribeRouteTablesCommand({
          Filters: [{ Name: 'tag-key', Values: [clusterTag] }],
          MaxResults: 100,
        }),
      )
      const found = given(RouteTables).map((table) => [table.RouteTableId, table.Associations?.[0]?.SubnetId])
      expect(found.sort()).toEqual(tables.map((table, index) => [table, subnets[index]?.id]).sort())
      expect(given(RouteTables)[0]?.Routes).toMatchObject([
        { DestinationCidrBlock: '10.0.0.0/16', GatewayId: 'local', Origin: 'CreateRouteTable' },
        { DestinationIpv6CidrBlock: expect.stringMatching(/::\/56$/) as unknown, GatewayId: 'local' },
      ])
    })

    test('has instances, whose interface has the addresses that were asked for', async () => {
      nodes = await Promise.all(
        subnets.map(async (subnet) => {
          const { Instances } = await ec2.send(
            new RunInstancesCommand({
              ImageId: 'ami-0123456789abcdef0',
              InstanceType: 't3.micro',
              MinCount: 1,
              MaxCount: 1,
              NetworkInterfaces: [
                {
                  DeviceIndex: 0,
                  SubnetId: subnet.id,
                  PrivateIpAddress: subnet.v4,
                  DeleteOnTermination: true,
                },
              ],
            }),
          )
          const eni = given(Instances?.[0]?.NetworkInterfaces?.[0]?.NetworkInterfaceId)
          await ec2.send(
            new AssignIpv6AddressesCommand({ NetworkInterfaceId: eni, Ipv6Addresses: [subnet.v6] }),
          )
          return { instanceId: given(Instances?.[0]?.InstanceId), eni }
        }),
      )
      const { Reservations } = await ec2.send(
        new DescribeInstancesCommand({
          Filters: [
            { Name: 'private-ip-address', Values: subnets.map(({ v4 }) => v4) },
            { Name: 'instance-state-name', Values: ['running'] },
          ],
        }),
      )
      const found = given(Reservations).flatMap(({ Instances }) => Instances ?? [])
      expect(found.map(({ InstanceId }) => InstanceId).sort()).toEqual(
        nodes.map(({ instanceId }) => instanceId).sort(),
      )
      const [first] = nodes
      const node = await instance(given(first).instanceId)
      expect(node.NetworkInterfaces).toMatchObject([
        {
          NetworkInterfaceId: first?.eni,
          Attachment: { DeviceIndex: 0, Status: 'attached' },
          PrivateIpAddress: subnets[0]?.v4,
          Ipv6Addresses: [{ Ipv6Address: subnets[0]?.v6 }],
          SourceDestCheck: true,
        },
      ])
    })

    test('forgets the source/destination check of an interface', async () => {
      const { eni } = given(nodes[0])
      await ec2.send(
        new ModifyNetworkInterfaceAttributeCommand({
          NetworkInterfaceId: eni,
          SourceDestCheck: { Value: false },
        }),
      )
      const { NetworkInterfaces } = await ec2.send(
        new DescribeNetworkInterfacesCommand({ Filters: [{ Name: 'network-interface-id', Values: [eni] }] }),
      )
      expect(NetworkInterfaces).toMatchObject([{ NetworkInterfaceId: eni, SourceDestCheck: false }])
    })
  })

  describe.each([
    ['IPv4', { DestinationCidrBlock: podCidr }],
    ['IPv6', { DestinationIpv6CidrBlock: podCidr6 }],
  ])('a route (%s)', (_family, destination) => {
    const send = (verb: typeof CreateRouteCommand | typeof ReplaceRouteCommand, node: number) =>
      ec2.send(
        new verb({
          RouteTableId: given(tables[0]),
          ...destination,
          NetworkInterfaceId: given(nodes[node]).eni,
        }),
      )
    const pointsAt = (node: number) => [
      { ...destination, NetworkInterfaceId: nodes[node]?.eni, State: 'active', Origin: 'CreateRoute' },
    ]

    test('is created, replaced and deleted', async () => {
      const table = given(tables[0])
      await send(CreateRouteCommand, 0)
      expect(await routes(table)).toEqual(pointsAt(0))
      await send(ReplaceRouteCommand, 1)
      expect(await routes(table)).toEqual(pointsAt(1))
      await ec2.send(new DeleteRouteCommand({ RouteTableId: table, ...destination }))
      expect(await routes(table)).toEqual([])
    })

    test('that is missing is not replaced and not deleted', async () => {
      await expect(send(ReplaceRouteCommand, 0)).rejects.toMatchObject({ name: 'InvalidParameterValue' })
      await expect(
        ec2.send(new DeleteRouteCommand({ RouteTableId: given(tables[0]), ...destination })),
      ).rejects.toMatchObject({ name: 'InvalidRoute.NotFound' })
    })

    test('is no AWS: a second create overwrites', async () => {
      await send(CreateRouteCommand, 0)
      await send(CreateRouteCommand, 1)
      expect(await routes(given(tables[0]))).toEqual(pointsAt(1))
      await ec2.send(new DeleteRouteCommand({ RouteTableId: given(tables[0]), ...destination }))
    })
  })

  describe('a terminated instance', () => {
    test('is shown as such, and its interface goes; no AWS: a route to it stays active', async () => {
      const { instanceId, eni } = given(nodes[1])
      const table = given(tables[1])
      await ec2.send(
        new CreateRouteCommand({
          RouteTableId: table,
          DestinationCidrBlock: podCidr,
          NetworkInterfaceId: eni,
        }),
      )
      await ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }))
      expect((await instance(instanceId)).State?.Name).toBe('terminated')
      const { NetworkInterfaces } = await ec2.send(
        new DescribeNetworkInterfacesCommand({ Filters: [{ Name: 'network-interface-id', Values: [eni] }] }),
      )
      expect(NetworkInterfaces).toEqual([])
      expect(await routes(table)).toMatchObject([{ NetworkInterfaceId: eni, State: 'active' }])
      await ec2.send(new DeleteRouteCommand({ RouteTableId: table, DestinationCidrBlock: podCidr }))
    })
  })
})
