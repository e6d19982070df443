import type { PoolStatistics } from './pool-blocks.ts'

/** A pool has little left. */
export interface NearlyExhausted {
  readonly pool: PoolStatistics
  /** The mark that was passed. */
  readonly share: number
  /** A sentence for people. */
  readonly note: string
}

const marks = [0.8, 0.95]
/** So far below a mark it is forgotten that it was passed: a pool about it would tell without end. */
const slack = 0.05

/** Tells when a pool passes 80 % and 95 %, each once: to get more addresses takes days, to use them minutes. */
export class PoolForecast {
  readonly #tell: (warning: NearlyExhausted) => void
  /** By range: the highest mark that was told. */
  readonly #told = new Map<string, number>()

  constructor(tell: (warning: NearlyExhausted) => void) {
    this.#tell = tell
  }

  look(pools: readonly PoolStatistics[]): void {
    for (const pool of pools) {
      const share = (pool.size - pool.free) / pool.size
      const told = this.#told.get(pool.range) ?? 0
      const passed = marks.findLast((mark) => share >= mark) ?? 0
      if (passed > told) {
        this.#told.set(pool.range, passed)
        this.#tell({ pool, share: passed, note: noteOf(pool, share) })
      } else if (share < told - slack) {
        this.#told.set(pool.range, passed)
      }
    }
    const known = new Set(pools.map(({ range }) => range))
    for (const range of this.#told.keys()) if (!known.has(range)) this.#told.delete(range)
  }
}

function noteOf(pool: PoolStatistics, share: number): string {
  const { free, nodePrefixLength, quarantined, range, reserved, size, used } = pool
  return `pool ${range} has ${free} of ${size} blocks of /${nodePrefixLength} left (${Math.floor(share * 100)} % taken: ${used} by nodes, ${quarantined} in quarantine, ${reserved} reserved): add a pool before it is empty`
}
