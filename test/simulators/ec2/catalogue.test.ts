import type { EC2 } from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ACTIONS } from './catalogue.ts'
import {
  type Fixture,
  IMAGE,
  REGION,
  type World,
  buildWorld,
  launch,
  must,
  refusal,
  startFixture,
  verdict,
  wireRequest,
} from './sdk-fixture.ts'

const NOW = Date.UTC(2026, 0, 1)

describe('every action', () => {
  let fixture: Fixture
  let ec2: EC2
  let world: World

  beforeAll(async () => {
    fixture = await startFixture()
    ec2 = fixture.ec2
    world = await buildWorld(ec2)
  })
  afterAll(() => fixture.close())

  const spareInterface = async (): Promise<string> =>
    must((await ec2.createNetworkInterface({ SubnetId: world.subnetA })).NetworkInterface?.NetworkInterfaceId)
  const spareInstance = async (): Promise<string[]> => [(await launch(ec2, world.subnetA)).instanceId]
  const spareRoute = async (): Promise<{ RouteTableId: string; DestinationCidrBlock: string }> => {
    const route = {
      RouteTableId: must((await ec2.createRouteTable({ VpcId: world.vpcId })).RouteTable?.RouteTableId),
      DestinationCidrBlock: '10.244.9.0/24',
    }
    await ec2.createRoute({ ...route, NetworkInterfaceId: world.interfaceId })
    return route
  }
  const spareSubnet = async (n: number): Promise<string> =>
    must((await ec2.createSubnet({ VpcId: world.vpcId, CidrBlock: `10.0.${n}.0/24` })).Subnet?.SubnetId)
  const spareAssociation = async (n: number): Promise<string> =>
    must(
      (await ec2.associateRouteTable({ RouteTableId: world.tableId, SubnetId: await spareSubnet(n) }))
        .AssociationId,
    )
  const spareVpc = async (): Promise<string> =>
    must((await ec2.createVpc({ CidrBlock: '10.77.0.0/16' })).Vpc?.VpcId)
  const spareGateway = async (): Promise<string> =>
    must((await ec2.createInternetGateway({})).InternetGateway?.InternetGatewayId)
  const spareGroup = async (GroupName: string): Promise<string> =>
    must((await ec2.createSecurityGroup({ VpcId: world.vpcId, GroupName, Description: 'x' })).GroupId)
  const permissions = (GroupId: string) => [
    { IpProtocol: '-1', IpRanges: [{ CidrIp: '10.244.0.0/16' }], Ipv6Ranges: [{ CidrIpv6: 'fd00::/48' }] },
    { IpProtocol: 'tcp', FromPort: 80, ToPort: 81, UserIdGroupPairs: [{ GroupId }] },
    { IpProtocol: '17', FromPort: 53, ToPort: 53, PrefixListIds: [{ PrefixListId: 'pl-0123456789abcdef0' }] },
  ]
  const aclEntry = async (RuleNumber: number) => {
    const { NetworkAcls } = await ec2.describeNetworkAcls({
      Filters: [{ Name: 'vpc-id', Values: [world.vpcId] }],
    })
    const NetworkAclId = must(NetworkAcls?.[0]?.NetworkAclId)
    const PortRange = { From: 22, To: 22 }
    return {
      ...{ NetworkAclId, RuleNumber, PortRange, Protocol: '6', CidrBlock: '10.9.0.0/16', Egress: false },
      RuleAction: 'deny' as const,
    }
  }
  const sparePeering = async (): Promise<string> => {
    const made = await ec2.createVpcPeeringConnection({ VpcId: world.otherVpcId, PeerVpcId: world.vpcId })
    return must(made.VpcPeeringConnection?.VpcPeeringConnectionId)
  }
  const spareReservation = (part: string) =>
    ({ SubnetId: world.subnetB, Cidr: `2600:1f18:0:1:${part}::/68`, ReservationType: 'prefix' }) as const
  const tags = (ResourceType: 'vpc' | 'route-table' | 'instance') => [
    { ResourceType, Tags: [{ Key: 'a', Value: 'b & c' }] },
  ]

  /** One good call of each: `prepare` what it needs, then the call. */
  type Call = () => (() => Promise<unknown>) | Promise<() => Promise<unknown>>
  const calls: Record<string, Call> = {
    CreateVpc: () => () =>
      ec2.createVpc({
        CidrBlock: '10.5.0.0/16',
        AmazonProvidedIpv6CidrBlock: true,
        TagSpecifications: tags('vpc'),
      }),
    DescribeVpcs: () => () =>
      ec2.describeVpcs({ VpcIds: [world.vpcId], Filters: [{ Name: 'state', Values: ['available'] }] }),
    AssociateVpcCidrBlock: () => () =>
      ec2.associateVpcCidrBlock({ VpcId: world.otherVpcId, CidrBlock: '10.66.0.0/16' }),
    DeleteVpc: async () => {
      const VpcId = await spareVpc()
      return () => ec2.deleteVpc({ VpcId })
    },
    CreateSubnet: () => () =>
      ec2.createSubnet({
        VpcId: world.vpcId,
        CidrBlock: '10.0.33.0/24',
        Ipv6CidrBlock: '2600:1f18:0:21::/64',
        AvailabilityZone: `${REGION}c`,
      }),
    DescribeSubnets: () => () => ec2.describeSubnets({ MaxResults: 5 }),
    DeleteSubnet: async () => {
      const SubnetId = await spareSubnet(40)
      return () => ec2.deleteSubnet({ SubnetId })
    },
    CreateSubnetCidrReservation: () => () => ec2.createSubnetCidrReservation(spareReservation('8000')),
    DeleteSubnetCidrReservation: async () => {
      const { SubnetCidrReservation } = await ec2.createSubnetCidrReservation(spareReservation('9000'))
      const SubnetCidrReservationId = must(SubnetCidrReservation?.SubnetCidrReservationId)
      return () => ec2.deleteSubnetCidrReservation({ SubnetCidrReservationId })
    },
    GetSubnetCidrReservations: async () => {
      await ec2.createSubnetCidrReservation(spareReservation('a000'))
      return () => ec2.getSubnetCidrReservations({ SubnetId: world.subnetB })
    },
    CreateRouteTable: () => () =>
      ec2.createRouteTable({
        VpcId: world.vpcId,
        ClientToken: 'token',
        TagSpecifications: tags('route-table'),
      }),
    DeleteRouteTable: async () => {
      const { RouteTableId } = await spareRoute()
      return () => ec2.deleteRouteTable({ RouteTableId })
    },
    DescribeRouteTables: () => () =>
      ec2.describeRouteTables({ RouteTableIds: [world.tableId, world.mainTableId] }),
    AssociateRouteTable: async () => {
      const SubnetId = await spareSubnet(41)
      return () => ec2.associateRouteTable({ RouteTableId: world.tableId, SubnetId })
    },
    DisassociateRouteTable: async () => {
      const AssociationId = await spareAssociation(42)
      return () => ec2.disassociateRouteTable({ AssociationId })
    },
    ReplaceRouteTableAssociation: async () => {
      const AssociationId = await spareAssociation(43)
      return () => ec2.replaceRouteTableAssociation({ AssociationId, RouteTableId: world.mainTableId })
    },
    CreateRoute: () => () =>
      ec2.createRoute({
        RouteTableId: world.tableId,
        DestinationIpv6CidrBlock: 'fd00::/64',
        NetworkInterfaceId: world.interfaceId,
      }),
    ReplaceRoute: async () => {
      const route = await spareRoute()
      return () => ec2.replaceRoute({ ...route, GatewayId: world.gatewayId })
    },
    DeleteRoute: async () => {
      const route = await spareRoute()
      return () => ec2.deleteRoute(route)
    },
    CreateInternetGateway: () => () => ec2.createInternetGateway({}),
    AttachInternetGateway: async () => {
      const ids = { InternetGatewayId: await spareGateway(), VpcId: await spareVpc() }
      return () => ec2.attachInternetGateway(ids)
    },
    DetachInternetGateway: async () => {
      const ids = { InternetGatewayId: await spareGateway(), VpcId: await spareVpc() }
      await ec2.attachInternetGateway(ids)
      return () => ec2.detachInternetGateway(ids)
    },
    CreateNetworkInterface: () => () =>
      ec2.createNetworkInterface({
        SubnetId: world.subnetA,
        Ipv6AddressCount: 2,
        SecondaryPrivateIpAddressCount: 1,
        Description: 'x',
      }),
    DeleteNetworkInterface: async () => {
      const NetworkInterfaceId = await spareInterface()
      return () => ec2.deleteNetworkInterface({ NetworkInterfaceId })
    },
    AttachNetworkInterface: async () => {
      const NetworkInterfaceId = await spareInterface()
      const [InstanceId] = await spareInstance()
      return () => ec2.attachNetworkInterface({ NetworkInterfaceId, InstanceId, DeviceIndex: 1 })
    },
    DetachNetworkInterface: async () => {
      const NetworkInterfaceId = await spareInterface()
      const { AttachmentId } = await ec2.attachNetworkInterface({
        NetworkInterfaceId,
        InstanceId: world.instanceId,
        DeviceIndex: 7,
      })
      return () => ec2.detachNetworkInterface({ AttachmentId, Force: true })
    },
    DescribeNetworkInterfaces: () => () => ec2.describeNetworkInterfaces({}),
    ModifyNetworkInterfaceAttribute: () => () =>
      ec2.modifyNetworkInterfaceAttribute({
        NetworkInterfaceId: world.interfaceId,
        SourceDestCheck: { Value: false },
      }),
    AssignIpv6Addresses: () => () =>
      ec2.assignIpv6Addresses({ NetworkInterfaceId: world.interfaceId, Ipv6AddressCount: 2 }),
    UnassignIpv6Addresses: async () => {
      const NetworkInterfaceId = await spareInterface()
      const prefixes = { NetworkInterfaceId, Ipv6Prefixes: ['2600:1f18:0:0:77::/80'] }
      await ec2.assignIpv6Addresses(prefixes)
      return () => ec2.unassignIpv6Addresses(prefixes)
    },
    DescribeNetworkInterfaceAttribute: () => () =>
      ec2.describeNetworkInterfaceAttribute({
        NetworkInterfaceId: world.interfaceId,
        Attribute: 'attachment',
      }),
    RunInstances: () => () =>
      ec2.runInstances({
        ImageId: IMAGE,
        MinCount: 1,
        MaxCount: 1,
        NetworkInterfaces: [{ DeviceIndex: 0, SubnetId: world.subnetA, Ipv6AddressCount: 1 }],
        TagSpecifications: tags('instance'),
      }),
    DescribeInstances: () => () => ec2.describeInstances({}),
    StopInstances: async () => {
      const InstanceIds = await spareInstance()
      return () => ec2.stopInstances({ InstanceIds })
    },
    StartInstances: async () => {
      const InstanceIds = await spareInstance()
      await ec2.stopInstances({ InstanceIds })
      return () => ec2.startInstances({ InstanceIds })
    },
    TerminateInstances: async () => {
      const InstanceIds = await spareInstance()
      return () => ec2.terminateInstances({ InstanceIds })
    },
    ModifyInstanceAttribute: async () => {
      const [InstanceId] = await spareInstance()
      return () => ec2.modifyInstanceAttribute({ InstanceId, SourceDestCheck: { Value: false } })
    },
    CreateTags: () => () => ec2.createTags({ Resources: [world.tableId], Tags: [{ Key: 'a', Value: 'b' }] }),
    DeleteTags: async () => {
      await ec2.createTags({ Resources: [world.mainTableId], Tags: [{ Key: 'a', Value: 'b' }] })
      return () => ec2.deleteTags({ Resources: [world.mainTableId], Tags: [{ Key: 'a' }] })
    },
    DescribeAvailabilityZones: () => () => ec2.describeAvailabilityZones({}),
    CreateSecurityGroup: () => () =>
      ec2.createSecurityGroup({ VpcId: world.vpcId, GroupName: 'pods', Description: 'a & b' }),
    DeleteSecurityGroup: async () => {
      const GroupId = await spareGroup('spare')
      return () => ec2.deleteSecurityGroup({ GroupId })
    },
    DescribeSecurityGroups: () => () => ec2.describeSecurityGroups({ MaxResults: 5 }),
    AuthorizeSecurityGroupIngress: async () => {
      const GroupId = await spareGroup('open')
      return () => ec2.authorizeSecurityGroupIngress({ GroupId, IpPermissions: permissions(GroupId) })
    },
    RevokeSecurityGroupIngress: async () => {
      const GroupId = await spareGroup('shut')
      const IpPermissions = permissions(GroupId)
      await ec2.authorizeSecurityGroupIngress({ GroupId, IpPermissions })
      return () => ec2.revokeSecurityGroupIngress({ GroupId, IpPermissions })
    },
    DescribeNetworkAcls: () => () =>
      ec2.describeNetworkAcls({ Filters: [{ Name: 'vpc-id', Values: [world.vpcId] }] }),
    CreateNetworkAclEntry: async () => {
      const entry = await aclEntry(50)
      return () => ec2.createNetworkAclEntry(entry)
    },
    DeleteNetworkAclEntry: async () => {
      const entry = await aclEntry(51)
      await ec2.createNetworkAclEntry(entry)
      const { NetworkAclId, RuleNumber, Egress } = entry
      return () => ec2.deleteNetworkAclEntry({ NetworkAclId, RuleNumber, Egress })
    },
    CreateVpcPeeringConnection: () => () =>
      ec2.createVpcPeeringConnection({ VpcId: world.vpcId, PeerVpcId: world.otherVpcId }),
    AcceptVpcPeeringConnection: async () => {
      const VpcPeeringConnectionId = await sparePeering()
      return () => ec2.acceptVpcPeeringConnection({ VpcPeeringConnectionId })
    },
    DeleteVpcPeeringConnection: async () => {
      const VpcPeeringConnectionId = await sparePeering()
      return () => ec2.deleteVpcPeeringConnection({ VpcPeeringConnectionId })
    },
    DescribeVpcPeeringConnections: () => () => ec2.describeVpcPeeringConnections({}),
  }

  test('is tried below', () => {
    expect(Object.keys(calls).sort()).toEqual([...ACTIONS.keys()].sort())
  })

  /** All that there is, as the API tells it. */
  const everything = (): readonly string[] =>
    [
      wireRequest('DescribeVpcs'),
      wireRequest('DescribeSubnets'),
      wireRequest('GetSubnetCidrReservations', { SubnetId: world.subnetB }),
      wireRequest('DescribeRouteTables'),
      wireRequest('DescribeNetworkInterfaces'),
      wireRequest('DescribeInstances'),
      wireRequest('DescribeSecurityGroups'),
      wireRequest('DescribeNetworkAcls'),
      wireRequest('DescribeVpcPeeringConnections'),
    ].map((request) => {
      const reply = fixture.simulator.handle(request, NOW)
      return reply.kind === 'response' ? reply.body.replace(/<requestId>.*?<\/requestId>/, '') : reply.kind
    })

  test.each(Object.entries(calls))(
    '%s: a dry run changes nothing, the call is done, the SDK reads all of the answer',
    async (action, prepare) => {
      const call = await prepare()

      const before = everything()
      fixture.simulator.faults.inject({ action, fault: { kind: 'error', code: 'Unavailable', status: 503 } })
      expect(await refusal(call())).toMatchObject({ code: 'Unavailable', status: 503 })
      const struck = must(fixture.simulator.calls.at(-1))
      const dry = fixture.simulator.handle(wireRequest(action, { ...struck.parameters, DryRun: 'true' }), NOW)
      expect(dry).toMatchObject({ kind: 'response', status: 412 })
      expect(verdict(dry)).toBe('DryRunOperation')
      expect(everything()).toEqual(before)

      const output = await call()
      expect(fixture.simulator.calls.at(-1)).toMatchObject({ action, status: 200, executed: true })
      expect(leaves(output)).toEqual(textOf(fixture.lastBody()))
      if (!/^(Describe|Get)/.test(action) && !action.endsWith('InternetGateway'))
        expect(everything()).not.toEqual(before)
    },
  )
})

/** The values of an SDK answer, sorted, as they stand in XML. */
function leaves(output: unknown): readonly string[] {
  const found: string[] = []
  const collect = (value: unknown): void => {
    if (value instanceof Date) found.push(value.toISOString())
    else if (typeof value === 'object' && value !== null) {
      for (const [name, inner] of Object.entries(value))
        if (name !== '$metadata' && name !== 'Return') collect(inner)
    } else if (typeof value === 'string' && value !== '') found.push(value)
    else if (typeof value === 'number' || typeof value === 'boolean') found.push(String(value))
  }
  collect(output)
  return found.sort()
}

/** The texts of an answer, sorted. Whether it says `<return>` is of no interest: the SDK drops it for most calls. */
function textOf(body: string): readonly string[] {
  return [...body.matchAll(/<(\w+)>([^<>]+)<\/\1>/g)]
    .filter(([, name]) => name !== 'requestId' && name !== 'return')
    .map(([, , text]) => must(text).replaceAll('&amp;', '&'))
    .sort()
}
