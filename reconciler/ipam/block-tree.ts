/**
 * Why a block is not free, the strongest reason first: a node has it · routes to it may still be there · podway must not
 * give it away at all.
 */
export const holdKinds = ['node', 'quarantine', 'reserved'] as const

export type HoldKind = (typeof holdKinds)[number]

/**
 * Which of 2^depth blocks are held, as a binary tree that exists only where something is held. A path is the block's
 * number in binary, `depth` digits, the highest first; a shorter one is the range of all blocks that begin so. Holds are
 * counted: a range that is held twice is free when it is released twice.
 *
 * Every operation costs as much as a path has digits (16 for the /64s of a /48), however many blocks are held and
 * however wide what is held: a range is one hold, not one a block.
 */
export class BlockTree {
  readonly #depth: number
  readonly #root = emptyBranch()

  constructor(depth: number) {
    this.#depth = depth
  }

  hold(path: string, kind: HoldKind): void {
    const way = [this.#root]
    let branch = this.#root
    for (const digit of path) {
      branch = digit === '1' ? (branch.one ??= emptyBranch()) : (branch.zero ??= emptyBranch())
      way.push(branch)
    }
    branch.holds[kind]++
    this.#recount(way)
  }

  /** Undoes one {@link hold}; nothing if there is none. */
  release(path: string, kind: HoldKind): void {
    const way = [this.#root]
    let branch = this.#root
    for (const digit of path) {
      const next = digit === '1' ? branch.one : branch.zero
      if (next === undefined) return
      branch = next
      way.push(branch)
    }
    if (branch.holds[kind] === 0) return
    branch.holds[kind]--
    this.#recount(way)
  }

  /** The first block that nothing holds, from the given one on, without going round. */
  firstFree(from: string): string | undefined {
    return this.#firstFree(this.#root, '', from)
  }

  /** How often the block is held for each reason, by itself or by a range around it. */
  holdsOf(block: string): Readonly<Record<HoldKind, number>> {
    const sum = { node: 0, quarantine: 0, reserved: 0 }
    let branch: Branch | undefined = this.#root
    for (let level = 0; branch !== undefined; level++) {
      for (const kind of holdKinds) sum[kind] += branch.holds[kind]
      branch = block[level] === '1' ? branch.one : branch.zero
    }
    return sum
  }

  /** How many blocks are held for each reason, each counted once, by its strongest. Exact below 2^53. */
  count(): Readonly<Record<HoldKind, number>> {
    const { node, quarantine, reserved } = this.#root.covered
    return { node, quarantine: quarantine - node, reserved: reserved - quarantine }
  }

  /** From the lowest branch of the way up; drops those in which nothing is held. */
  #recount(way: readonly Branch[]): void {
    for (let level = way.length - 1; level >= 0; level--) {
      const branch = way[level]
      if (branch === undefined) continue
      const { zero, one, holds } = branch
      if (zero !== undefined && isEmpty(zero)) branch.zero = undefined
      if (one !== undefined && isEmpty(one)) branch.one = undefined
      let here = 0
      for (const kind of holdKinds) {
        here += holds[kind]
        branch.covered[kind] =
          here > 0 ? 2 ** (this.#depth - level) : (zero?.covered[kind] ?? 0) + (one?.covered[kind] ?? 0)
      }
      // Not by the counts: of a vast pool they are rounded.
      branch.full = here > 0 || (zero?.full === true && one?.full === true)
    }
  }

  /** `path` is where the branch is; `from` is undefined where every block lies behind the first that is asked for. */
  #firstFree(branch: Branch | undefined, path: string, from: string | undefined): string | undefined {
    if (branch === undefined)
      return path + (from?.slice(path.length) ?? '0'.repeat(this.#depth - path.length))
    if (branch.full) return undefined
    if (path.length === this.#depth) return path
    if (from?.[path.length] === '1') return this.#firstFree(branch.one, `${path}1`, from)
    return (
      this.#firstFree(branch.zero, `${path}0`, from) ?? this.#firstFree(branch.one, `${path}1`, undefined)
    )
  }
}

type Counts = Record<HoldKind, number>

interface Branch {
  zero: Branch | undefined
  one: Branch | undefined
  /** Of exactly this range. */
  readonly holds: Counts
  /** How many blocks in it are held for the reason or a stronger one. */
  readonly covered: Counts
  /** Whether no block in it is free. */
  full: boolean
}

const emptyBranch = (): Branch => ({
  zero: undefined,
  one: undefined,
  holds: { node: 0, quarantine: 0, reserved: 0 },
  covered: { node: 0, quarantine: 0, reserved: 0 },
  full: false,
})

const isEmpty = ({ zero, one, holds }: Branch): boolean =>
  zero === undefined && one === undefined && holds.node + holds.quarantine + holds.reserved === 0
