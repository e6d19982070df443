import { EC2, type IpPermission } from '@aws-sdk/client-ec2'
import { vi } from 'vitest'
import type { NodeDraft } from '../../../reconciler/testing/cluster.ts'
import { type Ec2Simulator, createEc2Simulator } from '../../../test/simulators/ec2/ec2-simulator.ts'
import { must } from '../../../test/simulators/ec2/sdk-fixture.ts'
import { serve } from '../../../test/simulators/http-server.ts'
import type { Simulator } from '../../../test/simulators/simulator.ts'
import { clusterName, openClusterWorld } from './cluster-world.ts'

const region = 'eu-central-1'
/** Of the program; the world itself has another one. */
const programKey = 'PODWAY'

export interface AwsNode {
  readonly name: string
  readonly instanceId: string
  readonly interfaceId: string
}

export interface AwsWorldOptions {
  /** Which dry runs are carried out, as by an emulator that does not know them. */
  readonly executesDryRuns?: 'none' | 'all' | 'writes'
  /** Of another EC2 API than the simulator's, which is left out then. */
  readonly ec2Url?: string
}

export type AwsWorld = Awaited<ReturnType<typeof openAwsWorld>>

/**
 * A cluster and its VPC in which all is well, made through the APIs as anyone would; the command is run as a command line,
 * with a kubeconfig and AWS's variables, and reaches both by sockets.
 *
 * Two subnets follow one table, which has the cluster's tag; node-a and node-b are in them, with the check off, in a group
 * that lets the pools in.
 */
export async function openAwsWorld({ ec2Url, executesDryRuns = 'none' }: AwsWorldOptions = {}) {
  const simulator = createEc2Simulator({ buckets: 'off', region })
  const server =
    ec2Url === undefined
      ? await serve(forgetting(executesDryRuns, simulator))
      : { url: ec2Url, close: () => Promise.resolve() }
  const world = await openClusterWorld('aws')
  stubEnvironment(server.url)
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const ec2 = new EC2({ endpoint: server.url, region, credentials })
  const network = await makeNetwork(ec2)

  const setCheck = async (NetworkInterfaceId: string, Value: boolean): Promise<void> =>
    void (await ec2.modifyNetworkInterfaceAttribute({ NetworkInterfaceId, SourceDestCheck: { Value } }))
  const setGroups = async (NetworkInterfaceId: string, ...Groups: string[]): Promise<void> =>
    void (await ec2.modifyNetworkInterfaceAttribute({ NetworkInterfaceId, Groups }))
  const addRoute = async (destination: string, { interfaceId }: AwsNode): Promise<void> =>
    void (await ec2.createRoute({
      RouteTableId: network.tableId,
      [destination.includes(':') ? 'DestinationIpv6CidrBlock' : 'DestinationCidrBlock']: destination,
      NetworkInterfaceId: interfaceId,
    }))
  const addNode = async (name: string, subnetId: string, draft: NodeDraft = {}): Promise<AwsNode> => {
    const { Instances } = await ec2.runInstances({
      ...{ ImageId: 'ami-0123456789abcdef0', InstanceType: 'm5.large', MinCount: 1, MaxCount: 1 },
      NetworkInterfaces: [{ DeviceIndex: 0, SubnetId: subnetId, Groups: [network.groupId] }],
    })
    const [instance] = must(Instances)
    const instanceId = must(instance?.InstanceId)
    const interfaceId = must(instance?.NetworkInterfaces?.[0]?.NetworkInterfaceId)
    await setCheck(interfaceId, false)
    world.cluster.addNode(name, {
      providerID: `aws:///${region}a/${instanceId}`,
      addresses: [must(instance?.PrivateIpAddress)],
      ...draft,
    })
    return { name, instanceId, interfaceId }
  }
  const a = await addNode('node-a', network.subnetA, { podCIDRs: ['10.244.0.0/24', 'fd00:10:244::/64'] })
  const b = await addNode('node-b', network.subnetB, { podCIDRs: ['10.244.1.0/24', 'fd00:10:244:1::/64'] })

  return {
    ...world,
    ec2,
    simulator,
    ...network,
    a,
    b,
    setCheck,
    setGroups,
    addRoute,
    addNode,
    /** The program's own calls to EC2. */
    calls: () => programCalls(simulator),
    async close(): Promise<void> {
      vi.unstubAllEnvs()
      ec2.destroy()
      await server.close()
      await world.close()
    },
  }
}

function forgetting(
  which: NonNullable<AwsWorldOptions['executesDryRuns']>,
  simulator: Ec2Simulator,
): Simulator {
  return {
    handle(request, now) {
      const form = new URLSearchParams(request.body)
      const isRead = form.get('Action')?.startsWith('Describe') === true
      if (which === 'all' || (which === 'writes' && !isRead)) form.delete('DryRun')
      return simulator.handle({ ...request, body: form.toString() }, now)
    },
  }
}

const programCalls = ({ calls }: Ec2Simulator) =>
  calls.filter(({ accessKeyId }) => accessKeyId === programKey)

function stubEnvironment(endpoint: string): void {
  vi.stubEnv('AWS_ENDPOINT_URL_EC2', endpoint)
  vi.stubEnv('AWS_REGION', region)
  vi.stubEnv('AWS_PROFILE', undefined)
  vi.stubEnv('AWS_ACCESS_KEY_ID', programKey)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
  for (const name of ['NO_PROXY', 'no_proxy']) vi.stubEnv(name, '127.0.0.1')
}

async function makeNetwork(ec2: EC2) {
  const vpc = await ec2.createVpc({ CidrBlock: '10.0.0.0/16', AmazonProvidedIpv6CidrBlock: true })
  const vpcId = must(vpc.Vpc?.VpcId)
  const newSubnet = async (CidrBlock: string): Promise<string> =>
    must((await ec2.createSubnet({ VpcId: vpcId, CidrBlock })).Subnet?.SubnetId)
  const newTable = async (tagged: boolean): Promise<string> => {
    const Tags = [{ Key: `kubernetes.io/cluster/${clusterName}`, Value: 'shared' }]
    const made = await ec2.createRouteTable({
      VpcId: vpcId,
      ...(tagged ? { TagSpecifications: [{ ResourceType: 'route-table' as const, Tags }] } : {}),
    })
    return must(made.RouteTable?.RouteTableId)
  }
  const associate = async (RouteTableId: string, SubnetId: string): Promise<void> =>
    void (await ec2.associateRouteTable({ RouteTableId, SubnetId }))
  const newGroup = async (GroupName: string, ...IpPermissions: IpPermission[]): Promise<string> => {
    const { GroupId } = await ec2.createSecurityGroup({ VpcId: vpcId, GroupName, Description: 'x' })
    if (IpPermissions.length > 0) await ec2.authorizeSecurityGroupIngress({ GroupId, IpPermissions })
    return must(GroupId)
  }
  const [subnetA, subnetB] = [await newSubnet('10.0.1.0/24'), await newSubnet('10.0.2.0/24')]
  const tableId = await newTable(true)
  await associate(tableId, subnetA)
  await associate(tableId, subnetB)
  const groupId = await newGroup('nodes', {
    IpProtocol: '-1',
    IpRanges: [{ CidrIp: '10.244.0.0/16' }],
    Ipv6Ranges: [{ CidrIpv6: 'fd00:10:244::/56' }],
  })
  return { vpcId, subnetA, subnetB, tableId, groupId, newSubnet, newTable, newGroup, associate }
}
