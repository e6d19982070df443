import type { EC2 } from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { containsCidr, parseCidr } from '../../../../net/cidr.ts'
import {
  type Fixture,
  IMAGE,
  NOWHERE,
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

async function launch(InstanceType: string): Promise<{ instanceId: string; id: string }> {
  const run = await ec2.runInstances({
    ImageId: IMAGE,
    MinCount: 1,
    MaxCount: 1,
    SubnetId: world.subnetA,
    InstanceType: InstanceType as 'm5.large',
  })
  const [instance] = must(run.Instances)
  return {
    instanceId: must(instance?.InstanceId),
    id: must(instance?.NetworkInterfaces?.[0]?.NetworkInterfaceId),
  }
}

async function prefixesOf(id: string): Promise<readonly (string | undefined)[]> {
  const { NetworkInterfaces } = await ec2.describeNetworkInterfaces({ NetworkInterfaceIds: [id] })
  return (NetworkInterfaces?.[0]?.Ipv6Prefixes ?? []).map(({ Ipv6Prefix }) => Ipv6Prefix)
}

const free = (n: number): string => `2600:1f18:0:0:${n.toString(16)}::/80`

describe('prefixes', () => {
  let id: string
  let instanceId: string
  beforeEach(async () => {
    ;({ id, instanceId } = await launch('m5.xlarge'))
  })

  test('are assigned by name, shown by the interface and the instance, and unassigned', async () => {
    const given = await ec2.assignIpv6Addresses({ NetworkInterfaceId: id, Ipv6Prefixes: [free(1), free(2)] })
    expect(given).toMatchObject({ NetworkInterfaceId: id, AssignedIpv6Prefixes: [free(1), free(2)] })
    expect(await prefixesOf(id)).toEqual([free(1), free(2)])
    const { Reservations } = await ec2.describeInstances({ InstanceIds: [instanceId] })
    expect(Reservations?.[0]?.Instances?.[0]?.NetworkInterfaces?.[0]?.Ipv6Prefixes).toEqual([
      { Ipv6Prefix: free(1) },
      { Ipv6Prefix: free(2) },
    ])
    const taken = await ec2.unassignIpv6Addresses({ NetworkInterfaceId: id, Ipv6Prefixes: [free(1)] })
    expect(taken).toMatchObject({ NetworkInterfaceId: id, UnassignedIpv6Prefixes: [free(1)] })
    expect(await prefixesOf(id)).toEqual([free(2)])
  })

  test('go with the interface when its instance is terminated, and are free then', async () => {
    await ec2.assignIpv6Addresses({ NetworkInterfaceId: id, Ipv6Prefixes: [free(3)] })
    const other = await launch('m5.large')
    const again = { NetworkInterfaceId: other.id, Ipv6Prefixes: [free(3)] }
    expect(await refusal(ec2.assignIpv6Addresses(again))).toMatchObject({ code: 'InvalidIPAddress.InUse' })
    await ec2.terminateInstances({ InstanceIds: [instanceId] })
    expect((await ec2.assignIpv6Addresses(again)).AssignedIpv6Prefixes).toEqual([free(3)])
  })

  type Row = readonly [string, (id: string) => Parameters<EC2['assignIpv6Addresses']>[0], string]
  const refused: readonly Row[] = [
    [
      'of another size',
      (on) => ({ NetworkInterfaceId: on, Ipv6Prefixes: ['2600:1f18::/96'] }),
      'InvalidParameterValue',
    ],
    [
      'outside of the subnet',
      (on) => ({ NetworkInterfaceId: on, Ipv6Prefixes: ['2600:1f18:0:9::/80'] }),
      'InvalidParameterValue',
    ],
    ['of IPv4', (on) => ({ NetworkInterfaceId: on, Ipv6Prefixes: ['10.0.1.0/28'] }), 'InvalidParameterValue'],
    [
      'twice',
      (on) => ({ NetworkInterfaceId: on, Ipv6Prefixes: [free(9), free(9)] }),
      'InvalidIPAddress.InUse',
    ],
    [
      'with addresses',
      (on) => ({ NetworkInterfaceId: on, Ipv6Prefixes: [free(9)], Ipv6AddressCount: 1 }),
      'InvalidParameterCombination',
    ],
    [
      'by name and by number',
      (on) => ({ NetworkInterfaceId: on, Ipv6Prefixes: [free(9)], Ipv6PrefixCount: 1 }),
      'InvalidParameterCombination',
    ],
    [
      'more than the type takes',
      (on) => ({ NetworkInterfaceId: on, Ipv6PrefixCount: 16 }),
      'PrivateIpAddressLimitExceeded',
    ],
    [
      'on an interface that is not there',
      () => ({ NetworkInterfaceId: `eni-${NOWHERE}`, Ipv6Prefixes: [free(9)] }),
      'InvalidNetworkInterfaceID.NotFound',
    ],
  ]
  test.each(refused)('refused: %s', async (_name, request, code) => {
    expect(await refusal(ec2.assignIpv6Addresses(request(id)))).toMatchObject({ code })
    expect(await prefixesOf(id)).toEqual([])
  })

  test('refused where an address of it is in use, and the other way round', async () => {
    await ec2.assignIpv6Addresses({ NetworkInterfaceId: id, Ipv6Addresses: ['2600:1f18:0:0:20::7'] })
    const prefix = { NetworkInterfaceId: id, Ipv6Prefixes: [free(0x20)] }
    expect(await refusal(ec2.assignIpv6Addresses(prefix))).toMatchObject({ code: 'InvalidIPAddress.InUse' })
    await ec2.assignIpv6Addresses({ NetworkInterfaceId: id, Ipv6Prefixes: [free(0x21)] })
    const address = { NetworkInterfaceId: id, Ipv6Addresses: ['2600:1f18:0:0:21::7'] }
    expect(await refusal(ec2.assignIpv6Addresses(address))).toMatchObject({ code: 'InvalidIPAddress.InUse' })
  })

  test('refused by an instance of before Nitro, and in a subnet without IPv6', async () => {
    const old = await launch('m4.large')
    const request = { NetworkInterfaceId: old.id, Ipv6Prefixes: [free(9)] }
    expect(await refusal(ec2.assignIpv6Addresses(request))).toMatchObject({ code: 'UnsupportedOperation' })
    const without = { NetworkInterfaceId: world.otherInterfaceId, Ipv6Prefixes: [free(9)] }
    expect(await refusal(ec2.assignIpv6Addresses(without))).toMatchObject({ code: 'InvalidParameterValue' })
  })

  test('what the interface does not have can’t be unassigned', async () => {
    const request = { NetworkInterfaceId: id, Ipv6Prefixes: [free(9)] }
    expect(await refusal(ec2.unassignIpv6Addresses(request))).toMatchObject({ code: 'InvalidParameterValue' })
    const nothing = ec2.unassignIpv6Addresses({ NetworkInterfaceId: id })
    expect(await refusal(nothing)).toMatchObject({ code: 'MissingParameter' })
  })
})

describe('reservations of a subnet', () => {
  const reserve = (
    Cidr: string,
    ReservationType: 'prefix' | 'explicit' = 'prefix',
    SubnetId = world.subnetB,
  ) => ec2.createSubnetCidrReservation({ SubnetId, Cidr, ReservationType })
  const range = '2600:1f18:0:1:8000::/66'

  test('are made, listed by family and type, and deleted', async () => {
    const made = (await reserve(range)).SubnetCidrReservation
    expect(made).toMatchObject({ SubnetId: world.subnetB, Cidr: range, ReservationType: 'prefix' })
    await reserve('10.0.2.128/28', 'explicit')
    const all = await ec2.getSubnetCidrReservations({ SubnetId: world.subnetB })
    expect(all.SubnetIpv6CidrReservations).toEqual([made])
    expect(all.SubnetIpv4CidrReservations).toMatchObject([{ Cidr: '10.0.2.128/28' }])
    const Filters = [{ Name: 'reservationType', Values: ['explicit'] }]
    const some = await ec2.getSubnetCidrReservations({ SubnetId: world.subnetB, Filters })
    expect([some.SubnetIpv6CidrReservations, some.SubnetIpv4CidrReservations?.length]).toEqual([[], 1])
    const SubnetCidrReservationId = made?.SubnetCidrReservationId
    const deleted = await ec2.deleteSubnetCidrReservation({ SubnetCidrReservationId })
    expect(deleted.DeletedSubnetCidrReservation).toEqual(made)
    const left = await ec2.getSubnetCidrReservations({ SubnetId: world.subnetB })
    expect(left.SubnetIpv6CidrReservations).toEqual([])
  })

  test('refused: outside of the subnet, over another one, of another type, of no subnet', async () => {
    await reserve('2600:1f18:0:1:4000::/66')
    const refused = [
      reserve('2600:1f18:0:2::/66'),
      reserve('2600:1f18:0:1:4000::/80'),
      reserve(range, 'x' as 'prefix'),
    ]
    for (const call of refused) expect(await refusal(call)).toMatchObject({ code: 'InvalidParameterValue' })
    const nowhere = reserve(range, 'prefix', `subnet-${NOWHERE}`)
    expect(await refusal(nowhere)).toMatchObject({ code: 'InvalidSubnetID.NotFound' })
  })

  test('AWS takes prefixes by number from them, and no single address', async () => {
    await reserve('2600:1f18::/68', 'prefix', world.subnetA)
    const { id } = await launch('m5.xlarge')
    const one = await ec2.assignIpv6Addresses({ NetworkInterfaceId: id, Ipv6AddressCount: 1 })
    expect(one.AssignedIpv6Addresses).toEqual(['2600:1f18:0:0:1000::'])
    const some = await ec2.assignIpv6Addresses({ NetworkInterfaceId: id, Ipv6PrefixCount: 2 })
    expect(some.AssignedIpv6Prefixes).toHaveLength(2)
    for (const prefix of some.AssignedIpv6Prefixes ?? [])
      expect(containsCidr(parseCidr('2600:1f18::/68'), parseCidr(prefix)), prefix).toBe(true)
  })
})
