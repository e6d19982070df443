import { systemClock } from '../../../kube/clock.ts'
import { formatAddress } from '../../../net/address.ts'
import { parseCidr } from '../../../net/cidr.ts'
import { ApiBudget } from '../../../providers/budget.ts'
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
import { podRanges } from '../testing/sample-pods.ts'
import { Stage, type StageMachine } from '../testing/stage.ts'
import { type MachineName, PathNodes, nodeNames, pathMachines } from './path-nodes.ts'

const [project, zone, region] = ['p', 'europe-west1-b', 'europe-west1']

interface Parts {
  readonly simulator: GceSimulator
  readonly server: RunningServer
  readonly client: GceClient
  readonly rest: RestClient
  readonly stage: Stage
  readonly network: string
  readonly instances: Readonly<Record<MachineName, Instance>>
  readonly nodes: PathNodes
}

/**
 * A VPC network of Google Cloud that carries packets as its API tells of it: nodes `a1` and `b1` in subnets of their own, and
 * `db`, which is no node, has the subnet of `b1`, and may not forward. Pods' IPv4 ranges are static routes, or alias ranges;
 * those of IPv6 are routes always.
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
      pathMachines((which) => ({
        port: portOf({ instance: instances[which].path, name: 'nic0' }),
        addresses: addressesOf(instances[which]),
      })),
    )
    const providerIDs = { a1: `gce://${project}/${zone}/a1`, b1: `gce://${project}/${zone}/b1` }
    const nodes = await PathNodes.start({ stage, providerIDs, explainWay: explainWay(client, network) })
    return new GcpPathWorld({ simulator, server, client, rest, stage, network, instances, nodes })
  }

  get estate() {
    return this.#parts.simulator.estate
  }

  get nodes(): PathNodes {
    return this.#parts.nodes
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

  async close(): Promise<void> {
    const { client, nodes, rest, server, stage } = this.#parts
    await nodes.close()
    await stage.close()
    await client.close()
    await rest.close()
    await server.close()
  }
}

const explainWay =
  ({ api }: GceClient, network: string): ExplainWay =>
  (packet, signal) => {
    const budget = new ApiBudget({ clock: systemClock, limits: gceLimits, share: 1 })
    return explainGcpWay({
      gce: { api, budget, clock: systemClock },
      instanceProject: project,
      networks: [network],
      attempt: (work) => work(),
    })(packet, signal)
  }

function addressesOf({ interfaces, name }: Instance): StageMachine['addresses'] {
  const [nic] = interfaces
  if (nic?.ipv6 === undefined) throw new Error(`${name} has no address of IPv6`)
  return { 4: formatAddress(nic.address), 6: formatAddress(nic.ipv6) }
}

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
