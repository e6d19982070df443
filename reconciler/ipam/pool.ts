import { type Family, addressBits } from '../../net/address.ts'
import { type Cidr, formatCidr, overlaps, subnetCount } from '../../net/cidr.ts'
import { type LabelSelector, type Labels, selects } from './label-selector.ts'

/** Pools that can't be served. `message` names what is wrong, its value, and what would do. */
export class PoolConfigurationError extends Error {
  readonly code = 'ERR_POOL_CONFIGURATION'
  override readonly name = 'PoolConfigurationError'
}

/** One range from which nodes get a block each, all of one size: as it is configured. */
export class Pool {
  readonly range: Cidr
  readonly nodePrefixLength: number
  /** For which nodes it is; undefined: for all. */
  readonly nodeSelector: LabelSelector | undefined

  /** @throws PoolConfigurationError */
  constructor(range: Cidr, nodePrefixLength: number, nodeSelector?: LabelSelector) {
    if (nodePrefixLength < range.prefixLength || nodePrefixLength > addressBits(range.family)) {
      throw new PoolConfigurationError(
        `a node mask of /${nodePrefixLength} does not fit into ${formatCidr(range)}: use one from /${range.prefixLength} to /${addressBits(range.family)}`,
      )
    }
    this.range = range
    this.nodePrefixLength = nodePrefixLength
    this.nodeSelector = nodeSelector
  }

  get family(): Family {
    return this.range.family
  }

  /** How many blocks the pool has, taken or not. */
  get size(): bigint {
    return subnetCount(this.range, this.nodePrefixLength)
  }

  isFor(labels: Labels): boolean {
    return this.nodeSelector === undefined || selects(this.nodeSelector, labels)
  }
}

/**
 * The order in which a node's pools are tried: those with a selector before those for all nodes, then as configured.
 */
export const inOrder = (pools: readonly Pool[]): readonly Pool[] => [
  ...pools.filter(({ nodeSelector }) => nodeSelector !== undefined),
  ...pools.filter(({ nodeSelector }) => nodeSelector === undefined),
]

/** Two pools must not share addresses. @throws PoolConfigurationError */
export function refuseOverlaps(pools: readonly Pool[]): void {
  for (const [index, { range }] of pools.entries()) {
    const other = pools.slice(index + 1).find((later) => overlaps(range, later.range))
    if (other === undefined) continue
    throw new PoolConfigurationError(
      `${formatCidr(range)} and ${formatCidr(other.range)} overlap: name each range once`,
    )
  }
}
