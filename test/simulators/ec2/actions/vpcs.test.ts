import type { EC2 } from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Fixture,
  NOWHERE,
  REGION,
  type World,
  buildWorld,
  must,
  refusal,
  startFixture,
} from '../sdk-fixture.ts'

let fixture: Fixture
let ec2: EC2
let world: World

beforeAll(async () => {
  fixture = await startFixture()
  ec2 = fixture.ec2
  world = await buildWorld(ec2)
})
afterAll(() => fixture.close())

describe('VPCs', () => {
  test('Amazon gives every VPC its own /56', async () => {
    const ranges: (string | undefined)[] = []
    for (const CidrBlock of ['10.20.0.0/16', '10.21.0.0/16']) {
      const { Vpc } = await ec2.createVpc({ CidrBlock, AmazonProvidedIpv6CidrBlock: true })
      ranges.push(Vpc?.Ipv6CidrBlockAssociationSet?.[0]?.Ipv6CidrBlock)
    }
    expect(ranges).toEqual(['2600:1f18:0:100::/56', '2600:1f18:0:200::/56'])
  })

  test("an IPv6 range of one's own, from a pool", async () => {
    const { Vpc } = await ec2.createVpc({
      CidrBlock: '10.22.0.0/16',
      Ipv6CidrBlock: '2001:db8:12::/56',
      Ipv6Pool: 'ipv6pool-ec2-0123456789abcdef0',
    })
    expect(Vpc?.Ipv6CidrBlockAssociationSet?.[0]?.Ipv6CidrBlock).toBe('2001:db8:12::/56')
  })

  test('a second range brings its local route into every table', async () => {
    const { Vpc } = await ec2.createVpc({ CidrBlock: '10.23.0.0/16' })
    const VpcId = must(Vpc?.VpcId)
    const first = await ec2.associateVpcCidrBlock({ VpcId, CidrBlock: '10.24.0.0/16' })
    expect(first.CidrBlockAssociation).toMatchObject({ CidrBlock: '10.24.0.0/16' })
    const second = await ec2.associateVpcCidrBlock({ VpcId, AmazonProvidedIpv6CidrBlock: true })
    const { RouteTables } = await ec2.describeRouteTables({
      Filters: [{ Name: 'vpc-id', Values: [VpcId] }],
    })
    expect(
      RouteTables?.[0]?.Routes?.map((route) => route.DestinationCidrBlock ?? route.DestinationIpv6CidrBlock),
    ).toEqual(['10.23.0.0/16', '10.24.0.0/16', second.Ipv6CidrBlockAssociation?.Ipv6CidrBlock])
    const { Vpcs } = await ec2.describeVpcs({
      Filters: [{ Name: 'cidr-block-association.cidr-block', Values: ['10.24.0.0/16'] }],
    })
    expect(Vpcs?.map((vpc) => vpc.VpcId)).toEqual([VpcId])
  })

  test('an empty VPC can be deleted, with its main table', async () => {
    const { Vpc } = await ec2.createVpc({ CidrBlock: '10.25.0.0/16' })
    await ec2.deleteVpc({ VpcId: Vpc?.VpcId })
    expect(await refusal(ec2.describeVpcs({ VpcIds: [must(Vpc?.VpcId)] }))).toMatchObject({
      code: 'InvalidVpcID.NotFound',
    })
  })

  type Row = [string, (w: World) => Promise<unknown>, string]
  const refused: readonly Row[] = [
    ['no range', () => ec2.createVpc({}), 'MissingParameter'],
    ['a range that is none', () => ec2.createVpc({ CidrBlock: '10.0.0.0' }), 'InvalidParameterValue'],
    ['too wide', () => ec2.createVpc({ CidrBlock: '10.0.0.0/8' }), 'InvalidVpc.Range'],
    ['too narrow', () => ec2.createVpc({ CidrBlock: '10.0.0.0/29' }), 'InvalidVpc.Range'],
    [
      'an IPv6 range without a pool',
      () => ec2.createVpc({ CidrBlock: '10.0.0.0/16', Ipv6CidrBlock: '2001:db8::/56' }),
      'MissingParameter',
    ],
    [
      'both kinds of IPv6 range',
      () =>
        ec2.createVpc({
          CidrBlock: '10.0.0.0/16',
          Ipv6CidrBlock: '2001:db8::/56',
          AmazonProvidedIpv6CidrBlock: true,
        }),
      'InvalidParameterCombination',
    ],
    [
      'tags for something else',
      () =>
        ec2.createVpc({
          CidrBlock: '10.0.0.0/16',
          TagSpecifications: [{ ResourceType: 'subnet', Tags: [] }],
        }),
      'InvalidParameterValue',
    ],
    [
      'a second range over the first',
      (w) => ec2.associateVpcCidrBlock({ VpcId: w.vpcId, CidrBlock: '10.0.0.0/20' }),
      'InvalidVpc.Range',
    ],
    ['no second range', (w) => ec2.associateVpcCidrBlock({ VpcId: w.vpcId }), 'MissingParameter'],
    ['deleting what is in use', (w) => ec2.deleteVpc({ VpcId: w.vpcId }), 'DependencyViolation'],
    ['deleting what is not there', () => ec2.deleteVpc({ VpcId: `vpc-${NOWHERE}` }), 'InvalidVpcID.NotFound'],
  ]
  test.each(refused)('refused: %s', async (_, call, code) => {
    expect(await refusal(call(world))).toMatchObject({ code, status: 400 })
  })

  // The pod network can't be made a part of the VPC while its routes are in a table.
  test('refused: a range as wide as the destination of a route', async () => {
    await ec2.createRoute({
      RouteTableId: world.tableId,
      DestinationCidrBlock: '100.64.1.0/24',
      NetworkInterfaceId: world.interfaceId,
    })
    const call = ec2.associateVpcCidrBlock({ VpcId: world.vpcId, CidrBlock: '100.64.0.0/16' })
    expect(await refusal(call)).toMatchObject({ code: 'InvalidVpc.Range' })
  })
})

describe('subnets', () => {
  test('tell their ranges, zone and free addresses', async () => {
    const { Subnets } = await ec2.describeSubnets({
      Filters: [{ Name: 'availability-zone', Values: [`${REGION}b`] }],
    })
    expect(Subnets).toMatchObject([
      {
        SubnetId: world.subnetB,
        VpcId: world.vpcId,
        CidrBlock: '10.0.2.0/24',
        Ipv6CidrBlockAssociationSet: [{ Ipv6CidrBlock: '2600:1f18:0:1::/64' }],
        AvailableIpAddressCount: 251,
      },
    ])
  })

  test('an empty one can be deleted, with its association', async () => {
    const { Subnet } = await ec2.createSubnet({ VpcId: world.vpcId, CidrBlock: '10.0.50.0/24' })
    const SubnetId = must(Subnet?.SubnetId)
    const { AssociationId } = await ec2.associateRouteTable({ RouteTableId: world.tableId, SubnetId })
    await ec2.deleteSubnet({ SubnetId })
    expect(await refusal(ec2.disassociateRouteTable({ AssociationId }))).toMatchObject({
      code: 'InvalidAssociationID.NotFound',
    })
  })

  // https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
  test('an IPv6 range may be larger than a /64, by steps of 4', async () => {
    const Ipv6CidrBlock = '2600:1f18:0:20::/60'
    const { Subnet } = await ec2.createSubnet({
      VpcId: world.vpcId,
      CidrBlock: '10.0.51.0/24',
      Ipv6CidrBlock,
    })
    expect(Subnet?.Ipv6CidrBlockAssociationSet).toMatchObject([{ Ipv6CidrBlock }])
  })

  type Row = [string, (w: World) => Promise<unknown>, string]
  const refused: readonly Row[] = [
    [
      'outside the VPC',
      (w) => ec2.createSubnet({ VpcId: w.vpcId, CidrBlock: '10.9.1.0/24' }),
      'InvalidSubnet.Range',
    ],
    [
      'too narrow',
      (w) => ec2.createSubnet({ VpcId: w.vpcId, CidrBlock: '10.0.60.0/29' }),
      'InvalidSubnet.Range',
    ],
    [
      'over another one',
      (w) => ec2.createSubnet({ VpcId: w.vpcId, CidrBlock: '10.0.1.128/25' }),
      'InvalidSubnet.Conflict',
    ],
    [
      'over the IPv6 range of another one',
      (w) => ec2.createSubnet({ VpcId: w.vpcId, CidrBlock: '10.0.61.0/24', Ipv6CidrBlock: '2600:1f18::/64' }),
      'InvalidSubnet.Conflict',
    ],
    [
      'IPv6 in a VPC without',
      (w) =>
        ec2.createSubnet({ VpcId: w.otherVpcId, CidrBlock: '10.1.9.0/24', Ipv6CidrBlock: '2600:1f18::/64' }),
      'InvalidSubnet.Range',
    ],
    [
      'IPv6 that is too narrow',
      (w) =>
        ec2.createSubnet({ VpcId: w.vpcId, CidrBlock: '10.0.62.0/24', Ipv6CidrBlock: '2600:1f18:0:9::/65' }),
      'InvalidSubnet.Range',
    ],
    [
      'IPv6 of a length between the steps',
      (w) =>
        ec2.createSubnet({ VpcId: w.vpcId, CidrBlock: '10.0.62.0/24', Ipv6CidrBlock: '2600:1f18:0:30::/62' }),
      'InvalidSubnet.Range',
    ],
    [
      'a zone of another region',
      (w) => ec2.createSubnet({ VpcId: w.vpcId, CidrBlock: '10.0.63.0/24', AvailabilityZone: 'us-west-2a' }),
      'InvalidParameterValue',
    ],
    ['deleting what is in use', (w) => ec2.deleteSubnet({ SubnetId: w.subnetA }), 'DependencyViolation'],
  ]
  test.each(refused)('refused: %s', async (_, call, code) => {
    expect(await refusal(call(world))).toMatchObject({ code, status: 400 })
  })
})

describe('internet gateways', () => {
  type Row = [string, (w: World) => Promise<unknown>, string]
  const refused: readonly Row[] = [
    [
      'attached twice',
      (w) => ec2.attachInternetGateway({ InternetGatewayId: w.gatewayId, VpcId: w.otherVpcId }),
      'Resource.AlreadyAssociated',
    ],
    [
      'unknown',
      (w) => ec2.attachInternetGateway({ InternetGatewayId: `igw-${NOWHERE}`, VpcId: w.vpcId }),
      'InvalidInternetGatewayID.NotFound',
    ],
    [
      'detached from another VPC',
      (w) => ec2.detachInternetGateway({ InternetGatewayId: w.gatewayId, VpcId: w.otherVpcId }),
      'Gateway.NotAttached',
    ],
  ]
  test.each(refused)('refused: %s', async (_, call, code) => {
    expect(await refusal(call(world))).toMatchObject({ code, status: 400 })
  })
})

test('the region has three zones', async () => {
  const { AvailabilityZones } = await ec2.describeAvailabilityZones({})
  expect(AvailabilityZones?.map(({ ZoneName, State }) => [ZoneName, State])).toEqual(
    ['a', 'b', 'c'].map((zone) => [REGION + zone, 'available']),
  )
})
