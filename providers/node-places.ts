import { formatAddress } from '../net/address.ts'
import type { NodeView, TargetQuery } from './provider.ts'

/** Where a node's instance stands. It never moves. */
export interface Place {
  /** The network. */
  readonly vpcId: string
  /** Those whose tables its packets follow: of the interface by which they leave, and of the one by which they arrive. */
  readonly subnets: readonly string[]
}

/** What look-ups have shown of where nodes are. Only a memory: what is not in it can be looked up again. */
export class NodePlaces {
  readonly #places = new Map<string, { readonly of: string; readonly place: Place }>()

  learn(node: NodeView, place: Place): void {
    this.#places.set(node.name, { of: identity(node), place })
  }

  /** Those of the nodes whose place is not known, as they are now. */
  unknown(nodes: readonly NodeView[]): readonly NodeView[] {
    return nodes.filter((node) => this.#places.get(node.name)?.of !== identity(node))
  }

  /** Has those of the nodes looked up whose place is not known, so that it is {@link learn}t; forgets all others. */
  async complete(
    nodes: readonly NodeView[],
    lookUp: (queries: readonly TargetQuery[]) => Promise<unknown>,
  ): Promise<void> {
    this.keep(nodes)
    const queries = this.unknown(nodes).map((node): TargetQuery => ({ node, family: 4 }))
    if (queries.length > 0) await lookUp(queries)
  }

  /** Forgets all other nodes. */
  keep(nodes: readonly NodeView[]): void {
    const names = new Set(nodes.map(({ name }) => name))
    for (const name of this.#places.keys()) if (!names.has(name)) this.#places.delete(name)
  }

  get vpcs(): ReadonlySet<string> {
    return new Set([...this.#places.values()].map(({ place }) => place.vpcId))
  }

  get subnets(): ReadonlySet<string> {
    return new Set([...this.#places.values()].flatMap(({ place }) => place.subnets))
  }

  subnetsIn(vpcId: string | undefined): readonly string[] {
    const there = [...this.#places.values()].filter(({ place }) => place.vpcId === vpcId)
    return [...new Set(there.flatMap(({ place }) => place.subnets))]
  }
}

/** All that tells which instance it is. */
const identity = (node: NodeView): string =>
  JSON.stringify([node.providerID, node.addresses.map(formatAddress)])
