import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Fixture, NOWHERE, type World, buildWorld, must, refusal, startFixture } from './sdk-fixture.ts'

let fixture: Fixture
let world: World

beforeAll(async () => {
  fixture = await startFixture()
  world = await buildWorld(fixture.ec2)
})
afterAll(() => fixture.close())

const route = () => ({
  RouteTableId: world.tableId,
  DestinationCidrBlock: '10.244.1.0/24',
  NetworkInterfaceId: world.interfaceId,
})
const lastCall = () => must(fixture.simulator.calls.at(-1))

test('a denied call says what is missing, and does nothing; as a dry run too', async () => {
  const takeBack = fixture.simulator.permissions.deny({ action: 'CreateRoute' })
  for (const DryRun of [false, true]) {
    const refused = await refusal(fixture.ec2.createRoute({ ...route(), DryRun }))
    expect(refused).toMatchObject({ code: 'UnauthorizedOperation', status: 403 })
    expect(refused.message).toMatch(
      /^You are not authorized to perform this operation\. User: arn:aws:sts::123456789012:assumed-role\/podway\/session is not authorized to perform: ec2:CreateRoute on resource: arn:aws:ec2:eu-central-1:123456789012:route-table\/rtb-[0-9a-f]+ because .* Encoded authorization failure message: \S+$/,
    )
    expect(lastCall()).toMatchObject({ executed: false, code: 'UnauthorizedOperation' })
  }
  takeBack()
  expect(await refusal(fixture.ec2.createRoute({ ...route(), DryRun: true }))).toMatchObject({
    code: 'DryRunOperation',
  })
})

test('who may not is not told what there is', async () => {
  const takeBack = fixture.simulator.permissions.deny({ action: 'DeleteRoute' })
  const { NetworkInterfaceId: _, ...key } = route()
  expect(await refusal(fixture.ec2.deleteRoute({ ...key, RouteTableId: `rtb-${NOWHERE}` }))).toMatchObject({
    code: 'UnauthorizedOperation',
  })
  takeBack()
})

test('by a condition, and without words', async () => {
  const takeBack = fixture.simulator.permissions.deny({
    action: 'ModifyNetworkInterfaceAttribute',
    when: (parameters) => parameters.get('SourceDestCheck.Value') !== 'false',
    inWords: false,
  })
  const modify = (Value: boolean) =>
    fixture.ec2.modifyNetworkInterfaceAttribute({
      NetworkInterfaceId: world.interfaceId,
      SourceDestCheck: { Value },
    })
  await modify(false)
  expect((await refusal(modify(true))).message).toMatch(/^You are not authorized .* Encoded/)
  takeBack()
})

test('a describe call names no resource', async () => {
  const takeBack = fixture.simulator.permissions.deny({ action: 'DescribeRouteTables' })
  const refused = await refusal(fixture.ec2.describeRouteTables({ RouteTableIds: [world.tableId] }))
  expect(refused.message).toContain('perform: ec2:DescribeRouteTables because')
  takeBack()
})
