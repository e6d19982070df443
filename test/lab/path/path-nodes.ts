import { PathEndpoint } from '../../../agent/path/path-endpoint.ts'
import { readPathFacts } from '../../../agent/path/read-path-facts.ts'
import type { NodeFacts } from '../../../cli/doctor/path/node-facts.ts'
import { type ExplainedPath, type Party, brokenHop } from '../../../cli/doctor/path/path-picture.ts'
import { surveyPath } from '../../../cli/doctor/path/survey-path.ts'
import { type TestClient, TestServer } from '../../../cni/testing/server.ts'
import { type Family, formatAddress, parseAddress } from '../../../net/address.ts'
import type { ExaminedNode } from '../../../providers/examined.ts'
import type { ExplainWay } from '../../../providers/path.ts'
import { podAddresses } from '../testing/sample-pods.ts'
import type { Stage } from '../testing/stage.ts'

export type PathNodeName = 'a1' | 'b1'

interface Serving {
  readonly server: TestServer
  readonly client: TestClient
}

export interface PathNodesParts {
  /** With the nodes, and a pod on each. */
  readonly stage: Stage
  readonly nodes: Readonly<Record<PathNodeName, ExaminedNode>>
  readonly explainWay: ExplainWay
}

/**
 * Nodes `a1` and `b1` of any cloud, on which the privileged half of the agent runs as it is shipped, and whoever explains a
 * packet's way by what those and the cloud say.
 */
export class PathNodes {
  readonly #parts: PathNodesParts
  readonly #serving: Readonly<Record<PathNodeName, Serving>>

  private constructor(parts: PathNodesParts, serving: Readonly<Record<PathNodeName, Serving>>) {
    this.#parts = parts
    this.#serving = serving
  }

  static async start(parts: PathNodesParts): Promise<PathNodes> {
    const start = async (node: PathNodeName): Promise<Serving> => {
      const server = new TestServer()
      const { args, file } = parts.stage.machine(node).command([])
      await server.start({ by: [file, ...args] })
      return { server, client: await server.connect() }
    }
    return new PathNodes(parts, { a1: await start('a1'), b1: await start('b1') })
  }

  /** Connects from pod to pod until it ends as expected, IPv4 first: a busy machine may lose what would have passed. */
  async expectProbed(expected: readonly ('ok' | 'lost')[]): Promise<void> {
    let found: readonly string[] = []
    for (let attempt = 1; attempt <= 10; attempt++) {
      found = (await this.#parts.stage.probe('a1/pod', 'b1/pod')).map((verdict) =>
        verdict === 'ok' ? verdict : 'lost',
      )
      if (found.join() === expected.join()) return
    }
    throw new Error(`expected ${expected.join()}, and it was ${found.join()}`)
  }

  /** Asks everybody on the way from pod to pod, as the command does. */
  explain(from: PathNodeName, to: PathNodeName, family: Family): Promise<ExplainedPath> {
    const { explainWay } = this.#parts
    const parties = { source: this.#pod(from, family), destination: this.#pod(to, family) }
    return surveyPath(parties, { nodeFacts: this.#nodeFacts, explainWay }, AbortSignal.timeout(60_000))
  }

  /** `there b1 PodInterfaceDown`, or `passes`, of both families. */
  async broken(from: PathNodeName, to: PathNodeName): Promise<readonly string[]> {
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

  #pod(name: PathNodeName, family: Family): Party {
    const address = parseAddress(podAddresses(name)[family])
    return { name: `pod default/${name}`, address, node: this.#parts.nodes[name], isHost: false }
  }

  readonly #nodeFacts: NodeFacts = async (
    { addresses, name, podCIDRs },
    { destination, isReply, source },
  ) => {
    const { client } = this.#serving[name as PathNodeName]
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
