import { PathEndpoint } from '../../../agent/path/path-endpoint.ts'
import { readPathFacts } from '../../../agent/path/read-path-facts.ts'
import type { NodeFacts } from '../../../cli/doctor/path/node-facts.ts'
import { type ExplainedPath, type Party, brokenHop } from '../../../cli/doctor/path/path-picture.ts'
import { surveyPath } from '../../../cli/doctor/path/survey-path.ts'
import { type TestClient, TestServer } from '../../../cni/testing/server.ts'
import { systemClock } from '../../../kube/clock.ts'
import { type Family, formatAddress, parseAddress } from '../../../net/address.ts'
import { parseCidr } from '../../../net/cidr.ts'
import { ApiBudget } from '../../../providers/budget.ts'
import type { ExaminedNode } from '../../../providers/examined.ts'
import { type GceClient, createGceClient } from '../../../providers/gcp/client.ts'
import { gceLimits } from '../../../providers/gcp/limits.ts'
import { explainGcpWay } from '../../../providers/gcp/path/explain-way.ts'
import type { ExplainWay } from '../../../providers/path.ts'
import { type GceSimulator, createGceSimulator } from '../../simulators/gce/gce-simulator.ts'
import type { Instance } from '../../simulators/gce/state.ts'
import { type RunningServer, serve } from '../../simulators/http-server.ts'
import { networkFabric } from '../gcp/network-rules.ts'
import { portOf } from '../gcp/network-state.ts'
import { readNetwork } from '../gcp/read-network.ts'
import { RestClient } from '../rest-client.ts'
import { podAddresses, podRanges } from '../testing/sample-pods.ts'
import { Stage, type StageMachine } from '../testing/stage.ts'

const [project, zone, region] = ['p', 'europe-west1-b', 'europe-west1']

/** `a1` and `b1` are Nodes in subnets of their own; `db` is none, has the subnet of `b1`, and may not forward. */
const machines = ['a1', 'b1', 'db'] as const
export type MachineName = (typeof machines)[number]
export type NodeName = Exclude<MachineName, 'db'>
export const nodeNames = ['a1', 'b1'] as const

interface Serving {
  readonly server: TestServer
  readonly client: TestClient
}

interface Parts {
  readonly simulator: GceSimulator
  readonly server: RunningServer
  readonly client: GceClient
  readonly rest: RestClient
  readonly stage: Stage
  readonly network: string
  readonly instances: Readonly<Record<MachineName, Instance>>
  readonly serving: Readonly<Record<NodeName, Serving>>
}

/**
 * A VPC network of Google Cloud that carries packets as its API tells of it, nodes on which the privileged half of the agent
 * runs as it is shipped, and whoever explains a packet's way by what those say. Pods' IPv4 ranges are static routes, or alias
 * ranges; those of IPv6 are routes always.
 */
export class GcpPathWorld {
  readonly #parts: Parts

  private constructor(parts: Parts) {
    this.#parts = parts
  }

  static async create(name: string, mode: 'routes' | 'alias-ip'): Promise<GcpPathWorld> {
    const simulator = createGceSimulator({ rates: 'off', zones: [zone] })
    const server = await serve(simulator)
    const client = await createGceClient({
      authorizer: {
        headers: () => Promise.resolve(new Map([['authorization', 'Bearer podway']])),
        refused: () => undefined,
      },
      endpoint: server.url,
    })
    const rest = new RestClient({ url: server.url, token: 'lab' })
    const { estate } = simulator
    estate.addProject(project)
    const network = estate.addNetwork(project, 'net')
    const subnet = (which: string, number: number): string =>
      estate.addSubnetwork({
        ...{ network, name: which, region, range: `10.0.${number}.0/24`, ipv6: `fd20:0:0:${number}::/64` },
        secondary: mode === 'alias-ip' ? { pods: `10.244.${number * 2 - 2}.0/23` } : {},
      })
    const [a, b] = [subnet('a', 1), subnet('b', 2)]
    const machine = (which: MachineName, subnetwork: string): Instance =>
      estate.addInstance({
        ...{ project, zone, name: which, subnetworks: [subnetwork], canIpForward: which !== 'db' },
        aliases:
          mode === 'alias-ip' && which !== 'db' ? [{ range: podRanges(which)[0], rangeName: 'pods' }] : [],
      })
    const instances = { a1: machine('a1', a), b1: machine('b1', b), db: machine('db', b) }
    for (const node of nodeNames)
      for (const range of podRanges(node).slice(mode === 'alias-ip' ? 1 : 0))
        await insertRoute(rest, network, range, instances[node])
    const stage = await Stage.create(
      name,
      networkFabric(await readNetwork(rest, project, 'net')),
      machines.map((which) => stageMachine(which, instances[which])),
    )
    const serving = { a1: await startServing(stage, 'a1'), b1: await startServing(stage, 'b1') }
    return new GcpPathWorld({ simulator, server, client, rest, stage, network, instances, serving })
  }

  get estate() {
    return this.#parts.simulator.estate
  }

  get stage(): Stage {
    return this.#parts.stage
  }

  instance(name: MachineName): Instance {
    return this.#parts.instances[name]
  }

  /** Lets packets follow what the API says now. */
  async sync(): Promise<void> {
    const { rest, stage } = this.#parts
    await stage.fabric.apply(networkFabric(await readNetwork(rest, project, 'net')))
  }

  /** By the API, as anybody may. */
  async addRoute(range: string, to: MachineName, more: object = {}): Promise<void> {
    const { instances, network, rest } = this.#parts
    await insertRoute(rest, network, range, instances[to], more)
  }

  /** All static routes to the range, whoever made them. */
  removeRoutes(range: string): void {
    this.estate.removeRoutes(this.#parts.network, parseCidr(range))
  }

  /** What becomes of connections from pod to pod, IPv4 first: `ok`, `natted` or `lost`. */
  async probe(): Promise<readonly string[]> {
    const found = await this.stage.probe('a1/pod', 'b1/pod')
    return found.map((verdict) => (verdict === 'ok' || verdict === 'natted' ? verdict : 'lost'))
  }

  /** Connects from pod to pod until it ends as expected: a busy machine may lose what would have passed. */
  async expectProbed(expected: readonly string[]): Promise<void> {
    let found: readonly string[] = []
    for (let attempt = 1; attempt <= 50; attempt++) {
      found = await this.probe()
      if (found.join() === expected.join()) return
    }
    throw new Error(`expected ${expected.join()}, and it was ${found.join()}`)
  }

  /** Asks everybody on the way from pod to pod, as the command does. */
  explain(family: Family): Promise<ExplainedPath> {
    const asker = { nodeFacts: this.#nodeFacts, explainWay: this.#explainWay }
    const ends = {
      source: pod('a1', family, this.#node('a1')),
      destination: pod('b1', family, this.#node('b1')),
    }
    return surveyPath(ends, asker, AbortSignal.timeout(20_000))
  }

  /** `there cloud CloudRouteMissing`, or `passes`, of both families. */
  async broken(): Promise<readonly string[]> {
    const paths = [await this.explain(4), await this.explain(6)]
    return paths.map((path) => {
      const hop = brokenHop(path)
      return hop === undefined ? 'passes' : `${hop.way} ${hop.at} ${hop.finding.code}`
    })
  }

  async close(): Promise<void> {
    const { client, rest, server, serving, stage } = this.#parts
    for (const one of Object.values(serving)) {
      one.client.socket.destroy()
      await one.server.remove()
    }
    await stage.close()
    await client.close()
    await rest.close()
    await server.close()
  }

  #node(name: NodeName): ExaminedNode {
    const addresses = addressesOf(this.instance(name))
    return {
      name,
      providerID: `gce://${project}/${zone}/${name}`,
      addresses: [addresses[4], addresses[6]].map(parseAddress),
      podCIDRs: podRanges(name).map(parseCidr),
    }
  }

  readonly #nodeFacts: NodeFacts = async (
    { addresses, name, podCIDRs },
    { destination, isReply, source },
  ) => {
    const { client } = this.#parts.serving[name as NodeName]
    const endpoint = new PathEndpoint()
    endpoint.watch({
      node: () => ({ addresses, podCIDRs }),
      inspect: (question) => client.ask('path.inspect', question),
    })
    const [from, to] = [formatAddress(source), formatAddress(destination)]
    const { body } = await endpoint.answer(new URLSearchParams({ from, to, reply: String(isReply) }))
    return readPathFacts(JSON.parse(body), 'the answer')
  }

  readonly #explainWay: ExplainWay = (packet, signal) => {
    const budget = new ApiBudget({ clock: systemClock, limits: gceLimits, share: 1 })
    return explainGcpWay({
      gce: { api: this.#parts.client.api, budget, clock: systemClock },
      instanceProject: project,
      networks: [this.#parts.network],
      attempt: (work) => work(),
    })(packet, signal)
  }
}

const pod = (name: NodeName, family: Family, node: ExaminedNode): Party => ({
  name: `pod default/${name}`,
  address: parseAddress(podAddresses(name)[family]),
  node,
  isHost: false,
})

function addressesOf({ interfaces, name }: Instance): StageMachine['addresses'] {
  const [nic] = interfaces
  if (nic?.ipv6 === undefined) throw new Error(`${name} has no address of IPv6`)
  return { 4: formatAddress(nic.address), 6: formatAddress(nic.ipv6) }
}

const stageMachine = (name: MachineName, instance: Instance): StageMachine => ({
  name,
  port: portOf({ instance: instance.path, name: 'nic0' }),
  addresses: addressesOf(instance),
  ...(name === 'db' ? {} : { pod: podAddresses(name) }),
})

let routes = 0
async function insertRoute(
  rest: RestClient,
  network: string,
  destRange: string,
  to: Instance,
  more: object = {},
): Promise<void> {
  const body = { name: `r${routes++}`, network, destRange, nextHopInstance: to.path, ...more }
  await rest.send('POST', `/compute/v1/projects/${project}/global/routes`, body)
}

async function startServing(stage: Stage, node: NodeName): Promise<Serving> {
  const server = new TestServer()
  const { args, file } = stage.machine(node).command([])
  await server.start({ by: [file, ...args] })
  return { server, client: await server.connect() }
}
