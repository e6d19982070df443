import { type Cidr, equalCidrs, formatCidr, parseCidr } from '../../net/cidr.ts'
import { aliasTableOf, networkOfAliasTable } from '../../providers/gcp/alias-table.ts'
import type { GcpProviderOptions } from '../../providers/gcp/gcp-provider.ts'
import type { RouteProvider } from '../../providers/provider.ts'
import type { GceSimulatorOptions } from '../simulators/gce/gce-simulator.ts'
import { faultOf } from './gcp-failures.ts'
import { type GcpWorld, createGcpWorld } from './gcp-world.ts'
import type { FailingCall, WorldNode } from './provider-world.ts'

/** A world in the mode of alias ranges. */
export interface GcpAliasWorld extends GcpWorld {
  /** The alias ranges of the instance, as they are now. */
  aliasesOf(node: WorldNode): readonly string[]
  /** Someone else gives the instance these, in place of what it has. */
  setAliases(node: WorldNode, ...ranges: readonly string[]): void
}

/** The secondary range of every subnet. */
export const podRange = '10.244.0.0/16'

const methodOf: Readonly<Record<FailingCall, string>> = {
  create: 'instances.updateNetworkInterface',
  replace: 'instances.updateNetworkInterface',
  delete: 'instances.updateNetworkInterface',
  list: 'instances.aggregatedList',
}

/**
 * A {@link createGcpWorld} whose networks are looked at as what they deliver to interfaces by alias ranges, of IPv4. Its
 * tables are those; `providerWith` gives the whole provider, with the tables of routes beside them.
 */
export async function createGcpAliasWorld(
  options: GceSimulatorOptions & { readonly requestTimeoutMs?: number } = {},
): Promise<GcpAliasWorld> {
  const world = await createGcpWorld({ ...options, secondary: { pods: podRange } })
  const { estate } = world.simulator
  const providerWith = (wanted: Partial<GcpProviderOptions>): RouteProvider =>
    world.providerWith({ mode: 'alias-ip', ...wanted })
  let strangers = 0

  /** The only interface in the network. */
  const interfaceOf = ({ target }: Pick<WorldNode, 'target'>, network: string | undefined): string => {
    const { interfaces } = estate.instance(target.id)
    const found = interfaces.find((nic) => network === undefined || nic.network === network)
    if (found === undefined) throw new Error(`${target.id} has no interface there`)
    return found.name
  }
  const aliasesIn = ({ target }: Pick<WorldNode, 'target'>, network?: string): readonly Cidr[] =>
    estate
      .instance(target.id)
      .interfaces.filter((nic) => network === undefined || nic.network === network)
      .flatMap(({ aliases }) => aliases.map(({ range }) => range))
  const setIn = (
    node: Pick<WorldNode, 'target'>,
    network: string | undefined,
    ranges: readonly string[],
  ): void => {
    const aliases = ranges.map((range) => ({ range, rangeName: 'pods' }))
    estate.setAliases(node.target.id, interfaceOf(node, network), aliases)
  }
  const nodes: WorldNode[] = []
  const addNode = async (name: string): Promise<WorldNode> => {
    const node = await world.addNode(name)
    nodes.push(node)
    return node
  }
  /** Takes it from who has it, and gives it to the node. */
  const give = (network: string | undefined, destination: Cidr, to: WorldNode): void => {
    for (const node of nodes.filter(({ target }) => estate.has(target.id))) {
      const left = aliasesIn(node, network).filter((range) => !equalCidrs(range, destination))
      setIn(node, network, left.map(formatCidr))
    }
    setIn(to, network, [...aliasesIn(to, network).map(formatCidr), formatCidr(destination)])
  }

  return {
    ...world,
    provider: aliasesOnly(providerWith({})),
    providerWith,
    addNode,
    aliasesOf: (node) => aliasesIn(node).map(formatCidr),
    setAliases: (node, ...ranges) => setIn(node, undefined, ranges),
    async addTable(name) {
      const table = await world.addTable(name)
      return { id: aliasTableOf(table.id), name }
    },
    removeTable: ({ id }) => world.removeTable({ id: networkOfAliasTable(id) ?? id }),
    async serve({ id }) {
      const ranges = await world.serve({ id: networkOfAliasTable(id) ?? id })
      return ranges.filter(({ family }) => family === 4)
    },
    async addForeignRoute({ id }, destination) {
      const stranger = await addNode(`stranger-${strangers++}`)
      give(networkOfAliasTable(id), destination, stranger)
      return { destination, target: stranger.target }
    },
    stealRoute({ id }, destination, node) {
      give(networkOfAliasTable(id), destination, node)
      return Promise.resolve()
    },
    failNext: (call, failure) =>
      world.simulator.faults.inject({ method: methodOf[call], fault: faultOf[failure] }),
  }
}

/** Of its tables those of alias ranges, which are of IPv4: the others are what they are in the other mode. */
const aliasesOnly = (provider: RouteProvider): RouteProvider => ({
  ...provider,
  capabilities: { ...provider.capabilities, families: [4] },
  tables: async (signal, nodes) => {
    const tables = await provider.tables(signal, nodes)
    return tables.filter(({ id }) => networkOfAliasTable(id) !== undefined)
  },
})

export const blockOfPods = (n: number): string =>
  formatCidr({
    ...parseCidr(podRange),
    network: parseCidr(podRange).network + (BigInt(n) << 8n),
    prefixLength: 24,
  })
