import type { Family } from '../../net/address.ts'
import { type Cidr, formatCidr } from '../../net/cidr.ts'
import type { Pool } from './pool.ts'

/** Every family that the pools serve, or nothing: a node is never left with half of its podCIDRs. */
export type Allocation =
  | { readonly result: 'allocated'; readonly cidrs: readonly Cidr[] }
  | { readonly result: 'exhausted'; readonly family: Family; readonly message: string }

/** Under which name a Node holds its blocks. */
export const nodeOwner = (uid: string): string => `node ${uid}`

/** Gives nodes their podCIDRs from the pools, one of each family, IPv4 or IPv6 first as the pools are ordered. */
export class Allocator {
  readonly #pools: readonly Pool[]
  readonly #held = new Map<string, Map<string, Cidr>>()

  constructor(pools: readonly Pool[]) {
    this.#pools = pools
  }

  /** Those that the pools serve, in the order of the pools. */
  get families(): ReadonlySet<Family> {
    return new Set(this.#pools.map((pool) => pool.family))
  }

  /**
   * One block of each family for the owner: what it holds already, else a free one. So a caller that does not know
   * whether its last answer was written asks again and gets the same.
   */
  allocate(owner: string): Allocation {
    const cidrs: Cidr[] = []
    const taken: Cidr[] = []
    for (const family of this.families) {
      const held = [...(this.#held.get(owner)?.values() ?? [])].find((cidr) => cidr.family === family)
      const cidr = held ?? this.#take(family, owner)
      if (cidr === undefined) {
        for (const back of taken) this.release(back, owner)
        return { result: 'exhausted', family, message: this.#exhausted(family) }
      }
      if (held === undefined) taken.push(cidr)
      cidrs.push(cidr)
    }
    return { result: 'allocated', cidrs }
  }

  /** Marks what the owner has already, in the pools or not. Idempotent. */
  occupy(cidr: Cidr, owner: string): void {
    const held = this.#held.get(owner)
    if (held === undefined) this.#held.set(owner, new Map([[formatCidr(cidr), cidr]]))
    else held.set(formatCidr(cidr), cidr)
    for (const pool of this.#pools) if (pool.family === cidr.family) pool.occupy(cidr, owner)
  }

  /** Undoes {@link occupy} or a part of {@link allocate}; idempotent. */
  release(cidr: Cidr, owner: string): void {
    const held = this.#held.get(owner)
    held?.delete(formatCidr(cidr))
    if (held?.size === 0) this.#held.delete(owner)
    for (const pool of this.#pools) if (pool.family === cidr.family) pool.release(cidr, owner)
  }

  /** Releases all that the owner holds. */
  releaseAll(owner: string): void {
    for (const cidr of [...(this.#held.get(owner)?.values() ?? [])]) this.release(cidr, owner)
  }

  #take(family: Family, owner: string): Cidr | undefined {
    for (const pool of this.#pools) {
      if (pool.family !== family) continue
      const cidr = pool.candidate()
      if (cidr !== undefined) {
        this.occupy(cidr, owner)
        return cidr
      }
    }
    return undefined
  }

  // https://github.com/kubernetes/kubernetes/issues/85866: say which pool, and how many nodes it was for.
  #exhausted(family: Family): string {
    const pools = this.#pools.filter((pool) => pool.family === family)
    const sizes = pools.map(
      (pool) => `${formatCidr(pool.range)} (${pool.size} nodes of /${pool.nodePrefixLength})`,
    )
    return `no free IPv${family} podCIDR: all of ${sizes.join(', ')} is taken`
  }
}
