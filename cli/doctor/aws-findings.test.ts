import { afterEach, beforeEach, expect, test } from 'vitest'
import { formatCidr, nthSubnet, parseCidr } from '../../net/cidr.ts'
import { awsFindings } from '../../providers/aws/doctor/finding-codes.ts'
import { NOWHERE, must, wireRequest } from '../../test/simulators/ec2/sdk-fixture.ts'
import { clusterFindings } from './cluster-findings.ts'
import { type AwsWorld, openAwsWorld } from './testing/aws-world.ts'
import { poolFlags } from './testing/cluster-world.ts'
import { type Case, type WrongCode, expectAllWell, expectFinding } from './testing/provoked.ts'

/** Every finding about AWS, provoked: the real command before a simulated cloud and cluster, over sockets. */

let world: AwsWorld
beforeEach(async () => {
  world = await openAwsWorld()
})
afterEach(() => world.close())

const other = async ({ ec2 }: AwsWorld, CidrBlock: string) => {
  const VpcId = must((await ec2.createVpc({ CidrBlock })).Vpc?.VpcId)
  const { RouteTable } = await ec2.createRouteTable({ VpcId })
  const { Subnet } = await ec2.createSubnet({ VpcId, CidrBlock: CidrBlock.replace(/\d+$/, '24') })
  return { vpcId: VpcId, tableId: must(RouteTable?.RouteTableId), subnetId: must(Subnet?.SubnetId) }
}
/** The compiler knows if a code is missing here. */
const cases: Readonly<Record<WrongCode<typeof awsFindings>, Case<AwsWorld>>> = {
  PermissionMissing: {
    provoke: ({ simulator }) => void simulator.permissions.deny({ action: 'CreateRoute' }),
    about: 'permission/ec2:CreateRoute',
    says: /permission ec2:CreateRoute on arn:\S+rtb-\w+ is missing for arn:\S+podway/,
    fix: /^Allow ec2:CreateRoute on arn:aws:ec2:\S+route-table\/rtb-\w+ to arn:\S+\.$/,
  },
  PermissionUnknown: {
    async provoke({ a, b, setCheck }) {
      for (const { interfaceId } of [a, b]) await setCheck(interfaceId, true)
    },
    about: 'permission/ec2:ModifyNetworkInterfaceAttribute',
    says: /not known: the source\/destination check is on at every Node/,
  },
  NotExamined: {
    provoke: ({ simulator }) => void simulator.permissions.deny({ action: 'DescribeVpcPeeringConnections' }),
    about: 'permission/ec2:DescribeVpcPeeringConnections',
    says: /so it is not known whether pools and podCIDRs overlap the ranges of peered VPCs/,
    fix: /^Allow ec2:DescribeVpcPeeringConnections on \* to /,
  },
  NoNodes: {
    provoke({ cluster }) {
      for (const name of ['node-a', 'node-b']) cluster.deleteNode(name)
    },
    about: 'cluster/prod',
    says: /no Nodes/,
  },
  NodeWithoutProviderID: {
    async provoke({ cluster, ec2, b }) {
      const { Reservations } = await ec2.describeInstances({ InstanceIds: [b.instanceId] })
      cluster.deleteNode('node-b')
      cluster.addNode('node-b', { addresses: [must(Reservations?.[0]?.Instances?.[0]?.PrivateIpAddress)] })
    },
    about: 'Node/node-b',
    says: /has no spec\.providerID; by its addresses it is i-\w+/,
  },
  NodeNotFound: {
    provoke: ({ cluster }) =>
      void cluster.addNode('node-x', { providerID: `aws:///eu-central-1a/i-${NOWHERE}` }),
    about: 'Node/node-x',
    says: /EC2 knows no instance i-0fff/,
  },
  NodeInterfaceUnclear: {
    provoke: () => [...poolFlags, '--aws-target-interface', 'device-index=1'],
    about: 'Node/node-a',
    says: /no network interface at device index 1/,
  },
  NodeInAnotherVpc: {
    async provoke(w) {
      const { subnetId } = await other(w, '10.7.0.0/16')
      const { Instances } = await w.ec2.runInstances({
        ...{ ImageId: 'ami-0123456789abcdef0', MinCount: 1, MaxCount: 1, SubnetId: subnetId },
      })
      w.cluster.addNode('far', { providerID: `aws:///eu-central-1a/${must(Instances?.[0]?.InstanceId)}` })
    },
    about: 'Node/far',
    says: /is in vpc-\w+, and the cluster's tables are of vpc-\w+/,
  },
  NoRouteTable: {
    async provoke({ ec2, tableId }) {
      await ec2.deleteTags({ Resources: [tableId] })
    },
    about: 'cluster/prod',
    says: /No route table/,
  },
  RouteTableNotFound: {
    provoke: ({ tableId }) => [...poolFlags, '--route-tables', `${tableId},rtb-${NOWHERE}`],
    about: `route-table/rtb-${NOWHERE}`,
    says: /no route table rtb-0fff/,
  },
  RouteTableOfAnotherVpc: {
    async provoke(w) {
      const { tableId } = await other(w, '10.7.0.0/16')
      return [...poolFlags, '--extra-route-table-ids', tableId]
    },
    about: 'cluster/prod',
    says: /is of vpc-\w+, and the cluster's nodes are in vpc-\w+/,
  },
  SubnetNotServed: {
    async provoke({ addNode, newSubnet }) {
      await addNode('node-c', await newSubnet('10.0.3.0/24'))
    },
    about: /^subnet\/subnet-\w+$/,
    says: /subnet of Node node-c has no table of its own and follows rtb-\w+, the main table, which is not/,
    fix: /^aws ec2 create-tags --resources rtb-\w+ --tags Key=kubernetes\.io\/cluster\/prod,Value=shared/,
  },
  TableWithoutSubnet: {
    provoke: async ({ newTable }) => void (await newTable(true)),
    about: /^route-table\/rtb-\w+$/,
    says: /No subnet follows rtb-/,
  },
  SourceDestCheckOn: {
    provoke: ({ a, setCheck }) => setCheck(a.interfaceId, true),
    about: /^network-interface\/eni-\w+$/,
    says: /source\/destination check of eni-\w+ of Node node-a is on/,
    fix: /modify-network-interface-attribute --network-interface-id eni-\w+ --no-source-dest-check/,
  },
  SourceDestCheckDrops: {
    async provoke({ a, addRoute, setCheck }) {
      await setCheck(a.interfaceId, true)
      await addRoute('10.244.0.0/24', a)
    },
    about: /^network-interface\/eni-\w+$/,
    says: /Routes lead to Node node-a, and the source\/destination check of its eni-\w+ is on/,
  },
  SourceDestCheckUnknown: {
    provoke({ a, simulator }) {
      // It goes between the description of the instance and that of its interface.
      simulator.faults.inject({
        action: 'DescribeNetworkInterfaces',
        when: () => {
          simulator.handle(wireRequest('TerminateInstances', { 'InstanceId.1': a.instanceId }), 0)
          return false
        },
        fault: { kind: 'reset-before' },
      })
    },
    about: /^network-interface\/eni-\w+$/,
    says: /EC2 says nothing of eni-\w+ of Node node-a/,
  },
  RouteTableFull: {
    provoke: () => [...poolFlags, '--aws-routes-per-table', '2'],
    about: /^route-table\/rtb-\w+$/,
    says: /has 1 of 2 IPv4 routes, and the Nodes need 2 more/,
  },
  RouteTableNearlyFull: {
    provoke: () => [...poolFlags, '--aws-routes-per-table', '3'],
    about: /^route-table\/rtb-\w+$/,
    says: /has 3 of 3 IPv6 routes once every Node has its own/,
  },
  PoolsExceedTable: {
    provoke: () => [...poolFlags, '--aws-routes-per-table', '256'],
    about: /^route-table\/rtb-\w+$/,
    says: /pools are for 256 Nodes, and rtb-\w+ takes 256 IPv4 routes, 1 of which are not Nodes'/,
  },
  RangeOverlapsVpc: {
    provoke: () => ['--cluster-cidr', '10.244.0.0/16,10.0.128.0/17'],
    about: 'pool/10.0.128.0/17',
    says: /Pool 10\.0\.128\.0\/17 overlaps 10\.0\.0\.0\/16, the primary range of vpc-/,
  },
  RangeOverlapsSubnet: {
    provoke: () => ['--cluster-cidr', '10.244.0.0/16,10.0.0.0/22'],
    about: 'pool/10.0.0.0/22',
    says: /overlaps 10\.0\.1\.0\/24 of subnet-/,
  },
  RangeOverlapsPeer: {
    async provoke(w) {
      const { vpcId } = await other(w, '10.244.0.0/16')
      const { VpcPeeringConnection } = await w.ec2.createVpcPeeringConnection({
        VpcId: vpcId,
        PeerVpcId: w.vpcId,
      })
      const { VpcPeeringConnectionId } = must(VpcPeeringConnection)
      await w.ec2.acceptVpcPeeringConnection({ VpcPeeringConnectionId })
    },
    about: 'pool/10.244.0.0/16',
    says: /overlaps 10\.244\.0\.0\/16 of vpc-\w+, which is peered by pcx-/,
  },
  RangeReserved: {
    provoke: () => [...poolFlags.slice(0, 1), '10.244.0.0/16,169.254.160.0/20'],
    about: 'pool/169.254.160.0/20',
    says: /overlaps 169\.254\.168\.0\/22/,
  },
  ForeignRoute: {
    provoke: ({ addRoute, b }) => addRoute('10.244.0.0/24', b),
    about: /^route-table\/rtb-\w+$/,
    says: /route to 10\.244\.0\.0\/24 in rtb-\w+ leads to eni\/eni-\w+, and that is the podCIDR of Node node-a, whose interface is eni-/,
    fix: /delete-route --route-table-id rtb-\w+ --destination-cidr-block 10\.244\.0\.0\/24/,
  },
  ForeignRouteInside: {
    provoke: ({ addRoute, b }) => addRoute('fd00:10:244:0:8000::/65', b),
    about: /^route-table\/rtb-\w+$/,
    says: /takes a part of the podCIDR of Node node-a away/,
    fix: /--destination-ipv6-cidr-block fd00:10:244:0:8000::\/65/,
  },
  RouteInPool: {
    async provoke({ addNode, addRoute, cluster, ec2, subnetA }) {
      const gone = await addNode('gone', subnetA)
      await addRoute('10.244.9.0/24', gone)
      cluster.deleteNode('gone')
      await ec2.terminateInstances({ InstanceIds: [gone.instanceId] })
    },
    about: /^route-table\/rtb-\w+$/,
    says: /blackhole route to 10\.244\.9\.0\/24 in rtb-\w+ leads to eni\/eni-\w+: it lies in the pool 10\.244\.0\.0\/16, and no Node/,
  },
  PodTrafficBlocked: {
    async provoke({ a, newGroup, setGroups, groupId }) {
      const byGroup = { IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: groupId }] }
      await setGroups(a.interfaceId, await newGroup('members', byGroup))
    },
    about: /^security-group\/sg-\w+$/,
    says: /groups of Node node-a let nothing in from 10\.244\.0\.0\/16: rules that name groups do not fit/,
    fix: /authorize-security-group-ingress --group-id sg-\w+ --ip-permissions 'IpProtocol=-1,IpRanges=\[\{CidrIp=10\.244\.0\.0\/16\}\]'/,
  },
  PodTrafficPartlyBlocked: {
    async provoke({ a, newGroup, setGroups }) {
      const everywhere = { IpRanges: [{ CidrIp: '0.0.0.0/0' }], Ipv6Ranges: [{ CidrIpv6: '::/0' }] }
      const http = { IpProtocol: 'tcp', FromPort: 80, ToPort: 81, ...everywhere }
      await setGroups(a.interfaceId, await newGroup('http', http))
    },
    about: /^security-group\/sg-\w+$/,
    says: /only a part of the traffic from fd00:10:244::\/56 in \(tcp 80-81 from ::\/0\)/,
  },
  PodTrafficUnknown: {
    async provoke({ a, newGroup, setGroups }) {
      const list = { IpProtocol: '-1', PrefixListIds: [{ PrefixListId: 'pl-0123456789abcdef0' }] }
      await setGroups(a.interfaceId, await newGroup('list', list))
    },
    about: /^security-group\/sg-\w+$/,
    says: /depends on the prefix lists pl-0123456789abcdef0/,
    fix: /get-managed-prefix-list-entries --prefix-list-id pl-0123456789abcdef0/,
  },
  NetworkAclBlocks: {
    provoke: (w) => addAclRule(w, {}),
    about: /^network-acl\/acl-\w+$/,
    says: /lets no packets from 10\.244\.0\.0\/16 into 2 subnets \(.*\), by rule 50/,
    fix: /create-network-acl-entry --network-acl-id acl-\w+ --ingress .* --cidr-block 10\.244\.0\.0\/16/,
  },
}

async function addAclRule({ ec2, vpcId }: AwsWorld, more: object): Promise<void> {
  const { NetworkAcls } = await ec2.describeNetworkAcls({ Filters: [{ Name: 'vpc-id', Values: [vpcId] }] })
  await ec2.createNetworkAclEntry({
    NetworkAclId: must(NetworkAcls?.[0]?.NetworkAclId),
    ...{ RuleNumber: 50, Protocol: '-1', RuleAction: 'deny', Egress: false, CidrBlock: '10.0.0.0/8' },
    ...more,
  })
}

test('all is well: one finding for each thing that was examined, and exit code 0', () =>
  expectAllWell(world, { ...awsFindings, ...clusterFindings }))

test.each(Object.entries(cases))('%s', (name, one) => expectFinding(world, awsFindings, name, one))

test('a podCIDR that the VPC delegates to its Node’s interface lies in the VPC’s range by right, and needs no route', async () => {
  world.manager('--allocate-node-cidrs=false')
  const { ec2, vpcId } = world
  const { Vpcs } = await ec2.describeVpcs({ VpcIds: [vpcId] })
  const range = must(Vpcs?.[0]?.Ipv6CidrBlockAssociationSet?.[0]?.Ipv6CidrBlock)
  const ofSubnet = nthSubnet(parseCidr(range), 64, 1n)
  const [Ipv6CidrBlock, prefix] = [formatCidr(ofSubnet), formatCidr(nthSubnet(ofSubnet, 80, 8n))]
  const { Subnet } = await ec2.createSubnet({ VpcId: vpcId, CidrBlock: '10.0.9.0/24', Ipv6CidrBlock })
  const subnet = must(Subnet?.SubnetId)
  await world.associate(world.tableId, subnet)
  const delegate = await world.addNode('node-p', subnet, { podCIDRs: ['10.244.9.0/24', prefix] })
  expect((await world.examine()).wrong).toContain('error RangeOverlapsVpc Node/node-p')
  await ec2.assignIpv6Addresses({ NetworkInterfaceId: delegate.interfaceId, Ipv6Prefixes: [prefix] })
  expect((await world.examine()).wrong).toEqual([])
})

test('the network ACL: rules for some protocols only are not judged; what lets all through first is', async () => {
  world.manager('--allocate-node-cidrs=false')
  const tcp = { RuleNumber: 60, Protocol: '6', PortRange: { From: 1, To: 2 }, Egress: true }
  await addAclRule(world, { RuleNumber: 40, RuleAction: 'allow', CidrBlock: '10.244.0.0/15' })
  await addAclRule(world, { RuleNumber: 41, CidrBlock: '10.244.0.0/16' })
  await addAclRule(world, tcp)
  const { findings, wrong } = await world.examine()
  expect(wrong).toEqual([expect.stringMatching(/^unknown PodTrafficUnknown network-acl\/acl-/)])
  expect(findings.find(({ code }) => code === 'PodTrafficUnknown')?.message).toMatch(/out of .* by rule 60/)
})
