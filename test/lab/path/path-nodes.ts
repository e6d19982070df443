import { PathEndpoint } from '../../../agent/path/path-endpoint.ts'
import { readPathFacts } from '../../../agent/path/read-path-facts.ts'
import type { NodeFacts } from '../../../cli/doctor/path/node-facts.ts'
import { type ExplainedPath, type Party, brokenHop } from '../../../cli/doctor/path/path-picture.ts'
import { surveyPath } from '../../../cli/doctor/path/survey-path.ts'
import type { NodeRules } from '../../../cni/serve/protocol.ts'
import { type TestClient, TestServer } from '../../../cni/testing/server.ts'
import { type Family, formatAddress, parseAddress } from '../../../net/address.ts'
import { parseCidr } from '../../../net/cidr.ts'
import type { ExplainWay } from '../../../providers/path.ts'
import { mustRun } from '../run.ts'
import { podAddresses, podRanges } from '../testing/sample-pods.ts'
import type { Stage, StageMachine } from '../testing/stage.ts'

export const nodeNames = ['a1', 'b1'] as const
export type NodeName = (typeof nodeNames)[number]
/** Nodes in subnets of their own, and `db`, which is none. */
export const machineNames = [...nodeNames, 'db'] as const
export type MachineName = (typeof machineNames)[number]

/** From pod to pod, IPv4 first. */
export type Probed = readonly ('ok' | 'natted' | 'lost')[]
export const passes: Probed = ['ok', 'ok']
export const lost: Probed = ['lost', 'lost']
export const only4: Probed = ['ok', 'lost']
export const only6: Probed = ['lost', 'ok']
/** What {@link PathNodes.broken} says of a way that is whole. */
export const healthy: readonly string[] = ['passes', 'passes']

interface Serving {
  readonly server: TestServer
  readonly client: TestClient
}

export interface PathNodesParts {
  /** With the nodes, and a pod on each. */
  readonly stage: Stage
  readonly providerIDs: Readonly<Record<NodeName, string>>
  readonly explainWay: ExplainWay
}

/** Sends one datagram to a port that nobody listens at, and waits for the refusal, or half a second. */
const sendUdp = `
  const [address, size] = process.argv.slice(1)
  const socket = require("node:dgram").createSocket("udp4")
  socket.on("error", () => process.exit())
  socket.connect(9, address, () => socket.send(Buffer.alloc(Number(size))))
  setTimeout(() => process.exit(), 500)`

/**
 * Nodes `a1` and `b1` of any cloud, on which the privileged half of the agent runs as it is shipped, and whoever explains a
 * packet's way by what those and the cloud say.
 */
export class PathNodes {
  readonly #parts: PathNodesParts
  readonly #serving: Readonly<Record<NodeName, Serving>>

  private constructor(parts: PathNodesParts, serving: Readonly<Record<NodeName, Serving>>) {
    this.#parts = parts
    this.#serving = serving
  }

  static async start(parts: PathNodesParts): Promise<PathNodes> {
    const start = async (node: NodeName): Promise<Serving> => {
      const server = new TestServer()
      const { args, file } = parts.stage.machine(node).command([])
      await server.start({ by: [file, ...args] })
      return { server, client: await server.connect() }
    }
    return new PathNodes(parts, { a1: await start('a1'), b1: await start('b1') })
  }

  /** The network namespace of a node. */
  namespace(node: NodeName): string {
    return this.#parts.stage.machine(node).name
  }

  /** Runs a shell's line on a node. */
  on(node: NodeName, line: string): Promise<string> {
    return mustRun(this.#parts.stage.machine(node).command(['sh', '-c', line]))
  }

  /** Runs a shell's line in a node's pod. */
  inPod(node: NodeName, line: string): Promise<string> {
    return mustRun(this.#parts.stage.machine(node).command(['sh', '-c', line], 'pod'))
  }

  /** Lays the node's own rules, as the agent does. */
  async setRules(node: NodeName, rules: NodeRules): Promise<void> {
    await this.#serving[node].client.ask('rules.set', rules)
  }

  /**
   * Connects from pod to pod until it ends as expected, IPv4 first: a busy machine may lose what would have passed, and
   * neighbours have to be found anew after a break.
   */
  async expectProbed(expected: Probed): Promise<void> {
    let found: Probed = []
    for (let attempt = 1; attempt <= 50; attempt++) {
      found = await this.#probe('a1/pod', 'b1/pod')
      if (found.join() === expected.join()) return
    }
    throw new Error(`expected ${expected.join()}, and it was ${found.join()}`)
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
    await this.#probe(from, `${node}/pod`)
    return (await segments()) !== before
  }

  /** The pod of a node. */
  pod(name: NodeName, family: Family): Party {
    const { addresses } = this.#parts.stage.endpoint(name)
    const node = {
      name,
      providerID: this.#parts.providerIDs[name],
      addresses: Object.values(addresses).map(parseAddress),
      podCIDRs: podRanges(name).map(parseCidr),
    }
    return {
      name: `pod default/${name}`,
      address: parseAddress(podAddresses(name)[family]),
      node,
      isHost: false,
    }
  }

  /** Asks everybody on the way from pod to pod, as the command does. */
  explain(from: NodeName, to: NodeName, family: Family): Promise<ExplainedPath> {
    return this.explainBetween(this.pod(from, family), this.pod(to, family))
  }

  /** Asks everybody on the way, as the command does. */
  explainBetween(source: Party, destination: Party): Promise<ExplainedPath> {
    const { explainWay } = this.#parts
    const signal = AbortSignal.timeout(60_000)
    return surveyPath({ source, destination }, { nodeFacts: this.#nodeFacts, explainWay }, signal)
  }

  /** `there b1 PodInterfaceDown`, or `passes`, of both families. */
  async broken(from: NodeName, to: NodeName): Promise<readonly string[]> {
    const paths = [await this.explain(from, to, 4), await this.explain(from, to, 6)]
    return paths.map((path) => {
      const hop = brokenHop(path)
      return hop === undefined ? 'passes' : `${hop.way} ${hop.at} ${hop.finding.code}`
    })
  }

  async close(): Promise<void> {
    for (const { client, server } of Object.values(this.#serving)) {
      client.socket.destroy()
      await server.remove()
    }
  }

  async #probe(from: string, to: string): Promise<Probed> {
    const found = await this.#parts.stage.probe(from, to)
    return found.map((verdict) => (verdict === 'ok' || verdict === 'natted' ? verdict : 'lost'))
  }

  readonly #nodeFacts: NodeFacts = async (
    { addresses, name, podCIDRs },
    { destination, isReply, source },
  ) => {
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
}

/** The machines of a stage: the nodes have a pod each. @param placed where the cloud has put a machine */
export const pathMachines = (
  placed: (name: MachineName) => Pick<StageMachine, 'port' | 'addresses'>,
): readonly StageMachine[] =>
  machineNames.map((name) => {
    const { addresses, port } = placed(name)
    return { name, port, addresses, ...(name === 'db' ? {} : { pod: podAddresses(name) }) }
  })
