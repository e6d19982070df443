import type { Family } from './address.ts'
import {
  type Cidr,
  cidrAround,
  compareCidrs,
  containsCidr,
  firstAddress,
  nthSubnet,
  subnetCount,
} from './cidr.ts'

/**
 * A set of ranges that tells which of them lie around, or inside of, another one. A look-up costs as much as there are
 * prefix lengths in the set, not as much as there are ranges; what lies inside is found by the number of blocks that may,
 * or of ranges that are there, whichever is smaller.
 */
export class CidrSet {
  readonly #levels = new Map<string, Level>()

  /** Idempotent. */
  add(cidr: Cidr): void {
    const { family, prefixLength } = cidr
    const name = `${family}/${prefixLength}`
    const level = this.#levels.get(name)
    if (level === undefined) {
      this.#levels.set(name, { family, prefixLength, ranges: new Map([[cidr.network, cidr]]) })
    } else level.ranges.set(cidr.network, cidr)
  }

  /** Idempotent. */
  delete({ family, prefixLength, network }: Cidr): void {
    const name = `${family}/${prefixLength}`
    const level = this.#levels.get(name)
    level?.ranges.delete(network)
    if (level?.ranges.size === 0) this.#levels.delete(name)
  }

  /** Those that contain the range and are wider, the widest first. */
  around(cidr: Cidr): readonly Cidr[] {
    return this.#wider(cidr).sort(compareCidrs)
  }

  /** Those that lie in the range and are narrower, in the order of {@link compareCidrs}. */
  inside(cidr: Cidr): readonly Cidr[] {
    return this.#narrower(cidr).sort(compareCidrs)
  }

  #wider(cidr: Cidr): Cidr[] {
    const found: Cidr[] = []
    for (const { family, prefixLength, ranges } of this.#levels.values()) {
      if (family !== cidr.family || prefixLength >= cidr.prefixLength) continue
      const range = ranges.get(cidrAround(firstAddress(cidr), prefixLength).network)
      if (range !== undefined) found.push(range)
    }
    return found
  }

  #narrower(cidr: Cidr): Cidr[] {
    const found: Cidr[] = []
    for (const { family, prefixLength, ranges } of this.#levels.values()) {
      if (family !== cidr.family || prefixLength <= cidr.prefixLength) continue
      const blocks = subnetCount(cidr, prefixLength)
      if (blocks > BigInt(ranges.size)) {
        for (const range of ranges.values()) if (containsCidr(cidr, range)) found.push(range)
        continue
      }
      for (let index = 0n; index < blocks; index++) {
        const range = ranges.get(nthSubnet(cidr, prefixLength, index).network)
        if (range !== undefined) found.push(range)
      }
    }
    return found
  }
}

/** All ranges of one family and prefix length, by their lowest address. */
interface Level {
  readonly family: Family
  readonly prefixLength: number
  readonly ranges: Map<bigint, Cidr>
}
