import type { RoutedNode } from '../../reconciler/plan/claims.ts'

/** A Node as the mesh sees it. */
export interface MeshNode extends RoutedNode {
  /** A cloud's node controller is still to come and say which machine it is: until then it has no providerID. */
  readonly awaitsCloud?: true
}

/** The cluster's Nodes, kept by somebody else. */
export interface MeshNodes {
  /** Resolves when all Nodes have been read once: before, that one is missing means nothing. */
  readonly synced: Promise<void>
  list(): readonly MeshNode[]
  /** Calls back for each change from now on, as long as the program runs. */
  onChange(handler: (change: NodeChange) => void): void
  /**
   * All Nodes as the API server has them now, asked for and not remembered. It is asked rarely, and only before something
   * is removed that no Node claims any more, though nobody has said that the Node was deleted.
   */
  readAgain(signal: AbortSignal): Promise<readonly MeshNode[]>
}

export type NodeChange =
  | { readonly type: 'present'; readonly node: MeshNode }
  /** `watch`: the API server said so · `relist`: a list does not have it any more, and a list can lie. */
  | { readonly type: 'gone'; readonly node: MeshNode; readonly evidence: 'watch' | 'relist' }
