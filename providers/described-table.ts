import type { Cidr } from '../net/cidr.ts'
import type { Target } from './route.ts'

/** A table as its cloud writes it down: for those who tell another program of it. */
export interface DescribedTable {
  /** In the cloud's own spelling; `Table.id` may differ from it in case. */
  readonly id: string
  /** Those that can be changed by API; in the order in which the cloud lists them. Several may have one destination. */
  readonly routes: readonly DescribedRoute[]
}

export interface DescribedRoute {
  readonly destination: Cidr
  readonly target: Target
  /** By which the cloud tells the route from others of the table. */
  readonly name: string
  /** The destination as the cloud repeats it: not always in canonical form. */
  readonly range: string
  /** The next hop, likewise. */
  readonly nextHop: string
  /** What else the cloud's API has of it, where it has that. */
  readonly priority?: number
  readonly tags?: readonly string[]
  readonly description?: string
}
