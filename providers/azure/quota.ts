import type { Family } from '../../net/address.ts'
import type { Quota, Snapshot } from '../provider.ts'

/**
 * How full a table is. Both families share its limit: what one of them has is not there for the other. Routes to service
 * tags count too; they are not listed, and in a table with some Azure refuses that much earlier.
 */
export function quotaOf({ routes }: Snapshot, routesPerTable: number): Quota {
  const used = (family: Family): number =>
    routes.filter((route) => route.destination.family === family).length
  return {
    families: [
      { family: 4, used: used(4), limit: Math.max(0, routesPerTable - used(6)) },
      { family: 6, used: used(6), limit: Math.max(0, routesPerTable - used(4)) },
    ],
  }
}
