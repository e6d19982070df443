import type { EC2 } from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Fixture, NOWHERE, type World, buildWorld, must, refusal, startFixture } from '../sdk-fixture.ts'

let fixture: Fixture
let ec2: EC2
let world: World

beforeAll(async () => {
  fixture = await startFixture()
  ec2 = fixture.ec2
  world = await buildWorld(ec2)
})
afterAll(() => fixture.close())

const tableIds = async (Filters: { Name: string; Values: string[] }[]): Promise<readonly string[]> =>
  ((await ec2.describeRouteTables({ Filters })).RouteTables ?? []).map(({ RouteTableId }) =>
    must(RouteTableId),
  )

describe('associations', () => {
  test('a VPC has a main table, a subnet may have its own', async () => {
    const { RouteTables } = await ec2.describeRouteTables({
      RouteTableIds: [world.mainTableId, world.tableId],
    })
    const associations = RouteTables?.map((table) =>
      table.Associations?.map(({ Main, SubnetId }) => ({ Main, SubnetId })),
    )
    expect(associations).toEqual([
      [{ Main: true, SubnetId: undefined }],
      [
        { Main: false, SubnetId: world.subnetA },
        { Main: false, SubnetId: world.subnetB },
      ],
    ])
  })

  test('a subnet moves by replacement, under a new association id', async () => {
    const { RouteTable } = await ec2.createRouteTable({ VpcId: world.vpcId })
    const RouteTableId = RouteTable?.RouteTableId
    const moved = await ec2.replaceRouteTableAssociation({
      AssociationId: world.associationA,
      RouteTableId,
    })
    expect(moved.NewAssociationId).not.toBe(world.associationA)
    expect(await tableIds([{ Name: 'association.subnet-id', Values: [world.subnetA] }])).toEqual([
      RouteTableId,
    ])
    const back = await ec2.replaceRouteTableAssociation({
      AssociationId: moved.NewAssociationId,
      RouteTableId: world.tableId,
    })
    world = { ...world, associationA: must(back.NewAssociationId) }
  })

  test('the main table can be replaced', async () => {
    const { Vpc } = await ec2.createVpc({ CidrBlock: '10.8.0.0/16' })
    const VpcId = must(Vpc?.VpcId)
    const RouteTableId = must((await ec2.createRouteTable({ VpcId })).RouteTable?.RouteTableId)
    const main = [
      { Name: 'vpc-id', Values: [VpcId] },
      { Name: 'association.main', Values: ['true'] },
    ]
    const before = await ec2.describeRouteTables({ Filters: main })
    const AssociationId = before.RouteTables?.[0]?.Associations?.[0]?.RouteTableAssociationId
    await ec2.replaceRouteTableAssociation({ AssociationId, RouteTableId })
    expect(await tableIds(main)).toEqual([RouteTableId])
    await ec2.deleteRouteTable({ RouteTableId: before.RouteTables?.[0]?.RouteTableId })
    await ec2.deleteVpc({ VpcId })
    expect(await tableIds([{ Name: 'vpc-id', Values: [VpcId] }])).toEqual([])
  })

  test('a subnet that is let go follows the main table: no table names it', async () => {
    const { Subnet } = await ec2.createSubnet({ VpcId: world.vpcId, CidrBlock: '10.0.7.0/24' })
    const SubnetId = must(Subnet?.SubnetId)
    const { AssociationId } = await ec2.associateRouteTable({ RouteTableId: world.tableId, SubnetId })
    await ec2.disassociateRouteTable({ AssociationId })
    expect(await tableIds([{ Name: 'association.subnet-id', Values: [SubnetId] }])).toEqual([])
  })

  type Row = [string, (w: World) => Promise<unknown>, string, RegExp]
  const refused: readonly Row[] = [
    [
      'a second table for a subnet',
      (w) => ec2.associateRouteTable({ RouteTableId: w.mainTableId, SubnetId: w.subnetA }),
      'Resource.AlreadyAssociated',
      /^the specified association for route table rtb-\w+ conflicts/,
    ],
    [
      'the subnet of another VPC',
      (w) => ec2.associateRouteTable({ RouteTableId: w.tableId, SubnetId: w.otherSubnet }),
      'InvalidParameterValue',
      /^route table rtb-\w+ and subnet subnet-\w+ belong to different networks$/,
    ],
    [
      'an unknown subnet',
      (w) => ec2.associateRouteTable({ RouteTableId: w.tableId, SubnetId: `subnet-${NOWHERE}` }),
      'InvalidSubnetID.NotFound',
      /^The subnet ID/,
    ],
    [
      'no subnet',
      (w) => ec2.associateRouteTable({ RouteTableId: w.tableId }),
      'MissingParameter',
      /parameter subnetId$/,
    ],
    [
      'letting go of nothing',
      () => ec2.disassociateRouteTable({ AssociationId: `rtbassoc-${NOWHERE}` }),
      'InvalidAssociationID.NotFound',
      /^The association ID/,
    ],
    [
      'moving to the table of another VPC',
      (w) =>
        ec2.replaceRouteTableAssociation({ AssociationId: w.associationA, RouteTableId: w.otherTableId }),
      'InvalidParameterValue',
      /different networks/,
    ],
    [
      'deleting a table in use',
      (w) => ec2.deleteRouteTable({ RouteTableId: w.tableId }),
      'DependencyViolation',
      /^The routeTable 'rtb-\w+' has dependencies/,
    ],
    [
      'deleting the main table',
      (w) => ec2.deleteRouteTable({ RouteTableId: w.mainTableId }),
      'DependencyViolation',
      /has dependencies/,
    ],
    [
      'deleting an unknown table',
      () => ec2.deleteRouteTable({ RouteTableId: `rtb-${NOWHERE}` }),
      'InvalidRouteTableID.NotFound',
      /does not exist$/,
    ],
    [
      'a table in an unknown VPC',
      () => ec2.createRouteTable({ VpcId: `vpc-${NOWHERE}` }),
      'InvalidVpcID.NotFound',
      /^The vpc ID/,
    ],
  ]
  test.each(refused)('refused: %s', async (_, call, code, message) => {
    const refused = await refusal(call(world))
    expect(refused).toMatchObject({ code, status: 400 })
    expect(refused.message).toMatch(message)
  })

  test('refused: letting go of the main table', async () => {
    const { RouteTables } = await ec2.describeRouteTables({ RouteTableIds: [world.mainTableId] })
    const AssociationId = RouteTables?.[0]?.Associations?.[0]?.RouteTableAssociationId
    expect(await refusal(ec2.disassociateRouteTable({ AssociationId }))).toMatchObject({
      code: 'InvalidParameterValue',
      message: `cannot disassociate the main route table association ${must(AssociationId)}`,
    })
  })
})

describe('DescribeRouteTables', () => {
  test('filters: by tag, by tag key, by VPC, by route', async () => {
    const { Vpc } = await ec2.createVpc({ CidrBlock: '10.7.0.0/16' })
    const VpcId = must(Vpc?.VpcId)
    const tagged = async (Value: string): Promise<string> => {
      const { RouteTable } = await ec2.createRouteTable({
        VpcId,
        TagSpecifications: [
          { ResourceType: 'route-table', Tags: [{ Key: 'kubernetes.io/cluster/demo', Value }] },
        ],
      })
      return must(RouteTable?.RouteTableId)
    }
    const [owned, shared] = [await tagged('owned'), await tagged('shared')]
    const vpc = { Name: 'vpc-id', Values: [VpcId] }
    const cases: readonly [Name: string, Values: string[], found: readonly string[]][] = [
      ['tag-key', ['kubernetes.io/cluster/demo'], [owned, shared]],
      ['tag-key', ['kubernetes.io/cluster/*'], [owned, shared]],
      ['tag-key', ['kubernetes.io/cluster'], []],
      ['tag:kubernetes.io/cluster/demo', ['owned'], [owned]],
      ['tag:kubernetes.io/cluster/demo', ['owned', 'share?'], [owned, shared]],
      ['tag:kubernetes.io/cluster/demo', ['OWNED'], []],
      ['association.main', ['false'], []],
      ['route-table-id', [shared, `rtb-${NOWHERE}`], [shared]],
    ]
    for (const [Name, Values, found] of cases)
      expect([Name, Values, await tableIds([vpc, { Name, Values }])]).toEqual([Name, Values, found])
    expect(await tableIds([vpc])).toHaveLength(3)
    await ec2.createRoute({
      RouteTableId: world.tableId,
      DestinationCidrBlock: '10.244.1.0/24',
      NetworkInterfaceId: world.interfaceId,
    })
    expect(await tableIds([{ Name: 'route.destination-cidr-block', Values: ['10.244.1.0/24'] }])).toEqual([
      world.tableId,
    ])
  })

  test('pages hold every table once, also when one goes between two pages', async () => {
    const { Vpc } = await ec2.createVpc({ CidrBlock: '10.6.0.0/16' })
    const VpcId = must(Vpc?.VpcId)
    const made: string[] = []
    for (let i = 0; i < 12; i++)
      made.push(must((await ec2.createRouteTable({ VpcId })).RouteTable?.RouteTableId))
    const Filters = [
      { Name: 'vpc-id', Values: [VpcId] },
      { Name: 'route-table-id', Values: made },
    ]
    const seen: (string | undefined)[] = []
    let NextToken: string | undefined
    let pages = 0
    do {
      const page = await ec2.describeRouteTables({ Filters, MaxResults: 5, NextToken })
      seen.push(...(page.RouteTables ?? []).map(({ RouteTableId }) => RouteTableId))
      NextToken = page.NextToken
      if (pages++ === 0) await ec2.deleteRouteTable({ RouteTableId: made[0] })
    } while (NextToken !== undefined)
    expect(seen).toEqual(made)
    expect(pages).toBe(3)
  })

  type Row = [string, Parameters<EC2['describeRouteTables']>[0], string, string?]
  const refused: readonly Row[] = [
    [
      'a page too small',
      { MaxResults: 4 },
      'InvalidParameterValue',
      'Value (4) for parameter maxResults is invalid. Expecting a value greater than 5.',
    ],
    ['a page too large', { MaxResults: 101 }, 'InvalidParameterValue'],
    ['a token of nobody', { MaxResults: 5, NextToken: 'x' }, 'InvalidPaginationToken'],
    [
      'an unknown filter',
      { Filters: [{ Name: 'constructor', Values: ['x'] }] },
      'InvalidParameterValue',
      `The filter 'constructor' is invalid`,
    ],
    ['a filter without values', { Filters: [{ Name: 'vpc-id', Values: [] }] }, 'MissingParameter'],
    [
      '201 filter values',
      { Filters: [{ Name: 'vpc-id', Values: Array.from({ length: 201 }, (_, i) => `vpc-${i}`) }] },
      'FilterLimitExceeded',
    ],
    [
      'one unknown id among good ones',
      { RouteTableIds: [`rtb-${NOWHERE}`, 'rtb-00000000000000001'] },
      'InvalidRouteTableID.NotFound',
      `The routeTable ID 'rtb-${NOWHERE}' does not exist`,
    ],
    [
      'two unknown ids',
      { RouteTableIds: [`rtb-${NOWHERE}`, 'rtb-12345678'] },
      'InvalidRouteTableID.NotFound',
      `The routeTable IDs 'rtb-${NOWHERE}, rtb-12345678' do not exist`,
    ],
    [
      'a malformed id after an unknown one',
      { RouteTableIds: [`rtb-${NOWHERE}`, 'rtb-g'] },
      'InvalidRouteTableId.Malformed',
    ],
  ]
  test.each(refused)('refused: %s', async (_, input, code, message) => {
    const refused = await refusal(ec2.describeRouteTables(input))
    expect(refused).toMatchObject({ code, status: 400 })
    if (message !== undefined) expect(refused.message).toBe(message)
  })
})
