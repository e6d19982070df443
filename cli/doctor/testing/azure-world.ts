import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import type { NodeDraft } from '../../../reconciler/testing/cluster.ts'
import { createSimulatedAzure, group, subscription } from '../../../test/conformance/simulated-azure.ts'
import type { NewMachine } from '../../../test/simulators/arm/machines.ts'
import { objectAt } from '../../../test/simulators/kubernetes/json.ts'
import { clusterName, openClusterWorld } from './cluster-world.ts'

/** Of the program; the world itself has another one. */
const programToken = 'BY-CLI'
export const base = `/subscriptions/${subscription}/resourcegroups/${group}`
export const network = `${base}/providers/microsoft.network/virtualnetworks/net`
const location = 'westeurope'

export interface AzureNode {
  readonly name: string
  readonly machine: string
  readonly interfaceId: string
  /** Of IPv4. */
  readonly address: string
}

export interface AzureWorldOptions {
  /** How long a write goes on behind its answer, in milliseconds. */
  readonly operationMs?: number
  /** By the subscription's limit. */
  readonly routesPerTable?: number
}

export type AzureWorld = Awaited<ReturnType<typeof openAzureWorld>>

/**
 * A cluster and its network in which all is well, made through the APIs as anyone would; the command is run as a command
 * line, with a kubeconfig, the cluster's azure.json and the login of the Azure CLI, and reaches both by sockets.
 *
 * Two subnets follow the table `nodes`, which has the cluster's tag: node-a, a machine of its own, is in one of them, and
 * node-b, a member of a uniform scale set, in the other. Both forward, and the first subnet has a security group without
 * rules of its own.
 */
export async function openAzureWorld({ operationMs = 0, routesPerTable = 1_000 }: AzureWorldOptions = {}) {
  const denied = new Set<string>()
  let isMade = false
  const azure = await createSimulatedAzure({
    // To make the world takes no time.
    operationMs: () => (isMade ? operationMs : 0),
    routesPerTable,
    permits: (principal, action) => principal !== programToken || !denied.has(action),
  })
  const folder = await mkdtemp(join(tmpdir(), 'podway-azure-'))
  const cloudConfig = join(folder, 'azure.json')
  const configure = (more: object): Promise<void> =>
    writeFile(
      cloudConfig,
      JSON.stringify({
        ...{ cloud: 'AzureStackCloud', resourceManagerEndpoint: azure.url },
        ...{ subscriptionId: subscription, resourceGroup: group },
        ...more,
      }),
    )
  await configure({})
  await logIn(folder)
  vi.stubEnv('PATH', `${folder}:/usr/bin:/bin`)
  vi.stubEnv('AZURE_AUTHORITY_HOST', 'https://login.example')
  vi.stubEnv('AZURE_SUBSCRIPTION_ID', undefined)
  for (const name of ['NO_PROXY', 'no_proxy']) vi.stubEnv(name, '127.0.0.1')
  const world = await openClusterWorld('azure', [
    ...['--cloud-config', cloudConfig],
    ...['--azure-credentials', 'cli'],
  ])

  const put = (id: string, body: object): void => void azure.send('PUT', id, body)
  const tableId = (name: string): string => `${base}/providers/microsoft.network/routetables/${name}`
  const addTable = (name: string, tagged: boolean, properties: object = {}): string => {
    const tags = tagged ? { [`kubernetes.io_cluster_${clusterName}`]: 'shared' } : {}
    put(tableId(name), { location, tags, properties })
    return tableId(name)
  }
  const addSubnet = (
    name: string,
    addressPrefixes: readonly string[],
    { securityGroup, table }: { readonly table?: string; readonly securityGroup?: string } = {},
  ): string => {
    const id = `${network}/subnets/${name}`
    const properties = {
      addressPrefixes,
      ...(table !== undefined && { routeTable: { id: table } }),
      ...(securityGroup !== undefined && { networkSecurityGroup: { id: securityGroup } }),
    }
    put(id, { properties })
    return id
  }
  const addSecurityGroup = (name: string, ...rules: readonly object[]): string => {
    const id = `${base}/providers/microsoft.network/networksecuritygroups/${name}`
    const securityRules = rules.map((properties, index) => ({ name: `rule-${index}`, properties }))
    put(id, { location, properties: { securityRules } })
    return id
  }
  /** With some of its properties changed. */
  const change = (id: string, properties: object): void => {
    const now = objectAt(azure.send('GET', id))
    put(id, { ...now, properties: { ...objectAt(now, 'properties'), ...properties } })
  }
  const addNode = (
    name: string,
    { scaleSet, ...more }: Partial<NewMachine>,
    draft: NodeDraft = {},
  ): AzureNode => {
    const { target, view } = azure.addMachine(more.name ?? name, scaleSet, {
      ...{ forwards: true, subnet: subnetA },
      ...more,
    })
    const machine = view.providerID.slice('azure://'.length)
    const nics = scaleSet?.mode === 'Uniform' ? machine : `${base}/providers/microsoft.network`
    world.cluster.addNode(name, { providerID: view.providerID, addresses: [target.id], ...draft })
    return {
      ...{ name, machine, address: target.id },
      interfaceId: `${nics}/networkInterfaces/${more.name ?? name}-nic`,
    }
  }

  const table = addTable('nodes', true)
  const securityGroup = addSecurityGroup('nsg')
  const subnetA = addSubnet('a', ['10.0.32.0/24', 'fd00:10:0:1::/64'], { table, securityGroup })
  const subnetB = addSubnet('b', ['10.0.33.0/24', 'fd00:10:0:2::/64'], { table })
  const uniform = { name: '0', subnet: subnetB, scaleSet: { name: 'pool', mode: 'Uniform' as const } }
  const a = addNode('node-a', {}, { podCIDRs: ['10.244.0.0/24', 'fd00:10:244::/64'] })
  const b = addNode('node-b', uniform, { podCIDRs: ['10.244.1.0/24', 'fd00:10:244:1::/64'] })

  isMade = true
  return {
    ...world,
    azure,
    cloudConfig,
    ...{ table, subnetA, subnetB, securityGroup, a, b },
    ...{ put, change, configure, addTable, addSubnet, addSecurityGroup, addNode },
    addRoute: (name: string, addressPrefix: string, hop: string, id = table): void =>
      put(`${id}/routes/${name}`, {
        properties:
          hop.includes('.') || hop.includes(':')
            ? { addressPrefix, nextHopType: 'VirtualAppliance', nextHopIpAddress: hop }
            : { addressPrefix, nextHopType: hop },
      }),
    /** @param scope id of what is locked, and whatever is in it */
    addLock: (scope: string, name: string, level: 'ReadOnly' | 'CanNotDelete'): void => {
      const id = `${scope}/providers/Microsoft.Authorization/locks/${name}`
      azure.send('PUT', id, { properties: { level } }, '2016-09-01')
    },
    /** Of the resource group, about next hops of routes. */
    addPolicy: (name: string, deniedNextHop: string, effect = 'Deny'): void => {
      const id = `${base}/providers/Microsoft.Authorization/policyAssignments/${name}`
      const parameters = { deniedNextHop: { value: deniedNextHop }, effect: { value: effect } }
      azure.send('PUT', id, { properties: { parameters } }, '2022-04-01')
    },
    /** The credentials lack the action from now on. */
    deny: (action: string): void => void denied.add(action),
    /** The Azure CLI has no login any more. */
    logOut: (): Promise<void> =>
      writeFile(join(folder, 'az'), "#!/bin/sh\necho 'Please run az login' >&2\nexit 1\n"),
    /** The program's own calls. */
    calls: () => azure.simulator.calls.filter(({ token }) => token === programToken),
    async close(): Promise<void> {
      vi.unstubAllEnvs()
      await rm(folder, { recursive: true })
      await azure.close()
      await world.close()
    },
  }
}

/** As the Azure CLI answers who is logged in. */
async function logIn(folder: string): Promise<void> {
  const program = join(folder, 'az')
  const expires = Math.floor(Date.now() / 1000) + 3600
  const answer = { accessToken: programToken, expires_on: expires, tokenType: 'Bearer' }
  await writeFile(program, `#!/bin/sh\necho '${JSON.stringify(answer)}'\n`)
  await chmod(program, 0o755)
}
