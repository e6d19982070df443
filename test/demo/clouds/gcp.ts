import pRetry from 'p-retry'
import { formatAddress } from '../../../net/address.ts'
import { parseCidr } from '../../../net/cidr.ts'
import type { GcpMode } from '../../../providers/gcp/mode.ts'
import { routeDescription, routeName } from '../../../providers/gcp/route-mark.ts'
import { networkFabric } from '../../lab/gcp/network-rules.ts'
import { portOf } from '../../lab/gcp/network-state.ts'
import { readNetwork } from '../../lab/gcp/read-network.ts'
import { RestClient } from '../../lab/rest-client.ts'
import { createGceSimulator } from '../../simulators/gce/gce-simulator.ts'
import type { Instance } from '../../simulators/gce/state.ts'
import { serve } from '../../simulators/http-server.ts'
import type { Simulator } from '../../simulators/simulator.ts'
import { clusterName } from '../cluster-name.ts'
import {
  type DemoCloud,
  type DemoInstance,
  type DemoRoute,
  type DemoTable,
  type SubnetName,
  byDestination,
  given,
  usualClusterCidr,
} from './demo-cloud.ts'
import { aliasRoutes, aliasTable, takeAlias } from './gcp-alias-ranges.ts'

const project = 'demo'
const network = 'demo'
const networkPath = `projects/${project}/global/networks/${network}`
const base = `/compute/v1/projects/${project}`
const zones: Readonly<Record<SubnetName, string>> = {
  a: 'europe-west1-b',
  b: 'us-east1-c',
  database: 'europe-west1-b',
}
/** Of an insert or a delete of a route: at Google it takes seconds. */
const operationMs = 40

/** From which alias ranges are taken: in each subnet with nodes, one for Services beside the one for pods. */
const secondaryRanges: Readonly<Record<SubnetName, Readonly<Record<string, string>>>> = {
  a: { pods: '10.244.0.0/20', services: '10.96.0.0/20' },
  b: { pods: '10.244.16.0/20', services: '10.96.16.0/20' },
  database: {},
}

/**
 * A network with both families and three subnets in two regions, by the Compute Engine simulator. `alias-ip`: the nodes'
 * subnets have secondary ranges, from which podway gives IPv4 podCIDRs; IPv6 is routed.
 */
export async function simulatedGcp(mode: GcpMode): Promise<DemoCloud> {
  const isByAliases = mode === 'alias-ip'
  const simulator = createGceSimulator({ zones: [...new Set(Object.values(zones))], operationMs })
  const { estate } = simulator
  estate.addProject(project)
  estate.addNetwork(project, network)
  const subnetworkOf = (name: SubnetName, number: number): string =>
    estate.addSubnetwork({
      network: networkPath,
      name,
      region: zones[name].slice(0, zones[name].lastIndexOf('-')),
      range: `10.0.${number}.0/24`,
      ipv6: `fd20:0:0:${number}::/64`,
      ...(isByAliases ? { secondary: secondaryRanges[name] } : {}),
    })
  const subnetworks = {
    a: subnetworkOf('a', 1),
    b: subnetworkOf('b', 2),
    database: subnetworkOf('database', 3),
  }
  const server = await serve(simulator)
  const metadata = await serve(metadataServer)
  const api = new RestClient({ url: server.url, token: 'somebody' })
  const table: DemoTable = {
    id: network,
    name: 'the whole network',
    isPodways: true,
    ...(isByAliases ? { family: 6 } : {}),
  }

  const routesIn = async (): Promise<readonly WireRoute[]> => {
    const { items = [] } = await api.get<{ readonly items?: readonly WireRoute[] }>(`${base}/global/routes`)
    return items.filter(({ routeType }) => routeType === 'STATIC')
  }
  const routesTo = async (destination: string): Promise<readonly WireRoute[]> =>
    (await routesIn()).filter(({ destRange }) => destRange === destination)
  const insert = (route: object): Promise<unknown> =>
    settled(api, api.send('POST', `${base}/global/routes`, { network: networkPath, ...route }))

  return {
    controller: {
      args: [
        ...['--provider', 'gcp', '--gcp-project', project, '--gcp-network', network],
        ...(isByAliases ? ['--gcp-mode', mode, '--gcp-pod-ranges', 'pods'] : []),
      ],
      // Where gcloud would look too; and who podway is, as on an instance: by its metadata server.
      env: {
        CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `${server.url}/compute/v1/`,
        GCE_METADATA_HOST: new URL(metadata.url).host,
        METADATA_SERVER_DETECTION: 'assume-present',
      },
    },
    // The IPv4 podCIDRs are of the node's subnet, and so can't follow it into another one.
    clusterCidr: isByAliases ? 'fd00:10:244::/48' : usualClusterCidr,
    rebuiltIn: isByAliases ? 'b' : 'a',
    pids: [],
    tables: isByAliases ? [table, aliasTable] : [table],
    databaseIsRouted: true,
    nativeRanges: isByAliases
      ? '10.0.1.0/24,10.0.2.0/23,10.96.0.0/19,10.244.0.0/19'
      : '10.0.1.0/24,10.0.2.0/23',
    readFabric: async () => networkFabric(await readNetwork(api, project, network)),
    createInstance(name, subnet) {
      const instance = estate.addInstance({
        project,
        zone: zones[subnet],
        name,
        subnetworks: [subnetworks[subnet]],
        // Part of an instance's definition on Google: podway can't set it.
        canIpForward: subnet !== 'database',
      })
      return Promise.resolve(instanceOf(instance))
    },
    terminate({ targets }) {
      estate.removeInstance(targets[4])
      return Promise.resolve()
    },
    routesIn: async ({ id }) =>
      id === aliasTable.id ? aliasRoutes(api, base) : byDestination((await routesIn()).flatMap(shownRoute)),
    async addForeignRoute(_table, destination, { targets }) {
      await insert({ name: 'by-hand', destRange: destination, priority: 1000, nextHopInstance: targets[4] })
    },
    async deleteRoute({ id }, destination) {
      if (id === aliasTable.id)
        for (const { name, zone } of await takeAlias(api, base, destination))
          await ended(api, `zones/${zone.split('/').at(-1) ?? ''}/operations/${name}`)
      for (const { name } of await routesTo(destination))
        await settled(api, api.send('DELETE', `${base}/global/routes/${name}`))
    },
    /** No route of Google's can be changed: as a leader that died in a move leaves it, a second one shares the packets. */
    async misdirect(_table, destination, { targets }) {
      const identity = {
        clusterName,
        network: networkPath,
        destination: parseCidr(destination),
        target: { kind: 'instance', id: targets[4] },
      } as const
      await insert({
        name: routeName(identity),
        description: routeDescription(identity),
        destRange: destination,
        priority: 1000,
        nextHopInstance: targets[4],
      })
    },
    async close() {
      await api.close()
      await server.close()
      await metadata.close()
    },
  }
}

interface WireRoute {
  readonly name: string
  readonly destRange: string
  readonly priority: number
  readonly routeType: string
  readonly nextHopInstance?: string
}

/** Resolves when the operation that the API answered with is over. */
async function settled(api: RestClient, answer: Promise<unknown>): Promise<void> {
  const { name } = (await answer) as { readonly name: string }
  await ended(api, `global/operations/${name}`)
}

async function ended(api: RestClient, operation: string): Promise<void> {
  const look = async (): Promise<void> => {
    const { status } = await api.get<{ readonly status: string }>(`${base}/${operation}`)
    if (status !== 'DONE') throw new Error(`${operation} is ${status}`)
  }
  await pRetry(look, { retries: 500, factor: 1, minTimeout: 20 })
}

/** The default route to the internet is the network's own. */
const shownRoute = ({ destRange, nextHopInstance: hop }: WireRoute): readonly DemoRoute[] =>
  hop === undefined ? [] : [{ destination: destRange, target: hop.replace(/^.*\/compute\/v1\//, '') }]

function instanceOf({ interfaces, name, path, zone }: Instance): DemoInstance {
  const nic = given(interfaces[0], 'an interface')
  return {
    name,
    providerID: `gce://${project}/${zone}/${name}`,
    portId: portOf({ instance: path, name: nic.name }),
    addresses: { 4: formatAddress(nic.address), 6: formatAddress(given(nic.ipv6, 'an IPv6 address')) },
    targets: { 4: path, 6: path },
  }
}

/** The tokens of the instance's service account. Source: https://docs.cloud.google.com/compute/docs/metadata/overview */
const metadataServer: Simulator = {
  handle: ({ target }) => ({
    kind: 'response',
    status: 200,
    headers: { 'content-type': 'application/json', 'metadata-flavor': 'Google' },
    body: target.includes('/token')
      ? JSON.stringify({ access_token: 'podway', expires_in: 3600, token_type: 'Bearer' })
      : '{}',
  }),
}
