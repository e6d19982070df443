import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { selfSigned } from '../../../kube/testing/self-signed.ts'
import { networkVersion, readVnet } from '../../lab/azure/read-vnet.ts'
import { vnetFabric } from '../../lab/azure/vnet-rules.ts'
import { RestClient } from '../../lab/rest-client.ts'
import { createArmSimulator } from '../../simulators/arm/arm-simulator.ts'
import { serve } from '../../simulators/http-server.ts'
import type { Simulator } from '../../simulators/simulator.ts'
import { clusterName } from '../cluster-name.ts'
import {
  type DemoCloud,
  type DemoInstance,
  type DemoTable,
  type SubnetName,
  byDestination,
  given,
  usualClusterCidr,
} from './demo-cloud.ts'

const subscription = '00000000-0000-0000-0000-0000000000de'
const group = 'demo'
const groupId = `/subscriptions/${subscription}/resourceGroups/${group}`
const network = `${groupId}/providers/Microsoft.Network`
const vnet = 'demo'
const location = 'westeurope'
/** Of a write of a table or an interface, once all is set up. */
const operationMs = 40
const subnetNames = ['a', 'b', 'database'] as const satisfies readonly SubnetName[]

/**
 * A virtual network with both families and three subnets, each with a table of its own, by the simulator of Azure Resource
 * Manager, over TLS. Machines come without IP forwarding: it is podway that turns it on.
 *
 * @param folder for the files that a cluster on Azure has
 */
export async function simulatedAzure(folder: string): Promise<DemoCloud> {
  let busyMs = 0
  const simulator = createArmSimulator({ operationMs: () => busyMs })
  const tls = selfSigned('arm')
  const server = await serve(simulator, { tls })
  const identity = await serve(identityServer)
  const arm = new RestClient({ url: server.url, token: 'somebody', ca: tls.cert })
  const put = (path: string, body: object): Promise<unknown> =>
    arm.send('PUT', `${network}/${path}?api-version=${networkVersion}`, body)

  await put(`virtualNetworks/${vnet}`, {
    location,
    properties: { addressSpace: { addressPrefixes: ['10.0.0.0/16', 'fd00:10::/48'] } },
  })
  const tables: DemoTable[] = []
  for (const [index, name] of subnetNames.entries()) {
    const isPodways = name !== 'database'
    const tags = isPodways ? { [`kubernetes.io_cluster_${clusterName}`]: 'owned' } : {}
    await put(`routeTables/${name}`, { location, tags, properties: {} })
    await put(`virtualNetworks/${vnet}/subnets/${name}`, {
      properties: {
        addressPrefixes: [`10.0.${index + 1}.0/24`, `fd00:10:0:${index + 1}::/64`],
        routeTable: { id: `${network}/routeTables/${name}` },
      },
    })
    tables.push({ id: name, name: isPodways ? `subnet ${name}` : name, isPodways })
  }

  busyMs = operationMs

  const files = { cloudConfig: join(folder, 'azure.json'), authority: join(folder, 'arm-ca.pem') }
  writeFileSync(files.authority, tls.cert)
  // As a cluster has it for Kubernetes' cloud provider for Azure.
  writeFileSync(
    files.cloudConfig,
    JSON.stringify({
      cloud: 'AzurePublicCloud',
      resourceManagerEndpoint: server.url,
      subscriptionId: subscription,
      resourceGroup: group,
      vnetName: vnet,
      useManagedIdentityExtension: true,
    }),
  )

  const routesOf = async (table: DemoTable): Promise<readonly WireRoute[]> => {
    const path = `${network}/routeTables/${table.id}/routes?api-version=${networkVersion}`
    return (await arm.get<{ readonly value: readonly WireRoute[] }>(path)).value
  }
  const routeTo = async (table: DemoTable, destination: string): Promise<WireRoute> =>
    given(
      (await routesOf(table)).find(({ properties }) => properties.addressPrefix === destination),
      `a route to ${destination}`,
    )
  const putRoute = (
    table: DemoTable,
    name: string,
    destination: string,
    { targets }: DemoInstance,
  ): Promise<unknown> =>
    put(`routeTables/${table.id}/routes/${name}`, {
      properties: {
        addressPrefix: destination,
        nextHopType: 'VirtualAppliance',
        nextHopIpAddress: targets[destination.includes(':') ? 6 : 4],
      },
    })

  return {
    controller: {
      args: ['--provider', 'azure', '--cloud-config', files.cloudConfig, '--azure-effective-wait', '500ms'],
      env: {
        // The authority of the simulator's certificate, and who podway is: the machine's managed identity.
        NODE_EXTRA_CA_CERTS: files.authority,
        AZURE_POD_IDENTITY_AUTHORITY_HOST: identity.url,
      },
    },
    clusterCidr: usualClusterCidr,
    rebuiltIn: 'a',
    pids: [],
    tables,
    databaseIsRouted: false,
    nativeRanges: '10.0.1.0/24,10.0.2.0/24',
    readFabric: async () => vnetFabric(await readVnet(arm, groupId, vnet)),
    async createInstance(name, subnet) {
      const machine = simulator.machines.add({
        subscription,
        group,
        name,
        subnet: `${network}/virtualNetworks/${vnet}/subnets/${subnet}`,
        families: [4, 6],
      })
      const path = `${machine.interfaceId}?api-version=${networkVersion}`
      const { properties } = await arm.get<WireInterface>(path)
      const [v4 = '', v6 = ''] = properties.ipConfigurations.map((one) => one.properties.privateIPAddress)
      return {
        name,
        providerID: `azure://${machine.id}`,
        portId: machine.interfaceId.toLowerCase(),
        addresses: { 4: v4, 6: v6 },
        targets: { 4: v4, 6: v6 },
      }
    },
    terminate({ providerID }) {
      simulator.machines.terminate(providerID.slice('azure://'.length))
      return Promise.resolve()
    },
    routesIn: async (table) =>
      byDestination(
        (await routesOf(table)).map(({ properties }) => ({
          destination: properties.addressPrefix,
          target: properties.nextHopIpAddress ?? properties.nextHopType,
        })),
      ),
    async addForeignRoute(table, destination, instance) {
      await putRoute(table, 'by-hand', destination, instance)
    },
    async deleteRoute(table, destination) {
      const { name } = await routeTo(table, destination)
      const path = `${network}/routeTables/${table.id}/routes/${name}`
      await arm.send('DELETE', `${path}?api-version=${networkVersion}`)
    },
    async misdirect(table, destination, instance) {
      await putRoute(table, (await routeTo(table, destination)).name, destination, instance)
    },
    async close() {
      await arm.close()
      await server.close()
      await identity.close()
    },
  }
}

interface WireRoute {
  readonly name: string
  readonly properties: {
    readonly addressPrefix: string
    readonly nextHopType: string
    readonly nextHopIpAddress?: string
  }
}

interface WireInterface {
  readonly properties: {
    readonly ipConfigurations: readonly { readonly properties: { readonly privateIPAddress: string } }[]
  }
}

/** Source: https://learn.microsoft.com/en-us/entra/identity/managed-identities-azure-resources/how-to-use-vm-token */
const identityServer: Simulator = {
  handle: ({ target }) => ({
    kind: 'response',
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      access_token: 'podway',
      client_id: subscription,
      expires_in: '86399',
      expires_on: String(Math.floor(Date.now() / 1000) + 86_399),
      resource: new URLSearchParams(target.split('?')[1]).get('resource'),
      token_type: 'Bearer',
    }),
  }),
}
