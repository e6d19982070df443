import type { EC2, Route } from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Fixture, type World, buildWorld, launch, startFixture } from '../sdk-fixture.ts'

let fixture: Fixture
let ec2: EC2
let world: World

beforeAll(async () => {
  fixture = await startFixture()
  ec2 = fixture.ec2
  world = await buildWorld(ec2)
})
afterAll(() => fixture.close())

async function madeByCall(tableId: string): Promise<readonly Route[]> {
  const { RouteTables } = await ec2.describeRouteTables({ RouteTableIds: [tableId] })
  return (RouteTables?.[0]?.Routes ?? []).filter(({ Origin }) => Origin === 'CreateRoute')
}

async function newTable(): Promise<string> {
  const { RouteTable } = await ec2.createRouteTable({ VpcId: world.vpcId })
  return RouteTable?.RouteTableId ?? ''
}

// https://github.com/kubernetes/kubernetes/issues/33015: blackholes pile up where nobody looks at the state
describe('the life of a blackhole', () => {
  test('a route follows its instance: stopped, started, terminated', async () => {
    const RouteTableId = await newTable()
    const { instanceId, interfaceId } = await launch(ec2, world.subnetA)
    await ec2.createRoute({
      RouteTableId,
      DestinationCidrBlock: '10.244.5.0/24',
      NetworkInterfaceId: interfaceId,
    })
    const state = async (): Promise<unknown> => (await madeByCall(RouteTableId))[0]
    const live = { State: 'active', InstanceId: instanceId, NetworkInterfaceId: interfaceId }
    expect(await state()).toMatchObject(live)
    await ec2.stopInstances({ InstanceIds: [instanceId] })
    expect(await state()).toMatchObject({ ...live, State: 'blackhole' })
    await ec2.startInstances({ InstanceIds: [instanceId] })
    expect(await state()).toMatchObject(live)
    await ec2.terminateInstances({ InstanceIds: [instanceId] })
    expect(await state()).toEqual({
      DestinationCidrBlock: '10.244.5.0/24',
      NetworkInterfaceId: interfaceId,
      Origin: 'CreateRoute',
      State: 'blackhole',
    })
  })

  test('a detached interface is a blackhole until it is attached again', async () => {
    const RouteTableId = await newTable()
    const { instanceId } = await launch(ec2, world.subnetA)
    const { NetworkInterface } = await ec2.createNetworkInterface({ SubnetId: world.subnetA })
    const NetworkInterfaceId = NetworkInterface?.NetworkInterfaceId
    await ec2.createRoute({ RouteTableId, DestinationCidrBlock: '10.244.6.0/24', NetworkInterfaceId })
    expect(await madeByCall(RouteTableId)).toMatchObject([{ State: 'blackhole' }])
    await ec2.attachNetworkInterface({ NetworkInterfaceId, InstanceId: instanceId, DeviceIndex: 1 })
    expect(await madeByCall(RouteTableId)).toMatchObject([{ State: 'active', InstanceId: instanceId }])
  })

  test('a gateway that was detached', async () => {
    const { Vpc } = await ec2.createVpc({ CidrBlock: '10.9.0.0/16' })
    const ids = {
      VpcId: Vpc?.VpcId,
      InternetGatewayId: (await ec2.createInternetGateway({})).InternetGateway?.InternetGatewayId,
    }
    await ec2.attachInternetGateway(ids)
    const RouteTableId = (await ec2.createRouteTable(ids)).RouteTable?.RouteTableId ?? ''
    await ec2.createRoute({
      RouteTableId,
      DestinationCidrBlock: '0.0.0.0/0',
      GatewayId: ids.InternetGatewayId,
    })
    await ec2.detachInternetGateway(ids)
    expect(await madeByCall(RouteTableId)).toMatchObject([
      { GatewayId: ids.InternetGatewayId, State: 'blackhole' },
    ])
  })
})
