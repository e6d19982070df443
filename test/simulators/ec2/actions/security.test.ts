import type { EC2, IpPermission } from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
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

const newGroup = async (GroupName: string, VpcId = world.vpcId): Promise<string> =>
  must((await ec2.createSecurityGroup({ GroupName, VpcId, Description: 'x' })).GroupId)
const aclOf = async (vpcId: string) => {
  const { NetworkAcls } = await ec2.describeNetworkAcls({ Filters: [{ Name: 'vpc-id', Values: [vpcId] }] })
  return must(NetworkAcls?.[0])
}

describe('security groups', () => {
  test('a VPC has a default group, which lets its own members in; every interface that names none is in it', async () => {
    const { SecurityGroups } = await ec2.describeSecurityGroups({
      Filters: [{ Name: 'vpc-id', Values: [world.vpcId] }],
    })
    const [group] = must(SecurityGroups)
    expect(group).toMatchObject({
      GroupName: 'default',
      IpPermissions: [{ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: group?.GroupId }] }],
    })
    const { Reservations } = await ec2.describeInstances({ InstanceIds: [world.instanceId] })
    const instance = Reservations?.[0]?.Instances?.[0]
    const expected = [{ GroupId: group?.GroupId, GroupName: 'default' }]
    expect(instance?.SecurityGroups).toEqual(expected)
    expect(instance?.NetworkInterfaces?.[0]?.Groups).toEqual(expected)
  })

  test('an interface is in the groups that it was made with, or was given later', async () => {
    const [one, two] = [await newGroup('one'), await newGroup('two')]
    const { Instances } = await ec2.runInstances({
      ...{ ImageId: IMAGE, MinCount: 1, MaxCount: 1 },
      NetworkInterfaces: [{ DeviceIndex: 0, SubnetId: world.subnetA, Groups: [one] }],
    })
    const NetworkInterfaceId = must(Instances?.[0]?.NetworkInterfaces?.[0]?.NetworkInterfaceId)
    const groups = async () => {
      const found = await ec2.describeNetworkInterfaces({ NetworkInterfaceIds: [NetworkInterfaceId] })
      return found.NetworkInterfaces?.[0]?.Groups?.map(({ GroupId }) => GroupId)
    }
    expect(await groups()).toEqual([one])
    await ec2.modifyNetworkInterfaceAttribute({ NetworkInterfaceId, Groups: [two, one] })
    expect(await groups()).toEqual([two, one])
    expect(await refusal(ec2.deleteSecurityGroup({ GroupId: one }))).toMatchObject({
      code: 'DependencyViolation',
    })
  })

  test('sources of one protocol and the same ports are one permission; a rule that goes leaves the others', async () => {
    const GroupId = await newGroup('rules')
    const all = (more: Partial<IpPermission>): IpPermission => ({ IpProtocol: '-1', ...more })
    const v4 = all({ IpRanges: [{ CidrIp: '10.244.0.0/16' }] })
    const v6 = all({ Ipv6Ranges: [{ CidrIpv6: 'fd00:10:244::/48' }] })
    const http: IpPermission = {
      IpProtocol: 'tcp',
      FromPort: 80,
      ToPort: 80,
      IpRanges: [{ CidrIp: '0.0.0.0/0' }],
    }
    await ec2.authorizeSecurityGroupIngress({ GroupId, IpPermissions: [v4, v6, http] })
    const permissions = async () => {
      const { SecurityGroups } = await ec2.describeSecurityGroups({ GroupIds: [GroupId] })
      return SecurityGroups?.[0]?.IpPermissions
    }
    expect(await permissions()).toMatchObject([{ ...v4, ...v6 }, http])
    await ec2.revokeSecurityGroupIngress({ GroupId, IpPermissions: [v4] })
    expect(await permissions()).toMatchObject([{ ...v6, IpRanges: [] }, http])
  })

  type Row = [string, () => Promise<unknown>, string]
  const anywhere = [{ CidrIp: '0.0.0.0/0' }]
  const refused: readonly Row[] = [
    [
      'a name that is taken in the VPC',
      () => ec2.createSecurityGroup({ GroupName: 'default', Description: 'x', VpcId: world.vpcId }),
      'InvalidGroup.Duplicate',
    ],
    [
      'an unknown group',
      () => ec2.describeSecurityGroups({ GroupIds: [`sg-${NOWHERE}`] }),
      'InvalidGroup.NotFound',
    ],
    [
      'a malformed group',
      () => ec2.describeSecurityGroups({ GroupIds: ['sg-nonsense'] }),
      'InvalidGroupId.Malformed',
    ],
    [
      'a rule twice',
      async () => {
        const GroupId = await newGroup('twice')
        const IpPermissions = [{ IpProtocol: '-1', IpRanges: anywhere }]
        await ec2.authorizeSecurityGroupIngress({ GroupId, IpPermissions })
        return ec2.authorizeSecurityGroupIngress({ GroupId, IpPermissions })
      },
      'InvalidPermission.Duplicate',
    ],
    [
      'to take away what is not there',
      async () =>
        ec2.revokeSecurityGroupIngress({
          GroupId: await newGroup('empty'),
          IpPermissions: [{ IpProtocol: '-1', IpRanges: anywhere }],
        }),
      'InvalidPermission.NotFound',
    ],
    [
      'TCP without ports',
      async () =>
        ec2.authorizeSecurityGroupIngress({
          GroupId: await newGroup('portless'),
          IpPermissions: [{ IpProtocol: 'tcp', IpRanges: anywhere }],
        }),
      'InvalidParameterValue',
    ],
    [
      'a protocol that is none',
      async () =>
        ec2.authorizeSecurityGroupIngress({
          GroupId: await newGroup('odd'),
          IpPermissions: [{ IpProtocol: 'pigeon', IpRanges: anywhere }],
        }),
      'InvalidParameterValue',
    ],
    [
      'a rule without a source',
      async () =>
        ec2.authorizeSecurityGroupIngress({
          GroupId: await newGroup('nobody'),
          IpPermissions: [{ IpProtocol: '-1' }],
        }),
      'MissingParameter',
    ],
    [
      'a group of another VPC for an interface',
      async () =>
        ec2.modifyNetworkInterfaceAttribute({
          NetworkInterfaceId: world.interfaceId,
          Groups: [await newGroup('other', world.otherVpcId)],
        }),
      'InvalidParameterValue',
    ],
    [
      'to delete the default group',
      async () => {
        const { SecurityGroups } = await ec2.describeSecurityGroups({
          Filters: [{ Name: 'group-name', Values: ['default'] }],
        })
        return ec2.deleteSecurityGroup({ GroupId: SecurityGroups?.[0]?.GroupId })
      },
      'CannotDelete',
    ],
    [
      'to delete a VPC that has groups',
      () => ec2.deleteVpc({ VpcId: world.otherVpcId }),
      'DependencyViolation',
    ],
  ]
  test.each(refused)('refused: %s', async (_, call, code) => {
    expect(await refusal(call())).toMatchObject({ code, status: 400 })
  })
})

describe('network ACLs', () => {
  test('that of a new VPC lets everything through, and is that of all its subnets', async () => {
    const acl = await aclOf(world.vpcId)
    expect(acl.Associations?.map(({ SubnetId }) => SubnetId)).toEqual([world.subnetA, world.subnetB])
    const ingress = acl.Entries?.filter(({ Egress }) => Egress === false)
    expect(
      ingress?.map((entry) => [entry.RuleNumber, entry.RuleAction, entry.CidrBlock ?? entry.Ipv6CidrBlock]),
    ).toEqual([
      [100, 'allow', '0.0.0.0/0'],
      [32767, 'deny', '0.0.0.0/0'],
      [101, 'allow', '::/0'],
      [32768, 'deny', '::/0'],
    ])
  })

  const entry = async (more: object = {}) => ({
    NetworkAclId: must((await aclOf(world.vpcId)).NetworkAclId),
    ...{ RuleNumber: 7, Protocol: '-1', RuleAction: 'deny' as const, Egress: false, CidrBlock: '10.0.0.0/8' },
    ...more,
  })
  test.each<[string, object, string]>([
    ['a number that is taken', { RuleNumber: 100 }, 'NetworkAclEntryAlreadyExists'],
    ['the last number', { RuleNumber: 32767 }, 'InvalidParameterValue'],
    ['TCP without ports', { Protocol: '6' }, 'MissingParameter'],
    ['a protocol by name', { Protocol: 'tcp' }, 'InvalidParameterValue'],
    ['no range', { CidrBlock: undefined }, 'MissingParameter'],
    ['another action', { RuleAction: 'drop' }, 'InvalidParameterValue'],
  ])('refused: %s', async (_, more, code) => {
    expect(await refusal(ec2.createNetworkAclEntry(await entry(more)))).toMatchObject({ code })
  })

  test('an entry goes, and can’t go twice', async () => {
    const made = await entry()
    await ec2.createNetworkAclEntry(made)
    const { NetworkAclId, RuleNumber, Egress } = made
    await ec2.deleteNetworkAclEntry({ NetworkAclId, RuleNumber, Egress })
    expect(await refusal(ec2.deleteNetworkAclEntry({ NetworkAclId, RuleNumber, Egress }))).toMatchObject({
      code: 'InvalidNetworkAclEntry.NotFound',
    })
  })
})

describe('peerings', () => {
  const find = async (name: string, value: string) =>
    (await ec2.describeVpcPeeringConnections({ Filters: [{ Name: name, Values: [value] }] }))
      .VpcPeeringConnections

  test('the ranges of the other side are told once it is accepted', async () => {
    const made = await ec2.createVpcPeeringConnection({ VpcId: world.vpcId, PeerVpcId: world.otherVpcId })
    const VpcPeeringConnectionId = must(made.VpcPeeringConnection?.VpcPeeringConnectionId)
    expect(made.VpcPeeringConnection?.AccepterVpcInfo?.CidrBlockSet).toBeUndefined()
    await ec2.acceptVpcPeeringConnection({ VpcPeeringConnectionId })
    expect(await find('requester-vpc-info.vpc-id', world.vpcId)).toMatchObject([
      {
        Status: { Code: 'active' },
        RequesterVpcInfo: {
          CidrBlock: '10.0.0.0/16',
          Ipv6CidrBlockSet: [{ Ipv6CidrBlock: '2600:1f18::/56' }],
        },
        AccepterVpcInfo: { VpcId: world.otherVpcId, CidrBlockSet: [{ CidrBlock: '10.1.0.0/16' }] },
      },
    ])
    expect(await refusal(ec2.acceptVpcPeeringConnection({ VpcPeeringConnectionId }))).toMatchObject({
      code: 'InvalidStateTransition',
    })
    await ec2.deleteVpcPeeringConnection({ VpcPeeringConnectionId })
    expect(await find('status-code', 'deleted')).toMatchObject([{ VpcPeeringConnectionId }])
    expect(await refusal(ec2.deleteVpcPeeringConnection({ VpcPeeringConnectionId }))).toMatchObject({
      code: 'InvalidStateTransition',
    })
  })

  test('with a VPC of the same range it fails', async () => {
    const { Vpc } = await ec2.createVpc({ CidrBlock: '10.0.0.0/16' })
    const { VpcPeeringConnection } = await ec2.createVpcPeeringConnection({
      VpcId: world.vpcId,
      PeerVpcId: Vpc?.VpcId,
    })
    expect(VpcPeeringConnection?.Status?.Code).toBe('failed')
  })

  test('with itself, and with nobody: refused', async () => {
    const peer = (PeerVpcId: string) => ec2.createVpcPeeringConnection({ VpcId: world.vpcId, PeerVpcId })
    expect(await refusal(peer(world.vpcId))).toMatchObject({ code: 'InvalidParameterValue' })
    expect(await refusal(peer(`vpc-${NOWHERE}`))).toMatchObject({ code: 'InvalidVpcID.NotFound' })
  })
})
