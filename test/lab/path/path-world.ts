import { EC2 } from '@aws-sdk/client-ec2'
import { PathEndpoint } from '../../../agent/path/path-endpoint.ts'
import { readPathFacts } from '../../../agent/path/read-path-facts.ts'
import { surveyPath } from '../../../cli/doctor/path/survey-path.ts'
import type { NodeFacts } from '../../../cli/doctor/path/node-facts.ts'
import { type ExplainedPath, type Hop, type Party, brokenHop } from '../../../cli/doctor/path/path-picture.ts'
import { type TestClient, TestServer } from '../../../cni/testing/server.ts'
import { systemClock } from '../../../kube/clock.ts'
import { type Family, formatAddress, parseAddress } from '../../../net/address.ts'
import { formatCidr, nthSubnet, parseCidr } from '../../../net/cidr.ts'
import { ec2Limits } from '../../../providers/aws/limits.ts'
import { explainAwsWay } from '../../../providers/aws/path/explain-way.ts'
import { ApiBudget } from '../../../providers/budget.ts'
import type { ExaminedNode } from '../../../providers/examined.ts'
import type { ExplainWay } from '../../../providers/path.ts'
import { createEc2Simulator } from '../../simulators/ec2/ec2-simulator.ts'
import { type RunningServer, serve } from '../../simulators/http-server.ts'
import { readVpc } from '../aws/read-vpc.ts'
import { vpcFabric } from '../aws/vpc-rules.ts'
import { mustRun } from '../run.ts'
import { podAddresses, podRanges } from '../testing/sample-pods.ts'
import { Stage } from '../testing/stage.ts'

/** Nodes `a1` and `b1` in subnets of their own, each with a route table of its own, and `db`, which is no Node. */
export const machines = ['a1', 'b1', 'db'] as const
export type MachineName = (typeof machines)[number]
export type NodeName = Exclude<MachineName, 'db'>

interface Placed {
  readonly instance: string
  readonly eni: string
  readonly table: string
  readonly addresses: { readonly 4: string; readonly 6: string }
}

/** Sends one datagram to a port that nobody listens at, and waits for the refusal, or half a second. */
const sendUdp = `
  const [address, size] = process.argv.slice(1)
  const socket = require("node:dgram").createSocket("udp4")
  socket.on("error", () => process.exit())
  socket.connect(9, address, () => socket.send(Buffer.alloc(Number(size))))
  setTimeout(() => process.exit(), 500)`

const must = (text: string | undefined): string => {
  if (text === undefined) throw new Error('the API left out a field')
  return text
}

/**
 * A VPC that is made by API calls and carries packets, nodes on which the privileged half of the agent runs as it is
 * shipped, and whoever explains a packet's way by what those say.
 */
export class PathWorld {
  readonly ec2: EC2
  readonly stage: Stage
  readonly placed: Readonly<Record<MachineName, Placed>>
  readonly #vpcId: string
  readonly #server: RunningServer
  readonly #serving: Readonly<Record<NodeName, { readonly server: TestServer; readonly client: TestClient }>>

  private constructor(parts: {
    ec2: EC2
    stage: Stage
    placed: PathWorld['placed']
    vpcId: string
    server: RunningServer
    serving: Readonly<Record<NodeName, { readonly server: TestServer; readonly client: TestClient }>>
  }) {
    this.ec2 = parts.ec2
    this.stage = parts.stage
    this.placed = parts.placed
    this.#vpcId = parts.vpcId
    this.#server = parts.server
    this.#serving = parts.serving
  }

  static async create(name: string): Promise<PathWorld> {
    const server = await serve(createEc2Simulator({ buckets: 'off' }))
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
    const ec2 = new EC2({ endpoint: server.url, region: 'us-east-1', credentials, maxAttempts: 1 })
    const { Vpc } = await ec2.createVpc({ CidrBlock: '10.0.0.0/16', AmazonProvidedIpv6CidrBlock: true })
    const vpcId = must(Vpc?.VpcId)
    const v6 = must((await readVpc(ec2, vpcId)).cidrs.find((cidr) => cidr.includes(':')))
    const placed: Partial<Record<MachineName, Placed>> = {}
    for (const [index, machine] of machines.entries())
      placed[machine] = await place(ec2, vpcId, {
        v4: `10.0.${index + 1}.0/24`,
        v6: formatCidr(nthSubnet(parseCidr(v6), 64, BigInt(index))),
      })
    const all = placed as Record<MachineName, Placed>
    const state = async () => vpcFabric(await readVpc(ec2, vpcId))
    await routeAll(ec2, all)
    const stage = await Stage.create(name, await state(), [
      ...(['a1', 'b1'] as const).map((node) => ({
        name: node,
        port: all[node].eni,
        addresses: all[node].addresses,
        pod: podAddresses(node),
      })),
      { name: 'db', port: all.db.eni, addresses: all.db.addresses },
    ])
    const serving = {
      a1: await startServing(stage, 'a1'),
      b1: await startServing(stage, 'b1'),
    }
    return new PathWorld({ ec2, stage, placed: all, vpcId, server, serving })
  }

  /** Lets packets follow what the API says now. */
  async sync(): Promise<void> {
    await this.stage.fabric.apply(vpcFabric(await readVpc(this.ec2, this.#vpcId)))
  }

  /** Runs a shell's line on a node. */
  on(node: MachineName, line: string): Promise<string> {
    return mustRun(this.stage.machine(node).command(['sh', '-c', line]))
  }

  /** Runs a shell's line in a node's pod. */
  inPod(node: NodeName, line: string): Promise<string> {
    return mustRun(this.stage.machine(node).command(['sh', '-c', line], 'pod'))
  }

  /** What becomes of connections from pod to pod, IPv4 first: `ok`, `natted` or `lost`. */
  async probe(from: string, to: string): Promise<readonly string[]> {
    const found = await this.stage.probe(from, to)
    return found.map((verdict) => (verdict === 'ok' || verdict === 'natted' ? verdict : 'lost'))
  }

  /** Connects from pod to pod until it ends as expected: a busy machine may lose what would have passed. */
  async expectProbed(expected: readonly string[]): Promise<void> {
    let found: readonly string[] = []
    for (let attempt = 1; attempt <= 10; attempt++) {
      found = await this.probe('a1/pod', 'b1/pod')
      if (found.join() === expected.join()) return
    }
    throw new Error(`expected ${expected.join()}, and it was ${found.join()}`)
  }

  /** Waits until connections from pod to pod pass in both families: neighbours have to be found anew after a break. */
  async settled(): Promise<void> {
    for (let attempt = 1; (await this.probe('a1/pod', 'b1/pod')).includes('lost'); attempt++)
      if (attempt === 50) throw new Error('the break is not mended')
  }

  /** Whether an IPv4 packet of that size, which nobody may divide, comes from one pod to the other. */
  async carries(from: NodeName, to: NodeName, size: number): Promise<boolean> {
    const { 4: address } = podAddresses(to)
    const received = (): Promise<string> =>
      this.inPod(to, "grep -h '^Udp:' /proc/net/snmp | tail -1 | cut -d' ' -f3")
    const before = await received()
    await this.inPod(from, `'${process.execPath}' -e '${sendUdp}' ${address} ${size - 28}`)
    return (await received()) !== before
  }

  /** Whether anything comes to a node's pod when somebody connects to it. */
  async arrives(from: string, node: NodeName): Promise<boolean> {
    const segments = (): Promise<string> =>
      this.inPod(node, "grep -h '^Tcp:' /proc/net/snmp | cut -d' ' -f11")
    const before = await segments()
    await this.probe(from, `${node}/pod`)
    return (await segments()) !== before
  }

  node(name: NodeName): ExaminedNode {
    const { addresses, instance } = this.placed[name]
    return {
      name,
      providerID: `aws:///us-east-1a/${instance}`,
      addresses: [parseAddress(addresses[4]), parseAddress(addresses[6])],
      podCIDRs: podRanges(name).map(parseCidr),
    }
  }

  /** The pod of a node. */
  pod(name: NodeName, family: Family): Party {
    const address = parseAddress(podAddresses(name)[family])
    return { name: `pod default/${name}`, address, node: this.node(name), isHost: false }
  }

  /** Asks everybody on the way from pod to pod, as the command does. */
  explain(
    source: Party,
    destination: Party,
    explainWay: ExplainWay = this.explainWay,
  ): Promise<ExplainedPath> {
    const signal = AbortSignal.timeout(20_000)
    return surveyPath({ source, destination }, { nodeFacts: this.nodeFacts, explainWay }, signal)
  }

  /** `there b1 PodInterfaceDown`, or `passes`, of both families. */
  async broken(from: NodeName, to: NodeName): Promise<readonly string[]> {
    const paths = [
      await this.explain(this.pod(from, 4), this.pod(to, 4)),
      await this.explain(this.pod(from, 6), this.pod(to, 6)),
    ]
    return paths.map((path) => hopText(brokenHop(path)))
  }

  readonly nodeFacts: NodeFacts = async ({ addresses, name, podCIDRs }, { destination, isReply, source }) => {
    const { client } = this.#serving[name as NodeName]
    const endpoint = new PathEndpoint()
    endpoint.watch({
      node: () => ({ addresses, podCIDRs }),
      inspect: (question) => client.ask('path.inspect', question),
    })
    const [from, to] = [formatAddress(source), formatAddress(destination)]
    const { body } = await endpoint.answer(new URLSearchParams({ from, to, reply: String(isReply) }))
    return readPathFacts(JSON.parse(body), 'the answer')
  }

  readonly explainWay: ExplainWay = (packet, signal) =>
    explainAwsWay({
      ec2: { api: this.ec2, budget: new ApiBudget({ clock: systemClock, limits: ec2Limits, share: 1 }) },
      clock: systemClock,
      attempt: (work) => work(),
    })(packet, signal)

  async close(): Promise<void> {
    for (const { client, server } of Object.values(this.#serving)) {
      client.socket.destroy()
      await server.remove()
    }
    await this.stage.close()
    this.ec2.destroy()
    await this.#server.close()
  }
}

const hopText = (hop: Hop | undefined): string =>
  hop === undefined ? 'passes' : `${hop.way} ${hop.at} ${hop.finding.code}`

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
  for (const node of ['a1', 'b1'] as const) {
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

async function startServing(stage: Stage, node: NodeName) {
  const server = new TestServer()
  const { args, file } = stage.machine(node).command([])
  await server.start({ by: [file, ...args] })
  return { server, client: await server.connect() }
}
