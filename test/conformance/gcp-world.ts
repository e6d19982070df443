import { systemClock } from '../../kube/clock.ts'
import { type Cidr, compareCidrs, formatCidr } from '../../net/cidr.ts'
import { type GceClient, createGceClient } from '../../providers/gcp/client.ts'
import { type GcpProviderOptions, gcpProvider } from '../../providers/gcp/gcp-provider.ts'
import type { RouteProvider } from '../../providers/provider.ts'
import type { Table, Target } from '../../providers/route.ts'
import type { Authorizer } from '../../providers/gcp/transport.ts'
import type { Call } from '../simulators/gce/call-log.ts'
import {
  type GceSimulator,
  type GceSimulatorOptions,
  createGceSimulator,
} from '../simulators/gce/gce-simulator.ts'
import type { Instance } from '../simulators/gce/state.ts'
import { serve } from '../simulators/http-server.ts'
import { ampleBudget } from './ample-budget.ts'
import { faultOf, methodOf } from './gcp-failures.ts'
import type { ProviderWorld, WorldNode } from './provider-world.ts'

/** The conformance world, and what a test of Google's own rules needs besides. */
export interface GcpWorld extends ProviderWorld {
  readonly simulator: GceSimulator
  readonly clusterName: string
  readonly project: string
  /** The provider's own client. */
  readonly client: GceClient
  /** Another provider beside the world's own, with the same client, cluster and networks. */
  providerWith(options: Partial<GcpProviderOptions>): RouteProvider
  /** The calls of that method so far, by podway. */
  callsOf(method: string): readonly Call[]
  /** Someone else makes a route as Google's API has it. */
  insertRoute(route: Readonly<Record<string, unknown>>): Promise<void>
}

/** Of the provider's client; everybody else has another one. */
export const podwayToken = 'podway'

export const tokenAuthorizer = (token: string): Authorizer => ({
  headers: () => Promise.resolve(new Map([['authorization', `Bearer ${token}`]])),
  refused: () => undefined,
})

const zone = 'europe-west1-b'
const region = 'europe-west1'

/**
 * One project before a strict simulator of its own. Networks are tables: each gets a subnet of both families when it is
 * needed, and a node has an interface in every network that there is when it comes.
 */
export async function createGcpWorld(
  options: GceSimulatorOptions & {
    readonly requestTimeoutMs?: number
    /** Of every subnet: name to range. */
    readonly secondary?: Readonly<Record<string, string>>
  } = {},
): Promise<GcpWorld> {
  const { requestTimeoutMs, secondary = {} } = options
  const project = 'conformance'
  const simulator = createGceSimulator({ ...options, zones: [zone, 'europe-west1-c'] })
  const { estate } = simulator
  estate.addProject(project)
  const server = await serve(simulator)
  const clientOf = (token: string): Promise<GceClient> =>
    createGceClient({
      authorizer: tokenAuthorizer(token),
      endpoint: server.url,
      ...(requestTimeoutMs === undefined ? {} : { requestTimeoutMs }),
    })
  const client = await clientOf(podwayToken)
  const clusterName = `conformance-${crypto.randomUUID()}`

  const networks: string[] = []
  /** Those of the networks that were not removed. */
  const there = new Set<string>()
  /** By network, of those that have one. */
  const subnetworks = new Map<string, string>()
  const nodesNetwork = estate.addNetwork(project, 'nodes')
  let subnets = 0
  const addSubnetwork = (network: string): string =>
    estate.addSubnetwork({
      network,
      name: `s${subnets}`,
      region,
      range: `10.0.${subnets++}.0/24`,
      ipv6: `fd20:0:0:${subnets.toString(16)}::/64`,
      secondary,
    })
  const base = addSubnetwork(nodesNetwork)
  const subnetworkOf = (network: string): string => {
    const made = subnetworks.get(network) ?? addSubnetwork(network)
    subnetworks.set(network, made)
    return made
  }

  const send = async (method: string, path: string, body?: object): Promise<void> => {
    const answer = await fetch(`${server.url}/compute/v1/projects/${project}/${path}`, {
      method,
      headers: { authorization: 'Bearer somebody' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`)
  }
  const insertRoute: GcpWorld['insertRoute'] = async (route) => {
    await send('POST', 'global/routes', route)
    // Any request settles what is due.
    await send('GET', 'global/networks')
  }

  const providerWith = (wanted: Partial<GcpProviderOptions>): RouteProvider =>
    gcpProvider({
      gce: client.api,
      budget: ampleBudget(),
      // Google's rates are counted by minutes: here each is about to end, so that nothing waits for it.
      clock: { ...systemClock, now: () => 59_999 },
      clusterName,
      // The provider sees those that are added later too.
      networks,
      instanceProject: project,
      ...wanted,
    })
  let foreign = 0
  const gateway = `projects/${project}/global/gateways/default-internet-gateway`
  const ofPodway = (): readonly Call[] => simulator.calls.filter(({ token }) => token === podwayToken)

  return {
    simulator,
    clusterName,
    project,
    client,
    provider: providerWith({}),
    providerWith,
    serve({ id }) {
      const { ipv6, range, secondaryRanges } = estate.subnetwork(subnetworkOf(id))
      const all = [range, ...secondaryRanges.map((one) => one.range), ...(ipv6 === undefined ? [] : [ipv6])]
      return Promise.resolve(all.toSorted(compareCidrs))
    },
    callsOf: (method) => ofPodway().filter((call) => call.method === method),
    insertRoute,
    addTable(name): Promise<Table> {
      const id = estate.addNetwork(project, name)
      networks.push(id)
      there.add(id)
      return Promise.resolve({ id, name })
    },
    removeTable(table) {
      there.delete(table.id)
      estate.removeNetwork(table.id)
      return Promise.resolve()
    },
    addNode(name) {
      const instance = estate.addInstance({
        project,
        zone,
        name,
        subnetworks: there.size === 0 ? [base] : [...there].map(subnetworkOf),
      })
      return Promise.resolve(nodeOf(name, instance))
    },
    terminate(node) {
      estate.removeInstance(node.target.id)
      return Promise.resolve()
    },
    unknownProviderID: () => `gce://${project}/${zone}/never-was`,
    async addForeignRoute(table, destination) {
      await insertRoute({
        name: `foreign-${foreign++}`,
        network: table.id,
        destRange: formatCidr(destination),
        priority: 1000,
        nextHopGateway: gateway,
      })
      return { destination, target: { kind: 'other', id: gateway } }
    },
    async stealRoute(table, destination, { target }) {
      estate.removeRoutes(table.id, destination)
      await insertRoute(stolen(`stolen-${foreign++}`, table, destination, target))
    },
    forwards: ({ target }) => Promise.resolve(estate.instance(target.id).canIpForward),
    writes: () => ofPodway().filter(({ method }) => /insert|delete|update/.test(method)).length,
    failNext(call, failure) {
      simulator.faults.inject({
        method: methodOf[call],
        fault: faultOf[failure],
      })
    },
    async close() {
      await client.close()
      await server.close()
    },
  }
}

const stolen = (
  name: string,
  table: Table,
  destination: Cidr,
  target: Target,
): object & Record<string, unknown> => ({
  name,
  network: table.id,
  destRange: formatCidr(destination),
  priority: 1000,
  nextHopInstance: target.id,
})

export function nodeOf(name: string, instance: Instance): WorldNode {
  const [nic] = instance.interfaces
  if (nic === undefined) throw new Error(`${instance.path} has no interface`)
  const [, project = '', , zoneName = ''] = instance.path.split('/')
  const providerID = `gce://${project}/${zoneName}/${instance.name}`
  const addresses = [nic.address, ...(nic.ipv6 === undefined ? [] : [nic.ipv6])]
  return { target: { kind: 'instance', id: instance.path }, view: { name, providerID, addresses } }
}
