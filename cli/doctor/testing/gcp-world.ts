import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { vi } from 'vitest'
import { formatAddress } from '../../../net/address.ts'
import type { InstanceWish } from '../../../test/simulators/gce/estate.ts'
import { createGceSimulator } from '../../../test/simulators/gce/gce-simulator.ts'
import { createResourceManager } from '../../../test/simulators/gce/resource-manager.ts'
import type { Instance } from '../../../test/simulators/gce/state.ts'
import { serve } from '../../../test/simulators/http-server.ts'
import type { Simulator } from '../../../test/simulators/simulator.ts'
import { openClusterWorld } from './cluster-world.ts'

const project = 'prod-1'
/** The host project of a shared VPC; the world's own network is in the other one. */
const host = 'host-1'
const zone = 'europe-west1-b'
const region = 'europe-west1'
/** Of the program; the world itself makes no calls. */
const programToken = 'podway'

/** Of an instance: an alias range of the secondary range for pods. */
export const alias = (range: string) => ({ aliases: [{ range, rangeName: 'pods' }] })
/** Of an instance: what keeps the guest agent from its alias ranges. */
export const restrained = { metadata: { 'disable-address-manager': 'TRUE' } }

export type GcpWorld = Awaited<ReturnType<typeof openGcpWorld>>

/**
 * A cluster and its network in which all is well, made as people do; the command is run as a command line, with a
 * kubeconfig, a workload identity federation and the variables that name Google's APIs, and reaches all by sockets.
 *
 * node-a and node-b are in one subnet (10.0.1.0/24, fd20::/64, with a secondary range 10.64.0.0/22 for pods), with the tag
 * `node`; a firewall rule lets pools in, and a Cloud NAT the Nodes out.
 */
export async function openGcpWorld() {
  const simulator = createGceSimulator({ rates: 'off', zones: [zone, 'europe-west1-c'] })
  const { estate } = simulator
  const manager = createResourceManager(simulator.permissions, [project, host])
  const [server, managerServer, tokens] = [
    await serve(simulator),
    await serve(manager),
    await serve(tokenServer),
  ]
  for (const id of [project, host]) estate.addProject(id)
  const network = estate.addNetwork(project, 'prod')
  const subnet = estate.addSubnetwork({
    ...{ network, name: 'nodes', region, range: '10.0.1.0/24', ipv6: 'fd20::/64' },
    secondary: { pods: '10.64.0.0/22' },
  })
  const allow = (name: string, range: string): void =>
    estate.addFirewall({ network, name, ranges: [range], targetTags: ['node'] })
  allow('pods', '10.244.0.0/16')
  allow('pods6', 'fd00:10:244::/56')
  const addNat = (ranges: 'ALL_SUBNETWORKS_ALL_IP_RANGES' | 'ALL_SUBNETWORKS_ALL_PRIMARY_IP_RANGES'): void =>
    estate.addRouter(network, region, 'way-out', { name: 'nat', ranges })
  addNat('ALL_SUBNETWORKS_ALL_IP_RANGES')

  const world = await openClusterWorld('gcp', [
    ...['--gcp-project', project, '--gcp-network', 'prod'],
    // As many as the pools are for, and some.
    ...['--gcp-routes-per-network', '600'],
  ])
  const credentials = join(world.folder, 'credentials.json')
  const subject = join(world.folder, 'subject')
  await writeFile(subject, 'a-token-of-the-cluster')
  await writeFile(credentials, JSON.stringify(federation(`${tokens.url}/sts`, subject)))
  stubEnvironment({
    CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `${server.url}/compute/v1/`,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDRESOURCEMANAGER: managerServer.url,
    GOOGLE_APPLICATION_CREDENTIALS: credentials,
    CLOUDSDK_CONFIG: world.folder,
    METADATA_SERVER_DETECTION: 'none',
    GCE_METADATA_HOST: '127.0.0.1:9',
    NO_PROXY: '127.0.0.1',
    no_proxy: '127.0.0.1',
  })

  const addInstance = (name: string, wish: Partial<InstanceWish> = {}): Instance =>
    estate.addInstance({ project, zone, name, subnetworks: [subnet], tags: ['node'], ...wish })
  const addNode = (name: string, podCIDRs: readonly string[], wish: Partial<InstanceWish> = {}): Instance => {
    const instance = addInstance(name, wish)
    const [nic] = instance.interfaces
    world.cluster.addNode(name, {
      providerID: `gce://${instance.path.split('/')[1] ?? ''}/${zone}/${name}`,
      addresses: nic === undefined ? [] : [formatAddress(nic.address)],
      podCIDRs,
    })
    return instance
  }
  const a = addNode('node-a', ['10.244.0.0/24', 'fd00:10:244::/64'])
  const b = addNode('node-b', ['10.244.1.0/24', 'fd00:10:244:1::/64'])
  let routes = 0
  /** As anyone may make it, by the API. */
  const addRoute = (destRange: string, to: Instance, more: object = {}): void => {
    const reply = simulator.handle(
      {
        method: 'POST',
        target: `/compute/v1/projects/${project}/global/routes`,
        headers: { authorization: 'Bearer somebody' },
        body: JSON.stringify({
          ...{ name: `route-${routes++}`, network, destRange, nextHopInstance: to.path },
          ...more,
        }),
      },
      0,
    )
    if (reply.kind !== 'response' || reply.status !== 200) throw new Error(JSON.stringify(reply))
  }

  return {
    ...world,
    ...{ simulator, estate, resourceManager: manager, project, host, zone, region, network, subnet, a, b },
    addInstance,
    addNode,
    addRoute,
    addNat,
    addPeer: (
      name: string,
      range: string,
      options: { readonly customRoutes?: boolean; readonly mtu?: number } = {},
    ) => {
      const { customRoutes = false, mtu } = options
      const peer = estate.addNetwork(project, name, mtu === undefined ? {} : { mtu })
      estate.addSubnetwork({ network: peer, name, region, range })
      estate.peer(network, peer, { customRoutes })
      return peer
    },
    deny: (permission: string, of?: string): void => void simulator.permissions.deny(permission, of),
    /** The program's own calls to Compute Engine. */
    calls: () => simulator.calls.filter(({ token }) => token === programToken),
    async close(): Promise<void> {
      vi.unstubAllEnvs()
      for (const one of [server, managerServer, tokens]) await one.close()
      await world.close()
    },
  }
}

/** Gives everybody a token. */
const tokenServer: Simulator = {
  handle: () => ({
    kind: 'response',
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      access_token: programToken,
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: 'Bearer',
      expires_in: 3600,
    }),
  }),
}

const federation = (tokenUrl: string, file: string): object => ({
  type: 'external_account',
  audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/k',
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  token_url: tokenUrl,
  credential_source: { file },
})

/** None of the machine's own settings besides. */
function stubEnvironment(variables: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(process.env))
    if (/^(GOOGLE|GCE|GCLOUD|CLOUDSDK)_|^gcloud_|^(https?|no)_proxy$/i.test(name)) vi.stubEnv(name, undefined)
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
}
