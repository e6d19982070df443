import { FailureLog } from '../../kube/failure-log.ts'
import type { Logger } from '../../kube/log.ts'
import type { Family } from '../../net/address.ts'
import { type Cidr, containsCidr } from '../../net/cidr.ts'
import { type ErrorClass, ProviderError } from '../../providers/errors.ts'
import type { RouteProvider, ServedRange } from '../../providers/provider.ts'
import { retryOf } from '../apply/retry.ts'
import type { TableCache } from '../table-cache.ts'
import { type Completeness, NativeTables } from './native-tables.ts'

/** A cloud that does not answer is asked again so soon, and one that is not going to, so late. */
const againMs = { soon: 5_000, late: 60_000 } as const

export interface NativeRangesParts {
  readonly provider: Pick<RouteProvider, 'servedRanges'>
  readonly tables: Pick<TableCache, 'discovered' | 'tables' | 'has'>
  /** In which tables all routes of routed nodes are now. */
  readonly gaps: () => (tableId: string, family: Family) => Completeness
  readonly monotonic: () => number
  readonly log: Logger
  /** The cloud has said; or it does not say, and won't by itself: why, in a sentence. */
  readonly onAnswer: (refusal: string | undefined) => void
}

/**
 * Which ranges of the cloud's network answer pods under their own addresses: those that a table serves which has all
 * routes. What the cloud does not tell is no news: what was known, or published by an earlier run, stands.
 */
export class NativeRanges {
  readonly #parts: NativeRangesParts
  readonly #natives: NativeTables
  readonly #failures: FailureLog<'ranges'>
  /** Undefined as long as the cloud has not said. */
  #served: readonly ServedRange[] | undefined
  #isDue = true
  /** Not to be asked before. */
  #askAt = 0
  /** What was native when this program came; nothing once that has been used. */
  #inherited: readonly Cidr[] | undefined

  constructor(parts: NativeRangesParts) {
    this.#parts = parts
    this.#natives = new NativeTables(parts.monotonic)
    this.#failures = new FailureLog(parts.log)
  }

  /** The tables were looked for: the cloud is to be asked again. */
  outdated(): void {
    this.#isDue = true
  }

  /** Asks the cloud if that is due. Never rejects with a {@link ProviderError}: routes don't depend on the answer. */
  async ask(signal: AbortSignal): Promise<void> {
    const { monotonic, onAnswer, provider, tables } = this.#parts
    if (!this.#isDue || !tables.discovered || monotonic() < this.#askAt) return
    const found = tables.tables()
    this.#isDue = false
    try {
      this.#served = found.length === 0 ? [] : ((await provider.servedRanges?.(found, signal)) ?? [])
      this.#failures.over('ranges')
      onAnswer(undefined)
    } catch (error) {
      this.#isDue = true
      if (!(error instanceof ProviderError)) throw error
      this.#askAt = monotonic() + this.#fail(error)
    }
  }

  /** As far as is known; `published`: what is said to be native now. */
  now(published: readonly Cidr[]): readonly Cidr[] {
    const { gaps, provider, tables } = this.#parts
    if (provider.servedRanges === undefined) return []
    if (this.#served === undefined) return published
    const inherited = (this.#inherited ??= published)
    const completeness = gaps()
    const groups = Map.groupBy(
      this.#served.filter(({ table }) => tables.has(table)),
      ({ range, table }) => `${table} ${range.family}`,
    )
    const serving = [...groups.values()].flatMap((group) => {
      const ranges = group.map(({ range }) => range)
      return group.slice(0, 1).map(({ range: { family }, table }) => ({ tableId: table, family, ranges }))
    })
    this.#natives.keep(serving)
    const native = serving.filter(({ family, ranges, tableId }) => {
      const wasNative = (): boolean =>
        ranges.every((range) => inherited.some((wider) => containsCidr(wider, range)))
      return this.#natives.see(tableId, family, completeness(tableId, family), wasNative)
    })
    this.#inherited = []
    return native.flatMap(({ ranges }) => ranges)
  }

  /** In how many milliseconds, more than 0, time alone changes something; undefined if it does not. */
  untilNext(): number | undefined {
    const { monotonic, tables } = this.#parts
    const waits = [
      this.#natives.untilDropped(),
      this.#isDue && tables.discovered ? Math.max(1, this.#askAt - monotonic()) : undefined,
    ].filter((ms) => ms !== undefined)
    return waits.length === 0 ? undefined : Math.min(...waits)
  }

  /** Returns how long to wait. */
  #fail(error: ProviderError): number {
    this.#failures.tell('ranges', {
      level: 'warn',
      what: `${error.class} ${error.code}`,
      fields: { err: error, class: error.class },
      message: 'which ranges are native can’t be read: what was published stands',
    })
    if (!passing.has(error.class)) this.#parts.onAnswer(error.message)
    const retry = retryOf(error)
    if (retry.kind === 'after') return retry.ms
    return retry.kind === 'never' ? againMs.late : againMs.soon
  }
}

/** What is over by itself. */
const passing: ReadonlySet<ErrorClass> = new Set(['throttled', 'transient', 'changed', 'unknown-outcome'])
