import { createRequire } from 'node:module'
import { parseCidr } from '../../../net/cidr.ts'
import { serve } from '../http-server.ts'
import type { SimulatorReply, SimulatorRequest } from '../simulator.ts'
import { type GceSimulator, type GceSimulatorOptions, createGceSimulator } from './gce-simulator.ts'

export const PROJECT = 'prod-1'
export const ZONE = 'europe-west1-b'
export const REGION = 'europe-west1'
export const NETWORK = `projects/${PROJECT}/global/networks/prod`
export const SUBNETWORK = `projects/${PROJECT}/regions/${REGION}/subnetworks/nodes`
export const NOW = Date.UTC(2026, 0, 1)

/** What of the SDK's clients is used here: each method by its name. */
type SdkClient = Readonly<
  Record<string, (request: object, options?: object) => Promise<readonly [unknown, unknown, unknown]>>
>

const CLIENTS = {
  routes: 'RoutesClient',
  global_operations: 'GlobalOperationsClient',
  zone_operations: 'ZoneOperationsClient',
  instances: 'InstancesClient',
  networks: 'NetworksClient',
  subnetworks: 'SubnetworksClient',
  projects: 'ProjectsClient',
} as const

export type Sdk = Readonly<Record<keyof typeof CLIENTS, SdkClient>>

/** The real SDK by subpath: its declarations are 33 MB, and nothing here needs them. */
function openSdk(url: string): Sdk {
  const require = createRequire(import.meta.url)
  const { hostname, port } = new URL(url)
  const auth = {
    getClient: () => Promise.resolve({ universeDomain: 'googleapis.com' }),
    fetch: (input: string, init: RequestInit) => {
      const headers = new Headers(init.headers)
      headers.set('authorization', 'Bearer test')
      return fetch(input, { ...init, headers })
    },
  }
  const clients = Object.entries(CLIENTS).map(([file, name]) => {
    const module = require(`@google-cloud/compute/build/src/v1/${file}_client.js`) as Record<
      string,
      new (options: object) => SdkClient
    >
    const Client = module[name]
    if (Client === undefined) throw new Error(`the SDK has no ${name}`)
    return [file, new Client({ auth, apiEndpoint: hostname, port: Number(port), protocol: 'http' })] as const
  })
  return Object.fromEntries(clients) as unknown as Sdk
}

export interface Fixture {
  readonly simulator: GceSimulator
  readonly sdk: Sdk
  readonly url: string
  close(): Promise<void>
}

/** A simulator on a loopback port, with a small project, and the SDK that talks to it. Nothing is throttled unless asked for. */
export async function startFixture(options: GceSimulatorOptions = {}): Promise<Fixture> {
  const simulator = createGceSimulator({ rates: 'off', ...options })
  buildWorld(simulator)
  const server = await serve(simulator)
  return { simulator, sdk: openSdk(server.url), url: server.url, close: () => server.close() }
}

/**
 * Network `prod` with subnet `nodes` (10.0.0.0/24, fd20::/64, secondary `pods` 10.64.0.0/16) and instances `a` and `b` in it,
 * peered with network `other`, whose subnet is 10.9.0.0/16; hybrid subnet 10.8.0.0/16. Network `other` has a firewall rule, a
 * policy and a router with NAT.
 */
export function buildWorld({ estate }: GceSimulator): void {
  estate.addProject(PROJECT)
  estate.addNetwork(PROJECT, 'prod')
  const nodes = estate.addSubnetwork({
    network: NETWORK,
    name: 'nodes',
    region: REGION,
    range: '10.0.0.0/24',
    ipv6: 'fd20::/64',
    secondary: { pods: '10.64.0.0/16' },
  })
  estate.addSubnetwork({
    network: NETWORK,
    name: 'hybrid',
    region: REGION,
    range: '10.8.0.0/16',
    allowsOverlap: true,
  })
  const other = estate.addNetwork(PROJECT, 'other')
  estate.addSubnetwork({ network: other, name: 'others', region: REGION, range: '10.9.0.0/16' })
  estate.peer(NETWORK, other)
  for (const name of ['a', 'b'])
    estate.addInstance({ project: PROJECT, zone: ZONE, name, subnetworks: [nodes], tags: ['node'] })
  estate.removeRoutes(NETWORK, parseCidr('0.0.0.0/0'))
  estate.addFirewall({ network: other, name: 'ssh', protocols: ['tcp:22'], targetTags: ['bastion'] })
  estate.addFirewallPolicy(other, {
    name: 'organization',
    type: 'HIERARCHY',
    rules: [
      {
        priority: 10,
        direction: 'INGRESS',
        action: 'goto_next',
        protocols: ['all'],
        ranges: ['10.0.0.0/8'],
        otherRanges: ['10.9.0.0/16'],
        addressGroups: ['projects/1/locations/global/addressGroups/a'],
        targets: [other],
        targetServiceAccounts: ['node@prod-1.iam.gserviceaccount.com'],
        targetTags: ['tagValues/1'],
      },
    ],
  })
  estate.addRouter(other, REGION, 'way-out', {
    name: 'nat',
    ranges: 'LIST_OF_SUBNETWORKS',
    subnetworks: [{ subnetwork: SUBNETWORK, ranges: ['LIST_OF_SECONDARY_IP_RANGES'], secondary: ['pods'] }],
  })
}

export const instancePath = (name: string): string => `projects/${PROJECT}/zones/${ZONE}/instances/${name}`

/** A request as it stands on the wire. */
export const wireRequest = (method: string, path: string, body?: object): SimulatorRequest => ({
  method,
  target: `/compute/v1/projects/${PROJECT}${path}`,
  headers: { authorization: 'Bearer test' },
  body: body === undefined ? '' : JSON.stringify(body),
})

/** The JSON of an answer. */
export function jsonOf(reply: SimulatorReply): Readonly<Record<string, unknown>> {
  if (reply.kind !== 'response') throw new Error(`no answer but a ${reply.kind}`)
  return JSON.parse(reply.body) as Readonly<Record<string, unknown>>
}

/** `200`, or status and reason of the refusal; `reset` and `hang` where there is no answer. */
export function verdict(reply: SimulatorReply): string {
  if (reply.kind !== 'response') return reply.kind
  if (reply.status === 200) return '200'
  const { error } = JSON.parse(reply.body) as {
    readonly error?: { readonly errors?: readonly { reason: string }[] }
  }
  return `${reply.status} ${error?.errors?.[0]?.reason ?? ''}`
}
