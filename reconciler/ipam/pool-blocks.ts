import { type Family, addressBits } from '../../net/address.ts'
import { type Cidr, formatCidr, nthSubnet, overlaps } from '../../net/cidr.ts'
import { BlockTree, type HoldKind } from './block-tree.ts'
import type { Pool } from './pool.ts'

/** How full a pool is, in blocks. Exact below 2^53; every block counts once, and the four add up to the size. */
export interface PoolStatistics {
  /** The pool's range, canonical. */
  readonly range: string
  readonly family: Family
  readonly nodePrefixLength: number
  readonly size: number
  /** Nodes have them. */
  readonly used: number
  /** No node has them, but routes to them may still be there. */
  readonly quarantined: number
  /** They are never given: something else has the addresses. */
  readonly reserved: number
  readonly free: number
}

/**
 * Which blocks of a pool are free. Next-fit: it goes on behind the block given last, so that a freed one is given again as
 * late as possible. What is taken is told from outside by {@link hold} and {@link release}; holds are counted.
 */
export class PoolBlocks {
  readonly #range: Cidr
  readonly #name: string
  readonly #nodePrefixLength: number
  readonly #size: bigint
  readonly #depth: number
  readonly #tree: BlockTree
  #next = 0n

  constructor({ range, nodePrefixLength, size }: Pool) {
    this.#range = range
    this.#name = formatCidr(range)
    this.#nodePrefixLength = nodePrefixLength
    this.#size = size
    this.#depth = nodePrefixLength - range.prefixLength
    this.#tree = new BlockTree(this.#depth)
  }

  /** The next free block, not yet held: {@link hold} it before asking again. Undefined if all are taken. */
  candidate(): Cidr | undefined {
    const free =
      this.#tree.firstFree(digits(this.#next, this.#depth)) ?? this.#tree.firstFree('0'.repeat(this.#depth))
    if (free === undefined) return undefined
    const index = BigInt(`0b0${free}`)
    this.#next = (index + 1n) % this.#size
    return nthSubnet(this.#range, this.#nodePrefixLength, index)
  }

  /** Marks every block that overlaps the range as held. Ranges outside the pool are ignored. */
  hold(cidr: Cidr, kind: HoldKind): void {
    const path = this.#path(cidr)
    if (path !== undefined) this.#tree.hold(path, kind)
  }

  /** Undoes one {@link hold} of the range. */
  release(cidr: Cidr, kind: HoldKind): void {
    const path = this.#path(cidr)
    if (path !== undefined) this.#tree.release(path, kind)
  }

  /** Whether the range is a block of the pool that nothing holds but one quarantine. */
  isOnlyQuarantined(cidr: Cidr): boolean {
    if (cidr.prefixLength !== this.#nodePrefixLength) return false
    const path = this.#path(cidr)
    if (path === undefined) return false
    const { node, quarantine, reserved } = this.#tree.holdsOf(path)
    return node === 0 && reserved === 0 && quarantine === 1
  }

  statistics(): PoolStatistics {
    const { node, quarantine, reserved } = this.#tree.count()
    const size = Number(this.#size)
    return {
      range: this.#name,
      family: this.#range.family,
      nodePrefixLength: this.#nodePrefixLength,
      size,
      used: node,
      quarantined: quarantine,
      reserved,
      free: size - node - quarantine - reserved,
    }
  }

  /** The path of the blocks that overlap the range, from the pool's own; undefined if none does. */
  #path(cidr: Cidr): string | undefined {
    if (!overlaps(cidr, this.#range)) return undefined
    const length = Math.min(cidr.prefixLength, this.#nodePrefixLength) - this.#range.prefixLength
    if (length <= 0) return ''
    const behind = BigInt(addressBits(cidr.family) - this.#range.prefixLength - length)
    return digits((cidr.network - this.#range.network) >> behind, length)
  }
}

const digits = (value: bigint, length: number): string =>
  length === 0 ? '' : value.toString(2).padStart(length, '0')
