import {
  type ComputeCallOptions,
  type ComputeClientOptions,
  GlobalOperationsClient,
  InstancesClient,
  NetworksClient,
  ProjectsClient,
  RoutersClient,
  RoutesClient,
  SubnetworksClient,
  ZoneOperationsClient,
} from './compute-sdk.js'
import type { CallOptions, GceApi } from './gce-api.ts'
import { openSender } from './sender.ts'
import { type Authorizer, type Fetch, transport } from './transport.ts'

/**
 * Of one attempt, from its start to the end of its answer. Shorter than the five seconds between a leader's renew
 * deadline and the end of its lease (Kubernetes' usual 10 s and 15 s), so that no write outlives its leader's term; one with shorter times gives writes less.
 */
const requestTimeoutMs = 4_000

/** Google's answer to `wait` may take two minutes; it is asked for again long before. */
const waitTimeoutMs = 30_000

export interface GceClientOptions {
  readonly authorizer: Authorizer
  /** `https://compute.googleapis.com` unless told. */
  readonly endpoint?: string
  readonly universeDomain?: string
  readonly requestTimeoutMs?: number
  /** How requests are sent: over HTTP, by the proxies of the environment, unless told. */
  readonly send?: Fetch
}

export interface GceClient {
  readonly api: GceApi
  /** Lets go of its connections. */
  close(): Promise<void>
}

/** A client of Compute Engine that never retries: that is the reconciler's, which knows what is worth it. */
export async function createGceClient(options: GceClientOptions): Promise<GceClient> {
  const sender = openSender()
  const { authorizer, universeDomain = 'googleapis.com', send = sender.send } = options
  const clientOptions = {
    auth: transport(authorizer, send, universeDomain),
    universeDomain,
    minifyJson: true,
    ...endpointOptions(options.endpoint),
  }
  return {
    api: await apiOf(clientOptions, options.requestTimeoutMs ?? requestTimeoutMs),
    close: () => sender.close(),
  }
}

function endpointOptions(endpoint: string | undefined): Partial<ComputeClientOptions> {
  if (endpoint === undefined) return {}
  const { protocol, hostname, port } = new URL(endpoint)
  const standard = protocol === 'http:' ? 80 : 443
  return {
    apiEndpoint: hostname,
    port: port === '' ? standard : Number(port),
    protocol: protocol.slice(0, -1),
  }
}

/** The calls by way of `innerApiCalls`: their wrappers handle a refusal as {@link transport} says. */
async function apiOf(options: ComputeClientOptions, timeoutMs: number): Promise<GceApi> {
  const routes = new RoutesClient(options)
  const operations = new GlobalOperationsClient(options)
  const networks = new NetworksClient(options)
  const instances = new InstancesClient(options)
  const projects = new ProjectsClient(options)
  const subnetworks = new SubnetworksClient(options)
  const zoneOperations = new ZoneOperationsClient(options)
  const routers = new RoutersClient(options)
  const clients = [routes, operations, networks, instances, projects, subnetworks, zoneOperations, routers]
  await Promise.all(clients.map((client) => client.initialize()))

  const caller =
    (client: (typeof clients)[number], name: string, { timeout = timeoutMs, answer = 0 } = {}) =>
    async (request: object, { signal, timeoutMs: asked = timeout }: CallOptions): Promise<never> => {
      const method = client.innerApiCalls[name]
      if (method === undefined) throw new Error(`the SDK has no ${name}`)
      const callOptions: ComputeCallOptions = { timeout: asked, signal, retry: null, autoPaginate: false }
      const answers = await method(request, callOptions)
      return answers[answer] as never
    }
  const list = { answer: 2 }
  const wait = { timeout: Math.max(waitTimeoutMs, timeoutMs) }
  return {
    insertRoute: caller(routes, 'insert'),
    deleteRoute: caller(routes, 'delete'),
    listRoutes: caller(routes, 'list', list),
    waitForGlobalOperation: caller(operations, 'wait', wait),
    waitForZoneOperation: caller(zoneOperations, 'wait', wait),
    listGlobalOperations: caller(operations, 'list', list),
    listZoneOperations: caller(zoneOperations, 'list', list),
    getNetwork: caller(networks, 'get'),
    getInstance: caller(instances, 'get'),
    listInstances: caller(instances, 'aggregatedList', list),
    updateNetworkInterface: caller(instances, 'updateNetworkInterface'),
    listSubnetworks: caller(subnetworks, 'aggregatedList', list),
    getEffectiveFirewalls: caller(networks, 'getEffectiveFirewalls'),
    listPeeringRoutes: caller(networks, 'listPeeringRoutes', list),
    listRouters: caller(routers, 'aggregatedList', list),
    getProject: caller(projects, 'get'),
  }
}
