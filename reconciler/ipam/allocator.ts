import type { Family } from '../../net/address.ts'
import { type Cidr, formatCidr, overlaps } from '../../net/cidr.ts'
import type { NodePool } from '../../providers/provider.ts'
import type { HoldKind } from './block-tree.ts'
import type { Labels } from './label-selector.ts'
import { Pool, inOrder, refuseOverlaps } from './pool.ts'
import { PoolBlocks, type PoolStatistics } from './pool-blocks.ts'
import { type NearlyExhausted, PoolForecast } from './pool-forecast.ts'
import { type PreviousHolder, Quarantine } from './quarantine.ts'

/** Every family that the node's pools serve, or nothing: a node is never left with half of its podCIDRs. */
export type Allocation =
  | { readonly result: 'allocated'; readonly cidrs: readonly Cidr[] }
  | { readonly result: 'exhausted'; readonly family: Family; readonly message: string }
  /** No pool is for such a node. */
  | { readonly result: 'unmatched'; readonly message: string }

/** Who asks for podCIDRs. */
export interface Applicant {
  readonly labels?: Labels
  /** By which a machine is known that comes back as another Node. */
  readonly providerID?: string
  /** From what it gets its podCIDR of that family, by the cloud's own word; no pool of the family is for it then. */
  readonly cloudPool?: NodePool
}

/**
 * Which candidates a reserved range rules out: those that share an address with it, or only those that are or contain it.
 * A route to a range around a node's is harmless (10.0.0.0/8 to a gateway), one to a part of it takes packets away.
 * `local`: as `overlapping`, but not where the cloud delegates parts of that very range to nodes.
 */
export type Reservation = 'overlapping' | 'around' | 'local'

/** Under which name a Node holds its blocks. */
export const nodeOwner = (uid: string): string => `node ${uid}`

/**
 * Gives nodes their podCIDRs from the pools, one of each family, IPv4 or IPv6 first as the pools are ordered; IPv4 where one
 * of the two is the cloud's to give.
 *
 * A block is held as long as anything holds it: the Node that has it, the record of its routes (quarantine), or a range
 * that must not be used. What is held is held whether a pool has it or not, so that pools may come and go: a new one knows
 * at once what is taken, and one that is removed gives nothing more and takes nothing back.
 */
export class Allocator {
  #pools: readonly ServedPool[] = []
  /** Those of the cloud that some node was to get something of. */
  readonly #cloudPools = new Map<string, ServedPool>()
  readonly #owners = new Map<string, Map<string, Cidr>>()
  readonly #quarantine = new Quarantine()
  readonly #reserved = new Map<string, ReadonlyMap<string, Reserved>>()
  readonly #forecast: PoolForecast
  readonly #onFree: () => void
  /** Somebody was refused since something was last freed. */
  #refused = false

  /** @throws PoolConfigurationError if pools overlap */
  constructor(pools: readonly Pool[], listener: AllocatorListener = {}) {
    this.#forecast = new PoolForecast(listener.onNearlyExhausted ?? (() => undefined))
    this.#onFree = listener.onFree ?? (() => undefined)
    this.configure(pools)
  }

  /**
   * Serves these pools from now on. One whose range and mask stay goes on where it was.
   * @throws PoolConfigurationError if they overlap; those of before are served on then
   */
  configure(pools: readonly Pool[]): void {
    refuseOverlaps(pools)
    const before = new Map(this.#pools.map((served) => [nameOf(served.pool), served]))
    this.#pools = pools.map((pool) => ({ ...(before.get(nameOf(pool)) ?? this.#filled(pool)), pool }))
  }

  /** Those of the pools, in their order. */
  get ranges(): readonly Cidr[] {
    return this.#pools.map(({ pool }) => pool.range)
  }

  /** Those that the pools serve, in the order of the pools. */
  get families(): ReadonlySet<Family> {
    return new Set(this.#pools.map(({ pool }) => pool.family))
  }

  /** Whether it depends on a node's labels what it gets: they must be final then. */
  get isSelective(): boolean {
    return this.#pools.some(({ pool }) => pool.nodeSelector !== undefined)
  }

  /**
   * One block of each family for the owner: what it holds already, else what it had before and nobody else may have, else
   * a free one. So a caller that does not know whether its last answer was written asks again and gets the same.
   */
  allocate(owner: string, { labels = {}, providerID, cloudPool }: Applicant = {}): Allocation {
    const pools = [
      ...this.#pools.filter(({ pool }) => pool.isFor(labels) && pool.family !== cloudPool?.family),
      ...this.#servedByCloud(cloudPool),
    ]
    const ofCloud = cloudPool === undefined ? [] : [cloudPool.family]
    const ofPools = pools.map(({ pool }) => pool.family)
    const families = new Set(cloudPool?.family === 4 ? [...ofCloud, ...ofPools] : [...ofPools, ...ofCloud])
    if (families.size === 0) return { result: 'unmatched', message: this.#unmatched() }
    const cidrs: Cidr[] = []
    const taken: Cidr[] = []
    for (const family of families) {
      const serving = pools.filter(({ pool }) => pool.family === family)
      const held = [...(this.#owners.get(owner)?.values() ?? [])].find((cidr) => cidr.family === family)
      const cidr =
        held ??
        this.#ownBefore(serving, { owner, providerID }) ??
        (family === cloudPool?.family ? this.#ownByCloud(cloudPool, { owner, providerID }) : undefined) ??
        nextFree(serving)
      if (cidr === undefined) {
        // Nothing that was not free before is free by this: nobody is to be told.
        this.#refused = false
        for (const back of taken) this.release(back, owner)
        this.#refused = true
        return { result: 'exhausted', family, message: exhausted(family, serving) }
      }
      if (held === undefined) {
        this.occupy(cidr, owner)
        taken.push(cidr)
      }
      cidrs.push(cidr)
    }
    if (taken.length > 0) this.#forecast.look(this.statistics())
    return { result: 'allocated', cidrs }
  }

  /** Marks what the owner has already, in the pools or not. Idempotent. */
  occupy(cidr: Cidr, owner: string): void {
    const held = this.#owners.get(owner) ?? new Map<string, Cidr>()
    const key = formatCidr(cidr)
    if (held.has(key)) return
    this.#owners.set(owner, held.set(key, cidr))
    this.#hold(cidr, 'node')
  }

  /** The owner has these for good, and nothing else that it was to get, which is returned. Idempotent. */
  settle(owner: string, cidrs: readonly Cidr[]): readonly Cidr[] {
    for (const cidr of cidrs) this.occupy(cidr, owner)
    const kept = new Set(cidrs.map(formatCidr))
    const left = this.heldBy(owner).filter((cidr) => !kept.has(formatCidr(cidr)))
    for (const cidr of left) this.release(cidr, owner)
    return left
  }

  /** What the owner holds, in the order it came by it. */
  heldBy(owner: string): readonly Cidr[] {
    return [...(this.#owners.get(owner)?.values() ?? [])]
  }

  /** Undoes {@link occupy} or a part of {@link allocate}; idempotent. */
  release(cidr: Cidr, owner: string): void {
    const held = this.#owners.get(owner)
    if (held?.delete(formatCidr(cidr)) !== true) return
    if (held.size === 0) this.#owners.delete(owner)
    this.#letGo(cidr, 'node')
  }

  /** Releases all that the owner holds. */
  releaseAll(owner: string): void {
    for (const cidr of this.heldBy(owner)) this.release(cidr, owner)
  }

  /**
   * Routes to the range are, or may be, somewhere: nobody gets it but who had it, known by its Node or by its machine.
   * Idempotent; the last holder named counts.
   */
  quarantine(cidr: Cidr, holder: PreviousHolder = {}): void {
    if (this.#quarantine.add(cidr, holder)) this.#hold(cidr, 'quarantine')
  }

  /** Its routes are gone. Idempotent. */
  endQuarantine(cidr: Cidr): void {
    if (this.#quarantine.delete(cidr)) this.#letGo(cidr, 'quarantine')
  }

  /**
   * What the source says must not be given away, in place of what it said before. What nodes have already they keep.
   */
  reserve(source: string, ranges: readonly Cidr[], reservation: Reservation = 'overlapping'): void {
    const before = this.#reserved.get(source) ?? new Map<string, Reserved>()
    const now = new Map(
      ranges.map((range) => [`${reservation} ${formatCidr(range)}`, { range, reservation }]),
    )
    this.#reserved.set(source, now)
    const gone = [...before].filter(([key]) => !now.has(key))
    for (const [, one] of gone) for (const served of this.#all()) reserveIn(served, one, 'release')
    for (const [key, one] of now)
      if (!before.has(key)) for (const served of this.#all()) reserveIn(served, one, 'hold')
    if (gone.length > 0) this.#freed()
  }

  /** Of each pool, in the order they are configured; then those of the cloud. */
  statistics(): readonly PoolStatistics[] {
    return this.#all().map(({ blocks }) => blocks.statistics())
  }

  #all(): readonly ServedPool[] {
    return [...this.#pools, ...this.#cloudPools.values()]
  }

  #servedByCloud(cloudPool: NodePool | undefined): readonly ServedPool[] {
    return (cloudPool?.ranges ?? []).map((range) => {
      const pool = new Pool(range, cloudPool?.prefixLength ?? 0)
      const served = this.#cloudPools.get(nameOf(pool)) ?? this.#filled(pool, true)
      this.#cloudPools.set(nameOf(pool), served)
      return served
    })
  }

  /** The first of what the cloud has given to the applicant already, and nobody else has by our own record. */
  #ownByCloud({ assigned }: NodePool, holder: PreviousHolder): Cidr | undefined {
    const own = new Set(this.#quarantine.of(holder).map(formatCidr))
    const others = [
      ...this.#quarantine.all().filter((cidr) => !own.has(formatCidr(cidr))),
      ...[...this.#owners].flatMap(([owner, held]) => (owner === holder.owner ? [] : [...held.values()])),
    ]
    return assigned.find((cidr) => !others.some((other) => overlaps(other, cidr)))
  }

  /** The first, in the pools' order, of what is quarantined and was the applicant's. */
  #ownBefore(pools: readonly ServedPool[], holder: PreviousHolder): Cidr | undefined {
    const own = this.#quarantine.of(holder)
    for (const { blocks } of pools) {
      const cidr = own.find((one) => blocks.isOnlyQuarantined(one))
      if (cidr !== undefined) return cidr
    }
    return undefined
  }

  #hold(cidr: Cidr, kind: HoldKind): void {
    for (const { pool, blocks } of this.#all()) if (pool.family === cidr.family) blocks.hold(cidr, kind)
  }

  #letGo(cidr: Cidr, kind: HoldKind): void {
    for (const { pool, blocks } of this.#all()) if (pool.family === cidr.family) blocks.release(cidr, kind)
    this.#freed()
  }

  #freed(): void {
    if (!this.#refused) return
    this.#refused = false
    this.#onFree()
  }

  /** A new pool, with all that is held in it. */
  #filled(pool: Pool, ofCloud = false): ServedPool {
    const blocks = new PoolBlocks(pool)
    const served = { pool, blocks, ofCloud }
    for (const held of this.#owners.values()) for (const cidr of held.values()) blocks.hold(cidr, 'node')
    for (const cidr of this.#quarantine.all()) blocks.hold(cidr, 'quarantine')
    for (const ranges of this.#reserved.values())
      for (const one of ranges.values()) reserveIn(served, one, 'hold')
    return served
  }

  #unmatched(): string {
    if (this.#pools.length === 0) return 'no podCIDR: there is no pool'
    const ranges = this.#pools.map(({ pool }) => formatCidr(pool.range))
    return `no podCIDR: no pool is for a node with these labels (the node selectors of ${ranges.join(', ')} don't select it)`
  }
}

/** Told at once, in the middle of what brings it about: to be noted, and acted upon later. */
export interface AllocatorListener {
  readonly onNearlyExhausted?: (warning: NearlyExhausted) => void
  /** Something is let go of, and somebody was refused before. */
  readonly onFree?: () => void
}

interface ServedPool {
  readonly pool: Pool
  readonly blocks: PoolBlocks
  /** Whether it is a part of the network that the cloud delegates to nodes. */
  readonly ofCloud: boolean
}

interface Reserved {
  readonly range: Cidr
  readonly reservation: Reservation
}

/** Two of the same name have the same blocks. */
const nameOf = (pool: Pool): string => `${formatCidr(pool.range)} ${pool.nodePrefixLength}`

function reserveIn({ pool, blocks, ofCloud }: ServedPool, one: Reserved, op: 'hold' | 'release'): void {
  if (one.reservation === 'local' && ofCloud) return
  // Every block of the pool that shares addresses with it lies in it.
  if (one.reservation === 'around' && one.range.prefixLength < pool.nodePrefixLength) return
  blocks[op](one.range, 'reserved')
}

function nextFree(pools: readonly ServedPool[]): Cidr | undefined {
  const blocks = new Map(pools.map((served) => [served.pool, served.blocks]))
  for (const pool of inOrder([...blocks.keys()])) {
    const cidr = blocks.get(pool)?.candidate()
    if (cidr !== undefined) return cidr
  }
  return undefined
}

// https://github.com/kubernetes/kubernetes/issues/85866: say which pool, and how many nodes it was for.
function exhausted(family: Family, pools: readonly ServedPool[]): string {
  if (pools.length === 0) return `no free IPv${family} podCIDR: there is no range to take one from`
  const sizes = pools.map(({ pool, blocks }) => {
    const { reserved } = blocks.statistics()
    const inUse = reserved === 0 ? '' : `, ${reserved} of them reserved: something else has the addresses`
    return `${formatCidr(pool.range)} (${pool.size} nodes of /${pool.nodePrefixLength}${inUse})`
  })
  return `no free IPv${family} podCIDR: all of ${sizes.join(', ')} is taken`
}
