import type { EC2, NetworkInterface } from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Fixture,
  NOWHERE,
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

async function describeOne(id: string): Promise<NetworkInterface> {
  const { NetworkInterfaces } = await ec2.describeNetworkInterfaces({ NetworkInterfaceIds: [id] })
  return must(NetworkInterfaces?.[0])
}

async function create(): Promise<string> {
  const { NetworkInterface } = await ec2.createNetworkInterface({ SubnetId: world.subnetA })
  return must(NetworkInterface?.NetworkInterfaceId)
}

describe('CreateNetworkInterface', () => {
  test('with its addresses, the check on', async () => {
    const { NetworkInterface } = await ec2.createNetworkInterface({
      SubnetId: world.subnetB,
      Description: 'second',
      PrivateIpAddresses: [
        { PrivateIpAddress: '10.0.2.31' },
        { PrivateIpAddress: '10.0.2.30', Primary: true },
      ],
      Ipv6Addresses: [{ Ipv6Address: '2600:1f18:0:1::30' }],
    })
    expect(await describeOne(must(NetworkInterface?.NetworkInterfaceId))).toMatchObject({
      Description: 'second',
      Status: 'available',
      SourceDestCheck: true,
      PrivateIpAddress: '10.0.2.30',
      PrivateIpAddresses: [
        { PrivateIpAddress: '10.0.2.30', Primary: true },
        { PrivateIpAddress: '10.0.2.31', Primary: false },
      ],
      Ipv6Addresses: [{ Ipv6Address: '2600:1f18:0:1::30' }],
    })
  })

  type Row = [string, (w: World) => Promise<unknown>, string]
  const refused: readonly Row[] = [
    ['no subnet', () => ec2.createNetworkInterface({ SubnetId: undefined }), 'MissingParameter'],
    [
      'an IPv4 address that is none',
      (w) => ec2.createNetworkInterface({ SubnetId: w.subnetA, PrivateIpAddress: '10.0.1' }),
      'InvalidParameterValue',
    ],
    [
      'an IPv6 address of another subnet',
      (w) =>
        ec2.createNetworkInterface({
          SubnetId: w.subnetA,
          Ipv6Addresses: [{ Ipv6Address: '2600:1f18:0:1::99' }],
        }),
      'InvalidParameterValue',
    ],
    [
      'IPv6 both ways',
      (w) =>
        ec2.createNetworkInterface({
          SubnetId: w.subnetA,
          Ipv6AddressCount: 1,
          Ipv6Addresses: [{ Ipv6Address: '2600:1f18::99' }],
        }),
      'InvalidParameterCombination',
    ],
    [
      'two primary addresses',
      (w) =>
        ec2.createNetworkInterface({
          SubnetId: w.subnetA,
          PrivateIpAddress: '10.0.1.90',
          PrivateIpAddresses: [{ PrivateIpAddress: '10.0.1.91', Primary: true }],
        }),
      'InvalidParameterCombination',
    ],
    [
      'deleting one in use',
      (w) => ec2.deleteNetworkInterface({ NetworkInterfaceId: w.interfaceId }),
      'InvalidParameterValue',
    ],
    [
      'deleting nothing',
      () => ec2.deleteNetworkInterface({ NetworkInterfaceId: `eni-${NOWHERE}` }),
      'InvalidNetworkInterfaceID.NotFound',
    ],
  ]
  test.each(refused)('refused: %s', async (_, call, code) => {
    expect(await refusal(call(world))).toMatchObject({ code, status: 400 })
  })
})

describe('attachment', () => {
  test('attach, describe, detach, delete', async () => {
    const { instanceId } = await launch(ec2, world.subnetA)
    const NetworkInterfaceId = await create()
    const { AttachmentId } = await ec2.attachNetworkInterface({
      NetworkInterfaceId,
      InstanceId: instanceId,
      DeviceIndex: 1,
    })
    expect(await describeOne(NetworkInterfaceId)).toMatchObject({
      Status: 'in-use',
      Attachment: { AttachmentId, InstanceId: instanceId, DeviceIndex: 1, DeleteOnTermination: false },
    })
    const { NetworkInterfaces } = await ec2.describeNetworkInterfaces({
      Filters: [
        { Name: 'attachment.instance-id', Values: [instanceId] },
        { Name: 'attachment.device-index', Values: ['1'] },
      ],
    })
    expect(NetworkInterfaces?.map((eni) => eni.NetworkInterfaceId)).toEqual([NetworkInterfaceId])
    await ec2.detachNetworkInterface({ AttachmentId })
    expect(await describeOne(NetworkInterfaceId)).toMatchObject({ Status: 'available' })
    await ec2.deleteNetworkInterface({ NetworkInterfaceId })
    expect(await refusal(describeOne(NetworkInterfaceId))).toMatchObject({
      code: 'InvalidNetworkInterfaceID.NotFound',
    })
  })

  test('whether it goes with the instance can be changed', async () => {
    const { instanceId, interfaceId } = await launch(ec2, world.subnetA)
    const { Attachment } = await describeOne(interfaceId)
    await ec2.modifyNetworkInterfaceAttribute({
      NetworkInterfaceId: interfaceId,
      Attachment: { AttachmentId: Attachment?.AttachmentId, DeleteOnTermination: false },
    })
    await ec2.terminateInstances({ InstanceIds: [instanceId] })
    expect(await describeOne(interfaceId)).toMatchObject({ Status: 'available' })
  })

  type Row = [string, (w: World) => Promise<unknown>, string]
  const refused: readonly Row[] = [
    [
      'an interface in use',
      (w) =>
        ec2.attachNetworkInterface({
          NetworkInterfaceId: w.interfaceId,
          InstanceId: w.multiInstanceId,
          DeviceIndex: 5,
        }),
      'InvalidNetworkInterface.InUse',
    ],
    [
      'a device index in use',
      async (w) =>
        ec2.attachNetworkInterface({
          NetworkInterfaceId: await create(),
          InstanceId: w.multiInstanceId,
          DeviceIndex: 1,
        }),
      'InvalidParameterValue',
    ],
    [
      'another VPC',
      (w) =>
        ec2.attachNetworkInterface({
          NetworkInterfaceId: w.otherInterfaceId,
          InstanceId: w.instanceId,
          DeviceIndex: 1,
        }),
      'InvalidParameterValue',
    ],
    [
      'no device index',
      async (w) =>
        ec2.attachNetworkInterface({
          NetworkInterfaceId: await create(),
          InstanceId: w.instanceId,
          DeviceIndex: undefined,
        }),
      'MissingParameter',
    ],
    [
      'detaching the primary interface',
      async (w) =>
        ec2.detachNetworkInterface({
          AttachmentId: (await describeOne(w.interfaceId)).Attachment?.AttachmentId,
        }),
      'OperationNotPermitted',
    ],
    [
      'detaching nothing',
      () => ec2.detachNetworkInterface({ AttachmentId: `eni-attach-${NOWHERE}` }),
      'InvalidAttachmentID.NotFound',
    ],
  ]
  test.each(refused)('refused: %s', async (_, call, code) => {
    expect(await refusal(call(world))).toMatchObject({ code, status: 400 })
  })
})

test('refused: ids and a page size together', async () => {
  const call = ec2.describeNetworkInterfaces({ NetworkInterfaceIds: [world.interfaceId], MaxResults: 5 })
  expect(await refusal(call)).toMatchObject({ code: 'InvalidParameterCombination' })
})

describe('the source/destination check', () => {
  // https://github.com/kubernetes/kubernetes/issues/92783: by interface it works where by instance it can't
  test('is turned off by interface, also on an instance with two', async () => {
    const { NetworkInterfaces } = await ec2.describeNetworkInterfaces({
      Filters: [{ Name: 'attachment.instance-id', Values: [world.multiInstanceId] }],
    })
    for (const { NetworkInterfaceId } of NetworkInterfaces ?? []) {
      await ec2.modifyNetworkInterfaceAttribute({ NetworkInterfaceId, SourceDestCheck: { Value: false } })
      const answer = await ec2.describeNetworkInterfaceAttribute({
        NetworkInterfaceId,
        Attribute: 'sourceDestCheck',
      })
      expect(answer).toMatchObject({ NetworkInterfaceId, SourceDestCheck: { Value: false } })
    }
    const { Reservations } = await ec2.describeInstances({ InstanceIds: [world.multiInstanceId] })
    const [instance] = Reservations?.[0]?.Instances ?? []
    expect(instance?.SourceDestCheck).toBe(false)
    expect(instance?.NetworkInterfaces?.map(({ SourceDestCheck }) => SourceDestCheck)).toEqual([false, false])
  })

  type Row = [string, (w: World) => Promise<unknown>, string]
  const refused: readonly Row[] = [
    [
      'nothing to change',
      (w) => ec2.modifyNetworkInterfaceAttribute({ NetworkInterfaceId: w.interfaceId }),
      'InvalidParameterCombination',
    ],
    [
      'two attributes at once',
      (w) =>
        ec2.modifyNetworkInterfaceAttribute({
          NetworkInterfaceId: w.interfaceId,
          SourceDestCheck: { Value: true },
          Description: { Value: 'x' },
        }),
      'InvalidParameterCombination',
    ],
    [
      'unknown interface',
      () =>
        ec2.modifyNetworkInterfaceAttribute({
          NetworkInterfaceId: `eni-${NOWHERE}`,
          SourceDestCheck: { Value: true },
        }),
      'InvalidNetworkInterfaceID.NotFound',
    ],
    [
      'no attribute to describe',
      (w) => ec2.describeNetworkInterfaceAttribute({ NetworkInterfaceId: w.interfaceId }),
      'MissingParameter',
    ],
  ]
  test.each(refused)('refused: %s', async (_, call, code) => {
    expect(await refusal(call(world))).toMatchObject({ code, status: 400 })
  })
})
