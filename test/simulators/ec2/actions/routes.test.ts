import type { CreateRouteRequest, EC2, Route } from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Fixture,
  NOWHERE,
  type World,
  buildWorld,
  launch,
  refusal,
  startFixture,
} from '../sdk-fixture.ts'

let fixture: Fixture
let ec2: EC2
let world: World

beforeAll(async () => {
  fixture = await startFixture({ routeLimits: { v4: 10, v6: 10 } })
  ec2 = fixture.ec2
  world = await buildWorld(ec2)
})
afterAll(() => fixture.close())

async function routes(tableId: string): Promise<readonly Route[]> {
  const { RouteTables } = await ec2.describeRouteTables({ RouteTableIds: [tableId] })
  return RouteTables?.[0]?.Routes ?? []
}

const madeByCall = async (tableId: string): Promise<readonly Route[]> =>
  (await routes(tableId)).filter(({ Origin }) => Origin === 'CreateRoute')

async function newTable(): Promise<string> {
  const { RouteTable } = await ec2.createRouteTable({ VpcId: world.vpcId })
  return RouteTable?.RouteTableId ?? ''
}

describe('a new table', () => {
  test('has the local routes of every range of the VPC', async () => {
    expect(await routes(await newTable())).toEqual([
      {
        DestinationCidrBlock: '10.0.0.0/16',
        GatewayId: 'local',
        Origin: 'CreateRouteTable',
        State: 'active',
      },
      {
        DestinationIpv6CidrBlock: '2600:1f18::/56',
        GatewayId: 'local',
        Origin: 'CreateRouteTable',
        State: 'active',
      },
    ])
  })
})

describe('CreateRoute', () => {
  test('by interface: the route names the interface and its instance', async () => {
    const RouteTableId = await newTable()
    const answer = await ec2.createRoute({
      RouteTableId,
      DestinationCidrBlock: '10.244.1.0/24',
      NetworkInterfaceId: world.interfaceId,
    })
    expect(answer.Return).toBe(true)
    expect(await madeByCall(RouteTableId)).toEqual([
      {
        DestinationCidrBlock: '10.244.1.0/24',
        NetworkInterfaceId: world.interfaceId,
        InstanceId: world.instanceId,
        InstanceOwnerId: '123456789012',
        Origin: 'CreateRoute',
        State: 'active',
      },
    ])
  })

  test('by instance: the same route', async () => {
    const [one, other] = [await newTable(), await newTable()]
    const DestinationCidrBlock = '10.244.1.0/24'
    await ec2.createRoute({ RouteTableId: one, DestinationCidrBlock, InstanceId: world.instanceId })
    await ec2.createRoute({
      RouteTableId: other,
      DestinationCidrBlock,
      NetworkInterfaceId: world.interfaceId,
    })
    expect(await routes(one)).toEqual(await routes(other))
  })

  // https://github.com/kubernetes/kubernetes/issues/78089
  test('IPv6 has its own parameter and its own field', async () => {
    const RouteTableId = await newTable()
    await ec2.createRoute({
      RouteTableId,
      DestinationIpv6CidrBlock: 'fd00:10:244:1::/64',
      NetworkInterfaceId: world.interfaceId,
    })
    expect(fixture.simulator.calls.at(-1)?.parameters).toEqual({
      RouteTableId,
      DestinationIpv6CidrBlock: 'fd00:10:244:1::/64',
      NetworkInterfaceId: world.interfaceId,
    })
    expect(await madeByCall(RouteTableId)).toMatchObject([{ DestinationIpv6CidrBlock: 'fd00:10:244:1::/64' }])
  })

  test.each([
    ['IPv4', { DestinationCidrBlock: '100.68.0.18/18' }, { DestinationCidrBlock: '100.68.0.0/18' }],
    ['IPv6', { DestinationIpv6CidrBlock: 'FD00:0:0::00ff/64' }, { DestinationIpv6CidrBlock: 'fd00::/64' }],
  ])('bits behind the prefix are cleared: %s', async (_, sent, seen) => {
    const RouteTableId = await newTable()
    await ec2.createRoute({ RouteTableId, ...sent, GatewayId: world.gatewayId })
    expect(await madeByCall(RouteTableId)).toMatchObject([seen])
  })

  test('a whole subnet can go through an interface', async () => {
    const RouteTableId = await newTable()
    await ec2.createRoute({
      RouteTableId,
      DestinationCidrBlock: '10.0.2.0/24',
      NetworkInterfaceId: world.interfaceId,
    })
    expect(await madeByCall(RouteTableId)).toHaveLength(1)
  })

  test('a supernet of the VPC and a default route are plain routes', async () => {
    const RouteTableId = await newTable()
    for (const DestinationCidrBlock of ['10.0.0.0/8', '0.0.0.0/0', '169.254.0.0/16'])
      await ec2.createRoute({ RouteTableId, DestinationCidrBlock, GatewayId: world.gatewayId })
    expect(await madeByCall(RouteTableId)).toHaveLength(3)
  })

  test('families are counted apart, and local routes count', async () => {
    const RouteTableId = await newTable()
    const create = (n: number, family: 4 | 6): Promise<unknown> =>
      ec2.createRoute({
        RouteTableId,
        ...(family === 4
          ? { DestinationCidrBlock: `10.244.${n}.0/24` }
          : { DestinationIpv6CidrBlock: `fd00:0:0:${n}::/64` }),
        NetworkInterfaceId: world.interfaceId,
      })
    for (const family of [4, 6] as const) {
      for (let n = 1; n <= 9; n++) await create(n, family)
      expect(await refusal(create(10, family))).toEqual({
        code: 'RouteLimitExceeded',
        status: 400,
        message: 'The maximum number of routes has been reached.',
      })
    }
    await ec2.deleteRoute({ RouteTableId, DestinationCidrBlock: '10.244.1.0/24' })
    await create(10, 4)
  })

  const eni = (w: World) => ({ NetworkInterfaceId: w.interfaceId })
  const v4 = { DestinationCidrBlock: '10.244.9.0/24' }
  type Row = [string, (w: World) => Partial<CreateRouteRequest>, string, (string | RegExp)?]
  const refused: readonly Row[] = [
    ['no destination', eni, 'MissingParameter'],
    [
      'two destinations',
      (w) => ({ ...v4, DestinationIpv6CidrBlock: 'fd00::/64', ...eni(w) }),
      'InvalidParameterCombination',
    ],
    ['no target', () => v4, 'MissingParameter', /exactly one of gatewayId/],
    ['two targets', (w) => ({ ...v4, ...eni(w), GatewayId: w.gatewayId }), 'InvalidParameterCombination'],
    [
      'no length',
      (w) => ({ DestinationCidrBlock: '10.244.9.0', ...eni(w) }),
      'InvalidParameterValue',
      'Value (10.244.9.0) for parameter destinationCidrBlock is invalid. This is not a valid CIDR block.',
    ],
    ['short form', (w) => ({ DestinationCidrBlock: '10.244/24', ...eni(w) }), 'InvalidParameterValue'],
    [
      'length too long',
      (w) => ({ DestinationCidrBlock: '10.244.9.0/33', ...eni(w) }),
      'InvalidParameterValue',
    ],
    // https://github.com/kubernetes/kubernetes/issues/78089
    [
      'IPv6 in the IPv4 parameter',
      (w) => ({ DestinationCidrBlock: 'fd00::/64', ...eni(w) }),
      'InvalidParameterValue',
      /destinationCidrBlock is invalid/,
    ],
    [
      'IPv4 in the IPv6 parameter',
      (w) => ({ DestinationIpv6CidrBlock: '10.244.9.0/24', ...eni(w) }),
      'InvalidParameterValue',
      /destinationIpv6CidrBlock/,
    ],
    [
      'unknown table',
      (w) => ({ RouteTableId: `rtb-${NOWHERE}`, ...v4, ...eni(w) }),
      'InvalidRouteTableID.NotFound',
      `The routeTable ID 'rtb-${NOWHERE}' does not exist`,
    ],
    [
      'malformed table',
      (w) => ({ RouteTableId: 'vpc-1', ...v4, ...eni(w) }),
      'InvalidRouteTableId.Malformed',
      'Invalid id: "vpc-1" (expecting "rtb-...")',
    ],
    [
      'unknown interface',
      () => ({ ...v4, NetworkInterfaceId: `eni-${NOWHERE}` }),
      'InvalidNetworkInterfaceID.NotFound',
      /networkInterface ID/,
    ],
    [
      'malformed interface',
      () => ({ ...v4, NetworkInterfaceId: 'eni-x' }),
      'InvalidNetworkInterfaceId.Malformed',
    ],
    ['unknown instance', () => ({ ...v4, InstanceId: `i-${NOWHERE}` }), 'InvalidInstanceID.NotFound'],
    ['unknown gateway', () => ({ ...v4, GatewayId: `igw-${NOWHERE}` }), 'InvalidGatewayID.NotFound'],
    [
      'interface of another VPC',
      (w) => ({ ...v4, NetworkInterfaceId: w.otherInterfaceId }),
      'InvalidParameterValue',
      /belong to different networks/,
    ],
    [
      'gateway of another VPC',
      (w) => ({ RouteTableId: w.otherTableId, ...v4, GatewayId: w.gatewayId }),
      'InvalidParameterValue',
      /belong to different networks/,
    ],
    // https://github.com/kubernetes/kubernetes/issues/92783
    [
      'instance with two interfaces',
      (w) => ({ ...v4, InstanceId: w.multiInstanceId }),
      'InvalidInstanceID',
      /^There are multiple interfaces attached to instance 'i-[0-9a-f]+'. Please specify an interface ID for the operation instead.$/,
    ],
    [
      'part of a subnet',
      (w) => ({ DestinationCidrBlock: '10.0.1.0/25', ...eni(w) }),
      'InvalidParameterValue',
      `Route destination doesn't match any subnet CIDR blocks.`,
    ],
    [
      'range of the VPC without subnet',
      (w) => ({ DestinationCidrBlock: '10.0.9.0/24', ...eni(w) }),
      'InvalidParameterValue',
      /subnet CIDR/,
    ],
    [
      'IPv6 range of the VPC without subnet',
      (w) => ({ DestinationIpv6CidrBlock: '2600:1f18:0:9::/64', ...eni(w) }),
      'InvalidParameterValue',
      /subnet CIDR/,
    ],
    [
      'subnet through a gateway',
      (w) => ({ DestinationCidrBlock: '10.0.1.0/24', GatewayId: w.gatewayId }),
      'InvalidParameterValue',
      /^The destination CIDR block 10.0.1.0\/24 is equal to or more specific than one of this VPC's CIDR blocks/,
    ],
    [
      'the local route once more',
      (w) => ({ DestinationCidrBlock: '10.0.0.0/16', ...eni(w) }),
      'RouteAlreadyExists',
    ],
    [
      'reserved IPv4',
      (w) => ({ DestinationCidrBlock: '169.254.169.0/24', ...eni(w) }),
      'InvalidParameterValue',
      /reserved/,
    ],
    [
      'reserved IPv6',
      (w) => ({ DestinationIpv6CidrBlock: 'fd00:ec2::254/128', ...eni(w) }),
      'InvalidParameterValue',
      /reserved/,
    ],
    [
      'duplicate',
      (w) => ({ RouteTableId: w.mainTableId, DestinationCidrBlock: '10.244.0.9/24', ...eni(w) }),
      'RouteAlreadyExists',
      'The route identified by 10.244.0.0/24 already exists.',
    ],
  ]
  test.each(refused)('refused: %s', async (_, input, code, message) => {
    await ec2
      .createRoute({
        RouteTableId: world.mainTableId,
        DestinationCidrBlock: '10.244.0.0/24',
        NetworkInterfaceId: world.interfaceId,
      })
      .catch(() => undefined)
    const before = await routes(world.mainTableId)
    const refused = await refusal(ec2.createRoute({ RouteTableId: world.mainTableId, ...input(world) }))
    expect(refused).toMatchObject({ code, status: 400 })
    if (message !== undefined) expect(refused.message).toMatch(message)
    expect(await routes(world.mainTableId)).toEqual(before)
  })
})

describe('ReplaceRoute', () => {
  test('moves a destination, and repairs a blackhole', async () => {
    const RouteTableId = await newTable()
    const old = await launch(ec2, world.subnetA)
    const DestinationCidrBlock = '10.244.1.0/24'
    await ec2.createRoute({ RouteTableId, DestinationCidrBlock, NetworkInterfaceId: old.interfaceId })
    await ec2.terminateInstances({ InstanceIds: [old.instanceId] })
    await ec2.replaceRoute({ RouteTableId, DestinationCidrBlock, NetworkInterfaceId: world.interfaceId })
    expect(await madeByCall(RouteTableId)).toMatchObject([
      { DestinationCidrBlock, NetworkInterfaceId: world.interfaceId, State: 'active' },
    ])
  })

  test('a local route can be replaced, and brought back', async () => {
    const RouteTableId = await newTable()
    const DestinationCidrBlock = '10.0.0.0/16'
    await ec2.replaceRoute({ RouteTableId, DestinationCidrBlock, NetworkInterfaceId: world.interfaceId })
    expect(await routes(RouteTableId)).toMatchObject([{ NetworkInterfaceId: world.interfaceId }, {}])
    await ec2.replaceRoute({ RouteTableId, DestinationCidrBlock, LocalTarget: true })
    expect(await routes(RouteTableId)).toMatchObject([{ GatewayId: 'local' }, { GatewayId: 'local' }])
  })

  // Seen on AWS: https://github.com/getmoto/moto/pull/6425
  test('refused: a route that is not there, with a code that one would not expect', async () => {
    const call = ec2.replaceRoute({
      RouteTableId: world.tableId,
      DestinationCidrBlock: '10.244.77.0/24',
      NetworkInterfaceId: world.interfaceId,
    })
    expect(await refusal(call)).toEqual({
      code: 'InvalidParameterValue',
      status: 400,
      message: "There is no route defined for '10.244.77.0/24' in the route table. Use CreateRoute instead.",
    })
  })

  test('refused: local target for another destination', async () => {
    const call = ec2.replaceRoute({
      RouteTableId: world.tableId,
      DestinationCidrBlock: '10.244.77.0/24',
      LocalTarget: true,
    })
    expect(await refusal(call)).toMatchObject({ code: 'InvalidParameterValue', message: /local-target/ })
  })
})

describe('DeleteRoute', () => {
  test('takes the one route, by any spelling of its destination', async () => {
    const RouteTableId = await newTable()
    for (const n of [1, 2])
      await ec2.createRoute({
        RouteTableId,
        DestinationCidrBlock: `10.244.${n}.0/24`,
        NetworkInterfaceId: world.interfaceId,
      })
    await ec2.deleteRoute({ RouteTableId, DestinationCidrBlock: '10.244.1.99/24' })
    expect(await madeByCall(RouteTableId)).toMatchObject([{ DestinationCidrBlock: '10.244.2.0/24' }])
  })

  test.each([
    [
      'IPv4',
      { DestinationCidrBlock: '10.244.78.0/24' },
      'no route with destination-cidr-block 10.244.78.0/24 in route table ',
    ],
    [
      'IPv6',
      { DestinationIpv6CidrBlock: 'fd00::/64' },
      'no route with destination-ipv6-cidr-block fd00::/64 in route table ',
    ],
  ])('refused: a route that is not there, %s', async (_, destination, message) => {
    const call = ec2.deleteRoute({ RouteTableId: world.tableId, ...destination })
    expect(await refusal(call)).toEqual({
      code: 'InvalidRoute.NotFound',
      status: 400,
      message: message + world.tableId,
    })
  })

  test.each([{ DestinationCidrBlock: '10.0.0.0/16' }, { DestinationIpv6CidrBlock: '2600:1f18::/56' }])(
    'refused: the local route %o',
    async (destination) => {
      const call = ec2.deleteRoute({ RouteTableId: world.tableId, ...destination })
      const refused = await refusal(call)
      expect(refused.code).toBe('InvalidParameterValue')
      expect(refused.message).toMatch(/^cannot remove local route/)
    },
  )
})
