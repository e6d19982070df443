import type { EC2, Instance, RunInstancesRequest } from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Fixture,
  IMAGE,
  NOWHERE,
  REGION,
  type World,
  buildWorld,
  launch,
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

async function find(Name: string, ...Values: string[]): Promise<readonly Instance[]> {
  const { Reservations } = await ec2.describeInstances({ Filters: [{ Name, Values }] })
  return (Reservations ?? []).flatMap(({ Instances }) => Instances ?? [])
}

describe('RunInstances', () => {
  test('a dual-stack instance with all that was asked for', async () => {
    const { Instances } = await ec2.runInstances({
      ImageId: IMAGE,
      MinCount: 1,
      MaxCount: 1,
      InstanceType: 't3.small',
      NetworkInterfaces: [
        {
          DeviceIndex: 0,
          SubnetId: world.subnetB,
          PrivateIpAddress: '10.0.2.10',
          Ipv6Addresses: [{ Ipv6Address: '2600:1f18:0:1::10' }],
        },
        { DeviceIndex: 1, SubnetId: world.subnetB, Ipv6AddressCount: 1, DeleteOnTermination: false },
      ],
      TagSpecifications: [
        { ResourceType: 'instance', Tags: [{ Key: 'Name', Value: 'worker-1' }] },
        { ResourceType: 'network-interface', Tags: [{ Key: 'Name', Value: 'worker-1-nic' }] },
      ],
    })
    expect(Instances?.[0]?.State).toEqual({ Code: 0, Name: 'pending' })
    const [instance] = await find('private-ip-address', '10.0.2.10')
    expect(instance).toMatchObject({
      InstanceId: Instances?.[0]?.InstanceId,
      InstanceType: 't3.small',
      State: { Code: 16, Name: 'running' },
      Placement: { AvailabilityZone: `${REGION}b` },
      VpcId: world.vpcId,
      SubnetId: world.subnetB,
      PrivateIpAddress: '10.0.2.10',
      PrivateDnsName: `ip-10-0-2-10.${REGION}.compute.internal`,
      SourceDestCheck: true,
      Tags: [{ Key: 'Name', Value: 'worker-1' }],
      NetworkInterfaces: [
        {
          Attachment: { DeviceIndex: 0, DeleteOnTermination: true, Status: 'attached' },
          Ipv6Addresses: [{ Ipv6Address: '2600:1f18:0:1::10' }],
          PrivateIpAddresses: [{ Primary: true, PrivateIpAddress: '10.0.2.10' }],
        },
        { Attachment: { DeviceIndex: 1, DeleteOnTermination: false }, PrivateIpAddress: '10.0.2.4' },
      ],
    })
    const { NetworkInterfaces } = await ec2.describeNetworkInterfaces({
      Filters: [{ Name: 'tag:Name', Values: ['worker-1-nic'] }],
    })
    expect(NetworkInterfaces).toHaveLength(2)
  })

  test('several at once: one reservation, an address each', async () => {
    const { ReservationId, Instances } = await ec2.runInstances({
      ImageId: IMAGE,
      MinCount: 1,
      MaxCount: 3,
      SubnetId: world.subnetB,
      Ipv6AddressCount: 1,
    })
    expect(new Set(Instances?.map(({ PrivateIpAddress }) => PrivateIpAddress)).size).toBe(3)
    expect(Instances?.map(({ AmiLaunchIndex }) => AmiLaunchIndex)).toEqual([0, 1, 2])
    expect(await find('reservation-id', must(ReservationId))).toHaveLength(3)
  })

  test('with an interface that exists: it outlives the instance', async () => {
    const { NetworkInterface } = await ec2.createNetworkInterface({ SubnetId: world.subnetA })
    const NetworkInterfaceId = must(NetworkInterface?.NetworkInterfaceId)
    const { Instances } = await ec2.runInstances({
      ImageId: IMAGE,
      MinCount: 1,
      MaxCount: 1,
      NetworkInterfaces: [{ DeviceIndex: 0, NetworkInterfaceId }],
    })
    await ec2.terminateInstances({ InstanceIds: [must(Instances?.[0]?.InstanceId)] })
    const { NetworkInterfaces } = await ec2.describeNetworkInterfaces({
      NetworkInterfaceIds: [NetworkInterfaceId],
    })
    expect(NetworkInterfaces?.map(({ Status, Attachment }) => ({ Status, Attachment }))).toEqual([
      { Status: 'available', Attachment: undefined },
    ])
  })

  const one = { ImageId: IMAGE, MinCount: 1, MaxCount: 1 }
  const nic = (w: World) => ({ DeviceIndex: 0, SubnetId: w.subnetA })
  type Row = [string, (w: World) => RunInstancesRequest, string]
  const refused: readonly Row[] = [
    ['no image', (w) => ({ MinCount: 1, MaxCount: 1, SubnetId: w.subnetA }), 'MissingParameter'],
    [
      'malformed image',
      (w) => ({ ...one, ImageId: 'debian', SubnetId: w.subnetA }),
      'InvalidAMIID.Malformed',
    ],
    ['nowhere', () => one, 'VPCIdNotSpecified'],
    ['less than one', (w) => ({ ...one, MinCount: 0, SubnetId: w.subnetA }), 'InvalidParameterValue'],
    [
      'at most less than at least',
      (w) => ({ ...one, MinCount: 2, SubnetId: w.subnetA }),
      'InvalidParameterValue',
    ],
    ['unknown subnet', () => ({ ...one, SubnetId: `subnet-${NOWHERE}` }), 'InvalidSubnetID.NotFound'],
    [
      'an address that is taken',
      (w) => ({ ...one, SubnetId: w.subnetA, PrivateIpAddress: '10.0.1.4' }),
      'InvalidIPAddress.InUse',
    ],
    [
      'an address of the VPC router',
      (w) => ({ ...one, SubnetId: w.subnetA, PrivateIpAddress: '10.0.1.1' }),
      'InvalidParameterValue',
    ],
    [
      'an address of another subnet',
      (w) => ({ ...one, SubnetId: w.subnetA, PrivateIpAddress: '10.0.2.77' }),
      'InvalidParameterValue',
    ],
    [
      'one address for two',
      (w) => ({ ...one, MaxCount: 2, SubnetId: w.subnetA, PrivateIpAddress: '10.0.1.77' }),
      'InvalidParameterCombination',
    ],
    [
      'IPv6 in a subnet without',
      (w) => ({ ...one, SubnetId: w.otherSubnet, Ipv6AddressCount: 1 }),
      'InvalidParameterValue',
    ],
    [
      'a subnet beside interfaces',
      (w) => ({ ...one, SubnetId: w.subnetA, NetworkInterfaces: [nic(w)] }),
      'InvalidParameterCombination',
    ],
    [
      'no device 0',
      (w) => ({ ...one, NetworkInterfaces: [{ ...nic(w), DeviceIndex: 1 }] }),
      'InvalidParameterValue',
    ],
    ['device 0 twice', (w) => ({ ...one, NetworkInterfaces: [nic(w), nic(w)] }), 'InvalidParameterValue'],
    [
      'interfaces in two zones',
      (w) => ({ ...one, NetworkInterfaces: [nic(w), { DeviceIndex: 1, SubnetId: w.subnetB }] }),
      'InvalidParameterValue',
    ],
    [
      "a zone that is not the subnet's",
      (w) => ({ ...one, SubnetId: w.subnetA, Placement: { AvailabilityZone: `${REGION}c` } }),
      'InvalidParameterValue',
    ],
    [
      'an interface in use',
      (w) => ({ ...one, NetworkInterfaces: [{ DeviceIndex: 0, NetworkInterfaceId: w.interfaceId }] }),
      'InvalidNetworkInterface.InUse',
    ],
    [
      'what the simulator does not know',
      (w) => ({ ...one, SubnetId: w.subnetA, KeyName: 'mine' }),
      'UnknownParameter',
    ],
  ]
  test.each(refused)('refused: %s', async (_, input, code) => {
    const before = fixture.simulator.calls.filter(({ executed }) => executed).length
    expect(await refusal(ec2.runInstances(input(world)))).toMatchObject({ code, status: 400 })
    expect(fixture.simulator.calls.filter(({ executed }) => executed)).toHaveLength(before)
  })

  test('refused: a subnet that is full', async () => {
    const { Subnet } = await ec2.createSubnet({ VpcId: world.vpcId, CidrBlock: '10.0.99.0/28' })
    const run = (count: number): Promise<unknown> =>
      ec2.runInstances({ ImageId: IMAGE, MinCount: count, MaxCount: count, SubnetId: Subnet?.SubnetId })
    expect(await refusal(run(12))).toMatchObject({ code: 'InsufficientFreeAddressesInSubnet' })
    await run(11)
    expect(await refusal(run(1))).toMatchObject({ code: 'InsufficientFreeAddressesInSubnet' })
  })
})

describe('DescribeInstances', () => {
  test('finds an instance by its name, its addresses, its state', async () => {
    const { Instances } = await ec2.runInstances({
      ImageId: IMAGE,
      MinCount: 1,
      MaxCount: 1,
      SubnetId: world.subnetB,
      PrivateIpAddress: '10.0.2.200',
      Ipv6Addresses: [{ Ipv6Address: '2600:1f18:0:1::c8' }],
      TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'role', Value: 'unique' }] }],
    })
    const InstanceId = must(Instances?.[0]?.InstanceId)
    const filters: readonly [string, string][] = [
      ['instance-id', InstanceId],
      ['private-dns-name', `ip-10-0-2-200.${REGION}.compute.internal`],
      ['private-ip-address', '10.0.2.200'],
      ['network-interface.addresses.private-ip-address', '10.0.2.200'],
      ['network-interface.ipv6-addresses.ipv6-address', '2600:1f18:0:1::c8'],
      ['tag:role', 'unique'],
    ]
    for (const [name, value] of filters)
      expect([name, (await find(name, value)).map((found) => found.InstanceId)]).toEqual([name, [InstanceId]])
    const inVpc = await find('vpc-id', world.vpcId)
    expect(inVpc.length).toBeGreaterThan(1)
    expect(await find('instance-state-name', 'stopped')).toEqual([])
  })

  test('pages count instances, not reservations', async () => {
    const { Subnet } = await ec2.createSubnet({ VpcId: world.vpcId, CidrBlock: '10.0.101.0/24' })
    const SubnetId = must(Subnet?.SubnetId)
    for (const MaxCount of [4, 4]) await ec2.runInstances({ ImageId: IMAGE, MinCount: 1, MaxCount, SubnetId })
    const Filters = [{ Name: 'subnet-id', Values: [SubnetId] }]
    const first = await ec2.describeInstances({ Filters, MaxResults: 5 })
    const second = await ec2.describeInstances({ Filters, MaxResults: 5, NextToken: first.NextToken })
    expect(first.Reservations?.map(({ Instances }) => Instances?.length)).toEqual([4, 1])
    expect(second.Reservations?.map(({ Instances }) => Instances?.length)).toEqual([3])
    expect(second.NextToken).toBeUndefined()
  })

  test('refused: ids and a page size together', async () => {
    const call = ec2.describeInstances({ InstanceIds: [world.instanceId], MaxResults: 5 })
    expect(await refusal(call)).toMatchObject({
      code: 'InvalidParameterCombination',
      message: 'The parameter instancesSet cannot be used with the parameter maxResults',
    })
  })

  // https://github.com/kubernetes/cloud-provider-aws/issues/1351
  test('refused: one unknown id among good ones takes them all; as a filter it does not', async () => {
    const ids = [world.instanceId, `i-${NOWHERE}`, world.multiInstanceId]
    expect(await refusal(ec2.describeInstances({ InstanceIds: ids }))).toMatchObject({
      code: 'InvalidInstanceID.NotFound',
      message: `The instance ID 'i-${NOWHERE}' does not exist`,
    })
    expect(await find('instance-id', ...ids)).toHaveLength(2)
  })
})

describe('the life of an instance', () => {
  test('the answer tells the way, the next call the end', async () => {
    const { instanceId, interfaceId } = await launch(ec2, world.subnetA)
    const InstanceIds = [instanceId]
    const seen = async (): Promise<string | undefined> =>
      (await find('instance-id', instanceId))[0]?.State?.Name
    const stop = await ec2.stopInstances({ InstanceIds })
    expect(stop.StoppingInstances).toEqual([
      {
        InstanceId: instanceId,
        CurrentState: { Code: 64, Name: 'stopping' },
        PreviousState: { Code: 16, Name: 'running' },
      },
    ])
    expect(await seen()).toBe('stopped')
    const start = await ec2.startInstances({ InstanceIds })
    expect(start.StartingInstances?.[0]?.CurrentState?.Name).toBe('pending')
    expect(await seen()).toBe('running')
    const terminate = await ec2.terminateInstances({ InstanceIds })
    expect(terminate.TerminatingInstances?.[0]?.CurrentState?.Name).toBe('shutting-down')
    expect(await find('instance-id', instanceId)).toMatchObject([
      { State: { Code: 48, Name: 'terminated' }, PrivateDnsName: '', NetworkInterfaces: [] },
    ])
    expect(
      await refusal(ec2.describeNetworkInterfaces({ NetworkInterfaceIds: [interfaceId] })),
    ).toMatchObject({ code: 'InvalidNetworkInterfaceID.NotFound' })
  })

  test('again is no error, back from the dead is', async () => {
    const { instanceId } = await launch(ec2, world.subnetA)
    const InstanceIds = [instanceId]
    await ec2.startInstances({ InstanceIds })
    await ec2.terminateInstances({ InstanceIds })
    await ec2.terminateInstances({ InstanceIds })
    expect(await refusal(ec2.startInstances({ InstanceIds }))).toMatchObject({
      code: 'IncorrectInstanceState',
      message: `The instance '${instanceId}' is not in a state from which it can be started.`,
    })
    expect(await refusal(ec2.stopInstances({ InstanceIds }))).toMatchObject({
      code: 'IncorrectInstanceState',
    })
    expect(
      await refusal(
        ec2.modifyInstanceAttribute({ InstanceId: instanceId, SourceDestCheck: { Value: false } }),
      ),
    ).toMatchObject({ code: 'IncorrectInstanceState' })
  })

  // https://github.com/gruntwork-io/cloud-nuke/issues/731
  test('none named: refused as a combination, not as a missing parameter', async () => {
    const none = { InstanceIds: [] }
    for (const call of [ec2.stopInstances(none), ec2.startInstances(none), ec2.terminateInstances(none)])
      expect(await refusal(call)).toMatchObject({
        code: 'InvalidParameterCombination',
        message: 'No instances specified',
      })
  })

  test('an unknown one stops nothing', async () => {
    const call = ec2.terminateInstances({ InstanceIds: [world.instanceId, `i-${NOWHERE}`] })
    expect(await refusal(call)).toMatchObject({ code: 'InvalidInstanceID.NotFound' })
    expect((await find('instance-id', world.instanceId))[0]?.State?.Name).toBe('running')
  })
})

// https://github.com/kubernetes/kubernetes/issues/92783
describe('ModifyInstanceAttribute', () => {
  test('turns the check of the only interface off', async () => {
    await ec2.modifyInstanceAttribute({ InstanceId: world.instanceId, SourceDestCheck: { Value: false } })
    const { SourceDestCheck } = await ec2.describeNetworkInterfaceAttribute({
      NetworkInterfaceId: world.interfaceId,
      Attribute: 'sourceDestCheck',
    })
    expect(SourceDestCheck?.Value).toBe(false)
  })

  test('refused: an instance with two interfaces', async () => {
    const InstanceId = world.multiInstanceId
    expect(
      await refusal(ec2.modifyInstanceAttribute({ InstanceId, SourceDestCheck: { Value: false } })),
    ).toEqual({
      code: 'InvalidInstanceID',
      status: 400,
      message: `There are multiple interfaces attached to instance '${InstanceId}'. Please specify an interface ID for the operation instead.`,
    })
  })

  test('refused: nothing to change', async () => {
    const call = ec2.modifyInstanceAttribute({ InstanceId: world.instanceId })
    expect(await refusal(call)).toMatchObject({ code: 'MissingParameter' })
  })
})
