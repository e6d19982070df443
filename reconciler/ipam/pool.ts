import { type Family, addressBits } from '../../net/address.ts'
import { type Cidr, cidrSize, formatCidr, nthSubnet, overlaps, subnetCount } from '../../net/cidr.ts'

/** A pool that can't be served. `message` names the range and the mask, and says what would do. */
export class PoolConfigurationError extends Error {
  readonly code = 'ERR_POOL_CONFIGURATION'
  override readonly name = 'PoolConfigurationError'
}

/**
 * One range from which nodes get a block each, all of one size. Next-fit: it goes on behind the block given last, so
 * that a freed one is given again as late as possible. What is taken is told from outside by {@link occupy} and
 * {@link release}, each under an owner: the same block may be held for two reasons (a Node, and a route that is not
 * yet gone), and is free when both have let go.
 */
export class Pool {
  readonly range: Cidr
  readonly nodePrefixLength: number
  readonly #holders = new Map<bigint, Set<string>>()
  /** What is held and wider than a block: few, so a list does. */
  readonly #wide = new Map<string, Cidr>()
  #next = 0n

  constructor(range: Cidr, nodePrefixLength: number) {
    if (nodePrefixLength < range.prefixLength || nodePrefixLength > addressBits(range.family)) {
      throw new PoolConfigurationError(
        `a node mask of /${nodePrefixLength} does not fit into ${formatCidr(range)}: use one from /${range.prefixLength} to /${addressBits(range.family)}`,
      )
    }
    this.range = range
    this.nodePrefixLength = nodePrefixLength
  }

  get family(): Family {
    return this.range.family
  }

  /** How many blocks the pool has, taken or not. */
  get size(): bigint {
    return subnetCount(this.range, this.nodePrefixLength)
  }

  /** The next free block, not yet taken: {@link occupy} it before asking again. Undefined if all are taken. */
  candidate(): Cidr | undefined {
    const { size } = this
    let tried = 0n
    while (tried < size) {
      const index = (this.#next + tried) % size
      const block = nthSubnet(this.range, this.nodePrefixLength, index)
      const wide = this.#wide.values().find((held) => overlaps(held, block))
      if (wide !== undefined) {
        // Of a /8 of IPv6, step by step would take years.
        tried += this.#behind(wide) - index
      } else if (this.#holders.has(index)) {
        tried++
      } else {
        this.#next = (index + 1n) % size
        return block
      }
    }
    return undefined
  }

  /** Marks every block that overlaps the range as held by the owner. Ranges outside the pool are ignored. */
  occupy(cidr: Cidr, owner: string): void {
    if (!overlaps(cidr, this.range)) return
    if (cidr.prefixLength < this.nodePrefixLength) {
      this.#wide.set(holding(cidr, owner), cidr)
      return
    }
    const index = this.#index(cidr)
    const holders = this.#holders.get(index)
    if (holders === undefined) this.#holders.set(index, new Set([holding(cidr, owner)]))
    else holders.add(holding(cidr, owner))
  }

  /** Undoes one {@link occupy}; idempotent. */
  release(cidr: Cidr, owner: string): void {
    if (!overlaps(cidr, this.range)) return
    if (cidr.prefixLength < this.nodePrefixLength) {
      this.#wide.delete(holding(cidr, owner))
      return
    }
    const index = this.#index(cidr)
    const holders = this.#holders.get(index)
    holders?.delete(holding(cidr, owner))
    if (holders?.size === 0) this.#holders.delete(index)
  }

  #index(cidr: Pick<Cidr, 'network'>): bigint {
    return (cidr.network - this.range.network) >> BigInt(addressBits(this.family) - this.nodePrefixLength)
  }

  /** The index of the first block behind the range; the pool's size if there is none. */
  #behind(wide: Cidr): bigint {
    const index = this.#index({ network: wide.network + cidrSize(wide) })
    return index < this.size ? index : this.size
  }
}

const holding = (cidr: Cidr, owner: string): string => `${owner} ${formatCidr(cidr)}`
