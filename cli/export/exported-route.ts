import type { Cidr } from '../../net/cidr.ts'
import type { DescribedRoute } from '../../providers/described-table.ts'
import type { Target } from '../../providers/route.ts'

/**
 * `owned`: it is there, and recorded as podway's · `foreign`: it is there and does the job, and somebody else made it ·
 * `missing`: a node wants it, and it is not there yet · `disputed`: somebody else made it, and it leads elsewhere.
 */
export const standings = ['owned', 'foreign', 'missing', 'disputed'] as const
export type Standing = (typeof standings)[number]

/** A route that a node of the cluster wants. */
export interface ExportedRoute {
  /** In the cloud's own spelling. */
  readonly table: string
  readonly destination: Cidr
  /** Where it leads; of one that is missing or disputed, where it is to lead. */
  readonly target: Target
  /** The name of the node. */
  readonly node: string
  readonly standing: Standing
  /** Of one that is there, where the cloud has more to tell of it than where it leads. */
  readonly described?: DescribedRoute
}
