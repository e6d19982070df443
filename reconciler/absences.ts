import type { DestinationKey, NodeRef } from './ledger/record.ts'

/**
 * Nodes that a list did not have any more, by the destinations that they had. A list can lie (a proxy, an etcd restored
 * from a backup), and the ledger may still name the node before: what they had is theirs until somebody who knows says
 * that they are gone.
 */
export class Absences {
  readonly #absent = new Map<DestinationKey, Map<string, NodeRef>>()

  /** A list lacks the node. */
  note(destination: DestinationKey, node: NodeRef): void {
    const nodes = this.#absent.get(destination) ?? new Map<string, NodeRef>()
    this.#absent.set(destination, nodes.set(node.uid, node))
  }

  of(destination: DestinationKey): readonly NodeRef[] {
    return [...(this.#absent.get(destination)?.values() ?? [])]
  }

  /** The node is there after all, or surely gone. */
  settle(destination: DestinationKey, { uid }: Pick<NodeRef, 'uid'>): void {
    const nodes = this.#absent.get(destination)
    nodes?.delete(uid)
    if (nodes?.size === 0) this.#absent.delete(destination)
  }
}
