import { nodeType } from '../../kube/node-type.ts'
import type { Node } from '../../kube/objects.ts'
import { Resource } from '../../kube/resource.ts'
import { parseCidr } from '../../net/cidr.ts'
import { MemoryCloud, type MemoryCloudOptions } from '../../providers/memory/memory-cloud.ts'
import { memoryProvider } from '../../providers/memory/memory-provider.ts'
import { readAdoptConfig } from '../adopt-config.ts'
import { runAdopt } from '../run-adopt.ts'
import { clusterLedger, fileLedger } from '../survey/ledger-source.ts'
import { CommandWorld, now, signal, waits } from './command-world.ts'
import { type Texts, told } from './told.ts'

/** Names of the NodeRoutes of 10.244.3.0/24 and 10.244.4.0/24. */
export const three = 'v4-10-244-3-0-24'
export const four = 'v4-10-244-4-0-24'

export type AdoptWorld = Awaited<ReturnType<typeof openAdoptWorld>>

/**
 * Two tables, and the nodes node-3 and node-4 with 10.244.3.0/24 and 10.244.4.0/24; somebody else wrote the routes of both
 * into table-1, and node-3's into table-2.
 */
export async function openAdoptWorld(
  options: { readonly cloud?: MemoryCloudOptions; readonly defined?: boolean } = {},
) {
  const world = await CommandWorld.open(options)
  const { cluster, kube, output } = world
  const cloud = new MemoryCloud(options.cloud)
  cloud.addTable('table-1', { name: 'first' })
  cloud.addTable('table-2')
  const join = (name: string, ...podCIDRs: readonly string[]): Node => {
    const { providerID } = cloud.addInstance(name)
    return cluster.addNode(name, { providerID, podCIDRs })
  }
  const write = (table: string, destination: string, id: string): void => {
    cloud.putRoute(table, { destination: parseCidr(destination), target: { kind: 'instance', id } })
  }
  const nodes = { three: join('node-3', '10.244.3.0/24'), four: join('node-4', '10.244.4.0/24') }
  write('table-1', '10.244.3.0/24', 'node-3')
  write('table-1', '10.244.4.0/24', 'node-4')
  write('table-2', '10.244.3.0/24', 'node-3')
  const run = (names: readonly string[] = [], flags: Texts = {}): Promise<void> => {
    const texts = { provider: 'aws', clusterName: 'prod', ...flags }
    const config = told('adopt', texts, (settings) => readAdoptConfig(names, settings))
    const ledger = config.state === undefined ? clusterLedger(kube, output) : fileLedger(config.state)
    const provider = memoryProvider(cloud)
    const resource = new Resource<Node>(kube, nodeType)
    return runAdopt(config, { provider, nodes: resource, ledger, output, now, waits }, signal)
  }
  return Object.assign(world, { cloud, nodes, join, write, run })
}

export const adopt = { yes: true } as const
export const refOf = ({ metadata }: Node): { readonly name: string; readonly uid: string } => ({
  name: metadata.name,
  uid: metadata.uid,
})
