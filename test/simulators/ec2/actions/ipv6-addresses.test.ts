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

async function create(): Promise<string> {
  const { NetworkInterface } = await ec2.createNetworkInterface({ SubnetId: world.subnetA })
  return must(NetworkInterface?.NetworkInterfaceId)
}

describe('AssignIpv6Addresses', () => {
  test('adds to what the interface has, by address and by number', async () => {
    const id = await create()
    const given = await ec2.assignIpv6Addresses({ NetworkInterfaceId: id, Ipv6Addresses: ['2600:1f18::77'] })
    expect(given).toMatchObject({ NetworkInterfaceId: id, AssignedIpv6Addresses: ['2600:1f18::77'] })
    const counted = await ec2.assignIpv6Addresses({ NetworkInterfaceId: id, Ipv6AddressCount: 1 })
    expect(counted.AssignedIpv6Addresses).toHaveLength(1)
    const { NetworkInterfaces } = await ec2.describeNetworkInterfaces({ NetworkInterfaceIds: [id] })
    expect(NetworkInterfaces?.[0]?.Ipv6Addresses?.map(({ Ipv6Address }) => Ipv6Address)).toEqual([
      '2600:1f18::77',
      counted.AssignedIpv6Addresses?.[0],
    ])
  })

  type Row = readonly [string, (id: string) => Parameters<EC2['assignIpv6Addresses']>[0], string]
  const refused: readonly Row[] = [
    [
      'an interface that is not there',
      () => ({ NetworkInterfaceId: `eni-${NOWHERE}`, Ipv6AddressCount: 1 }),
      'InvalidNetworkInterfaceID.NotFound',
    ],
    ['nothing to assign', (id) => ({ NetworkInterfaceId: id }), 'MissingParameter'],
    [
      'both forms',
      (id) => ({ NetworkInterfaceId: id, Ipv6AddressCount: 1, Ipv6Addresses: ['2600:1f18::78'] }),
      'InvalidParameterCombination',
    ],
    [
      'an IPv4 address',
      (id) => ({ NetworkInterfaceId: id, Ipv6Addresses: ['10.0.1.9'] }),
      'InvalidParameterValue',
    ],
    [
      'outside the subnet',
      (id) => ({ NetworkInterfaceId: id, Ipv6Addresses: ['2600:1f18:0:9::9'] }),
      'InvalidParameterValue',
    ],
    [
      'taken',
      (id) => ({ NetworkInterfaceId: id, Ipv6Addresses: ['2600:1f18::77'] }),
      'InvalidIPAddress.InUse',
    ],
  ]
  test.each(refused)('refused: %s', async (_name, request, code) => {
    expect(await refusal(ec2.assignIpv6Addresses(request(await create())))).toMatchObject({ code })
  })
})
