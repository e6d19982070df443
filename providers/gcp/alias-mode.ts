import { type Cidr, formatCidr } from '../../net/cidr.ts'
import type { NodePool, NodeView, TargetProblem } from '../provider.ts'
import type { Table } from '../route.ts'
import { type AliasPoolOptions, aliasPoolOf } from './alias-pools.ts'
import type { AliasSite } from './alias-site.ts'
import { aliasTableOf } from './alias-table.ts'
import { type InstanceName, type ResourcePath, pathOf } from './resource-names.ts'
import { type Subnet, rangesOf, subnetsOf } from './subnets.ts'
import {
  type TargetFinder,
  findInstancesOf,
  interfacesIn,
  isProblem,
  noInterface,
  nothingKnown,
} from './targets.ts'

/**
 * The network as a table of what it delivers to interfaces: their alias ranges are its routes, and all that lies in its
 * subnets' ranges belongs there, and nowhere else.
 */
export class AliasMode {
  readonly #finder: TargetFinder
  /** By path: as they were when the tables were last looked for. */
  #subnets: ReadonlyMap<ResourcePath, Subnet> = new Map()
  /** Of nodes, that were not known then. */
  readonly #missed = new Set<ResourcePath>()
  readonly #seen = new Map<string, InstanceName>()

  constructor(finder: TargetFinder) {
    this.#finder = finder
  }

  /** Those of routes, for what lies outside of all subnets, and one beside each for what lies in its network's. */
  async tables(routeTables: readonly Table[], signal: AbortSignal): Promise<readonly Table[]> {
    const subnets = await this.#read(
      routeTables.map(({ id }) => id),
      signal,
    )
    this.#subnets = subnets
    this.#missed.clear()
    const all = [...subnets.values()]
    const rangesIn = (network: ResourcePath): readonly Cidr[] =>
      all.filter((subnet) => subnet.network === network).flatMap(rangesOf)
    const ranges = all.flatMap(rangesOf)
    return [
      ...routeTables.map((table): Table => ({ ...table, holds: { which: 'outside', ranges } })),
      ...routeTables.map(({ id, name = id }): Table => ({
        id: aliasTableOf(id),
        name: `alias ranges of ${name}`,
        holds: { which: 'inside', ranges: rangesIn(id) },
      })),
    ].sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  /** Whether {@link tables} would find others, by what was learnt of nodes since. */
  get outdated(): boolean {
    return this.#missed.size > 0
  }

  /** See `RouteProvider.pools`. */
  async pools(
    nodes: readonly NodeView[],
    options: AliasPoolOptions,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, NodePool | TargetProblem>> {
    const networks = await this.#finder.networks(signal)
    const found = await findInstancesOf(this.#finder, nodes, signal)
    // A new secondary range, and a new subnet, are to be had at once: nodes that come are rarer than looks at the tables.
    const subnets = await this.#read(networks, signal)
    return new Map(
      nodes.map(({ name }) => {
        const instance = found.get(name) ?? nothingKnown
        if (isProblem(instance)) return [name, instance]
        const [nic] = interfacesIn(instance, networks)
        if (nic === undefined) return [name, noInterface(instance, networks)]
        const path = pathOf(nic.subnetwork ?? '')
        const subnet = subnets.get(path)
        if (subnet !== undefined && !sameRanges(subnet, this.#subnets.get(path))) this.#missed.add(path)
        return [name, aliasPoolOf(instance, nic, subnet, options)]
      }),
    )
  }

  /** What {@link applyAliases} has to know of a network. */
  site(network: ResourcePath): AliasSite {
    return {
      finder: this.#finder,
      network,
      seen: this.#seen,
      subnet: async (path, signal) =>
        this.#subnets.get(path) ?? (await this.#read([network], signal)).get(path),
    }
  }

  async #read(
    networks: readonly ResourcePath[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<ResourcePath, Subnet>> {
    const found = await Promise.all(networks.map((network) => subnetsOf(this.#finder.gce, network, signal)))
    return new Map(found.flat().map((subnet) => [subnet.path, subnet]))
  }
}

const sameRanges = (a: Subnet, b: Subnet | undefined): boolean =>
  b !== undefined &&
  JSON.stringify(rangesOf(a).map(formatCidr)) === JSON.stringify(rangesOf(b).map(formatCidr))
