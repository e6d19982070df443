import { EC2 } from '@aws-sdk/client-ec2'
import { systemClock } from '../../../kube/clock.ts'
import { formatCidr, nthSubnet, parseCidr } from '../../../net/cidr.ts'
import { ec2Limits } from '../../../providers/aws/limits.ts'
import { explainAwsWay } from '../../../providers/aws/path/explain-way.ts'
import { ApiBudget } from '../../../providers/budget.ts'
import type { ExplainWay } from '../../../providers/path.ts'
import { createEc2Simulator } from '../../simulators/ec2/ec2-simulator.ts'
import { type RunningServer, serve } from '../../simulators/http-server.ts'
import { readVpc } from '../aws/read-vpc.ts'
import { vpcFabric } from '../aws/vpc-rules.ts'
import { podRanges } from '../testing/sample-pods.ts'
import { Stage } from '../testing/stage.ts'
import { type MachineName, PathNodes, machineNames, nodeNames, pathMachines } from './path-nodes.ts'

interface Placed {
  readonly instance: string
  readonly eni: string
  readonly table: string
  readonly addresses: { readonly 4: string; readonly 6: string }
}

const must = (text: string | undefined): string => {
  if (text === undefined) throw new Error('the API left out a field')
  return text
}

/**
 * A VPC that is made by API calls and carries packets: nodes `a1` and `b1`, and `db`, which is no node, each in a subnet of
 * its own with a table of its own.
 */
export class AwsPathWorld {
  readonly ec2: EC2
  readonly nodes: PathNodes
  readonly placed: Readonly<Record<MachineName, Placed>>
  readonly stage: Stage
  readonly #vpcId: string
  readonly #server: RunningServer

  private constructor(parts: {
    ec2: EC2
    nodes: PathNodes
    placed: AwsPathWorld['placed']
    stage: Stage
    vpcId: string
    server: RunningServer
  }) {
    this.ec2 = parts.ec2
    this.nodes = parts.nodes
    this.placed = parts.placed
    this.stage = parts.stage
    this.#vpcId = parts.vpcId
    this.#server = parts.server
  }

  static async create(name: string): Promise<AwsPathWorld> {
    const server = await serve(createEc2Simulator({ buckets: 'off' }))
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
    const ec2 = new EC2({ endpoint: server.url, region: 'us-east-1', credentials, maxAttempts: 1 })
    const { Vpc } = await ec2.createVpc({ CidrBlock: '10.0.0.0/16', AmazonProvidedIpv6CidrBlock: true })
    const vpcId = must(Vpc?.VpcId)
    const v6 = must((await readVpc(ec2, vpcId)).cidrs.find((cidr) => cidr.includes(':')))
    const placed: Partial<Record<MachineName, Placed>> = {}
    for (const [index, machine] of machineNames.entries())
      placed[machine] = await place(ec2, vpcId, {
        v4: `10.0.${index + 1}.0/24`,
        v6: formatCidr(nthSubnet(parseCidr(v6), 64, BigInt(index))),
      })
    const all = placed as Record<MachineName, Placed>
    await routeAll(ec2, all)
    const fabric = vpcFabric(await readVpc(ec2, vpcId))
    const machines = pathMachines((machine) => ({
      port: all[machine].eni,
      addresses: all[machine].addresses,
    }))
    const stage = await Stage.create(name, fabric, machines)
    const providerIDs = { a1: providerId(all.a1), b1: providerId(all.b1) }
    const nodes = await PathNodes.start({ stage, providerIDs, explainWay: explainWay(ec2) })
    return new AwsPathWorld({ ec2, nodes, placed: all, stage, vpcId, server })
  }

  /** Lets packets follow what the API says now. */
  async sync(): Promise<void> {
    await this.stage.fabric.apply(vpcFabric(await readVpc(this.ec2, this.#vpcId)))
  }

  async close(): Promise<void> {
    await this.nodes.close()
    await this.stage.close()
    this.ec2.destroy()
    await this.#server.close()
  }
}

const providerId = ({ instance }: Placed): string => `aws:///us-east-1a/${instance}`

const explainWay =
  (api: EC2): ExplainWay =>
  (packet, signal) =>
    explainAwsWay({
      ec2: { api, budget: new ApiBudget({ clock: systemClock, limits: ec2Limits, share: 1 }) },
      clock: systemClock,
      attempt: (work) => work(),
    })(packet, signal)

async function place(ec2: EC2, vpcId: string, ranges: { v4: string; v6: string }): Promise<Placed> {
  const { Subnet } = await ec2.createSubnet({
    VpcId: vpcId,
    CidrBlock: ranges.v4,
    Ipv6CidrBlock: ranges.v6,
  })
  const subnet = must(Subnet?.SubnetId)
  const table = must((await ec2.createRouteTable({ VpcId: vpcId })).RouteTable?.RouteTableId)
  await ec2.associateRouteTable({ RouteTableId: table, SubnetId: subnet })
  const image = { ImageId: 'ami-0123456789abcdef0', MinCount: 1, MaxCount: 1 }
  const { Instances } = await ec2.runInstances({ ...image, SubnetId: subnet, Ipv6AddressCount: 1 })
  const eni = Instances?.[0]?.NetworkInterfaces?.[0]
  return {
    instance: must(Instances?.[0]?.InstanceId),
    eni: must(eni?.NetworkInterfaceId),
    table,
    addresses: { 4: must(eni?.PrivateIpAddress), 6: must(eni?.Ipv6Addresses?.[0]?.Ipv6Address) },
  }
}

/** As the controller does it: every pod range in the tables of the nodes, and no check. */
async function routeAll(ec2: EC2, placed: Readonly<Record<MachineName, Placed>>): Promise<void> {
  for (const node of nodeNames) {
    const check = { NetworkInterfaceId: placed[node].eni, SourceDestCheck: { Value: false } }
    await ec2.modifyNetworkInterfaceAttribute(check)
    const [v4, v6] = podRanges(node)
    for (const { table } of [placed.a1, placed.b1]) {
      const target = { RouteTableId: table, NetworkInterfaceId: placed[node].eni }
      await ec2.createRoute({ ...target, DestinationCidrBlock: v4 })
      await ec2.createRoute({ ...target, DestinationIpv6CidrBlock: v6 })
    }
  }
}
