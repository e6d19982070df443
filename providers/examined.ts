import type { Cidr } from '../net/cidr.ts'
import type { NodeView } from './provider.ts'

/** What an examination is told of the cluster, whatever the cloud. */

/** A Node as it is examined. */
export interface ExaminedNode extends NodeView {
  readonly podCIDRs: readonly Cidr[]
}

/** A range from which Nodes get blocks of one size. */
export interface PodPool {
  readonly range: Cidr
  /** How many Nodes get one. */
  readonly nodes: bigint
}

export interface ExaminedCluster {
  readonly clusterName: string
  readonly nodes: readonly ExaminedNode[]
  /** None where podway does not allocate. */
  readonly pools: readonly PodPool[]
}

/** How a cloud is read. */
export interface ExaminationTools {
  /** One reading, again if it may go better in a moment. */
  readonly attempt: <T>(work: () => Promise<T>) => Promise<T>
  /** Told what is read now. */
  readonly progress: (what: string) => void
}
