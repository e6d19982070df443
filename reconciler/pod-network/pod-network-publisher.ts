import { isRetryable } from '../../kube/errors.ts'
import { FailureLog } from '../../kube/failure-log.ts'
import type { Logger } from '../../kube/log.ts'
import type { Family } from '../../net/address.ts'
import { type Cidr, containsCidr } from '../../net/cidr.ts'
import { type ErrorClass, ProviderError } from '../../providers/errors.ts'
import type { RouteProvider, ServedRange } from '../../providers/provider.ts'
import { type Retry, retryOf, soonest } from '../apply/retry.ts'
import type { EventSink, EventSubject } from '../report/events.ts'
import type { EventReason } from '../report/event-reasons.ts'
import type { TableCache } from '../table-cache.ts'
import { type Completeness, NativeTables } from './native-tables.ts'
import { type PodNetworkStatus, nativeRangesOf, sameFacts } from './pod-network.ts'
import { podNetworkFacts } from './pod-network-facts.ts'
import type { PodNetworkStore } from './pod-network-store.ts'

/** So long the first word waits for a table that can't be read, or for pools: what was published before stands meanwhile. */
export const patienceMs = 30_000

export interface PodNetworkPublisherParts {
  readonly provider: Pick<RouteProvider, 'name' | 'servedRanges'>
  readonly cluster: string
  readonly store: Pick<PodNetworkStore, 'isKnown' | 'published' | 'publish'>
  readonly tables: Pick<TableCache, 'discovered' | 'tables' | 'loaded' | 'has'>
  /** In which tables all routes of routed nodes are now. */
  readonly gaps: () => (tableId: string, family: Family) => Completeness
  /** The pools, and what nodes have. */
  readonly podRanges: () => readonly Cidr[]
  /** Whether the pools were read, where they are written down. */
  readonly poolsKnown: () => boolean
  /** Has {@link PodNetworkPublisher.publish} called in a moment: many wishes are one. */
  readonly later: () => void
  readonly events: EventSink
  readonly subject: EventSubject
  readonly monotonic: () => number
  /** RFC 3339, seconds. */
  readonly now: () => string
  readonly log: Logger
}

/**
 * Keeps the PodNetwork true: it says what follows from the pools, the Nodes, the tables and the cloud's subnets, whoever
 * wrote something else there, and is written only when that is something else. What is not known is no news: what was
 * published stands until it is.
 */
export class PodNetworkPublisher {
  readonly #parts: PodNetworkPublisherParts
  readonly #natives: NativeTables
  readonly #failures: FailureLog<'ranges'>
  readonly #told = new Set<EventReason>()
  readonly #start: number
  /** Undefined as long as the cloud has not said. */
  #ranges: readonly ServedRange[] | undefined
  #rangesDue = true
  /** What was native when this program came; nothing once that has been used. */
  #inherited: readonly Cidr[] | undefined
  #mayPublish = false
  /** Since when what is published is not what should be. */
  #staleSince: number | undefined

  constructor(parts: PodNetworkPublisherParts) {
    this.#parts = parts
    this.#natives = new NativeTables(parts.monotonic)
    this.#failures = new FailureLog(parts.log)
    this.#start = parts.monotonic()
    this.#staleSince = this.#start
  }

  /** Something has happened on which it may depend. */
  look(): void {
    this.#parts.later()
  }

  /** The tables were looked for: which subnets follow them is to be asked again. */
  tablesFound(): void {
    this.#rangesDue = true
    this.look()
  }

  /** For how long, in milliseconds, what is published is not what should be; 0 if it is. */
  staleMs(): number {
    return this.#staleSince === undefined ? 0 : this.#parts.monotonic() - this.#staleSince
  }

  /** Returns when to come again by itself; undefined if only a change is a reason to. @throws KubeError */
  async publish(signal: AbortSignal): Promise<Retry | undefined> {
    const { store } = this.#parts
    const asked = await this.#askRanges(signal)
    // The watch brings it back.
    if (!store.isKnown) return asked
    const patience = this.#patience()
    if (patience > 0)
      return soonest([...(asked === undefined ? [] : [asked]), { kind: 'after', ms: patience }])
    const wanted = this.#wanted()
    if (sameFacts(store.published, wanted)) this.#isCurrent()
    else await this.#write(wanted, signal)
    const ms = this.#natives.untilDropped()
    return soonest([
      ...(asked === undefined ? [] : [asked]),
      ...(ms === undefined ? [] : [{ kind: 'after', ms } as const]),
    ])
  }

  #wanted(): PodNetworkStatus {
    const { cluster, now, podRanges, provider } = this.#parts
    const facts = {
      provider: provider.name,
      cluster,
      podRanges: podRanges(),
      nativeRanges: this.#nativeRanges(),
    }
    return { ...podNetworkFacts(facts), since: now() }
  }

  #nativeRanges(): readonly Cidr[] {
    const { gaps, provider, store, tables } = this.#parts
    if (provider.servedRanges === undefined) return []
    const published = nativeRangesOf(store.published)
    if (this.#ranges === undefined) return published
    const inherited = (this.#inherited ??= published)
    const completeness = gaps()
    this.#natives.keep(new Set(tables.tables().map(({ id }) => id)))
    const served = this.#ranges.filter(({ table }) => tables.has(table))
    const native = [
      ...Map.groupBy(served, ({ range, table }) => `${table} ${range.family}`).values(),
    ].flatMap((group) => {
      const [first] = group
      if (first === undefined) return []
      const {
        range: { family },
        table,
      } = first
      const wasNative = (): boolean =>
        group.every(({ range }) => inherited.some((wider) => containsCidr(wider, range)))
      return this.#natives.see(table, family, completeness(table, family), wasNative) ? group : []
    })
    this.#inherited = []
    return native.map(({ range }) => range)
  }

  /** How long to wait, in milliseconds, before anything is said. */
  #patience(): number {
    const { monotonic, poolsKnown, tables } = this.#parts
    const allRead = tables.discovered && tables.tables().every(({ id }) => tables.loaded(id))
    this.#mayPublish ||= allRead && poolsKnown()
    return this.#mayPublish ? 0 : Math.max(0, this.#start + patienceMs - monotonic())
  }

  async #askRanges(signal: AbortSignal): Promise<Retry | undefined> {
    const { provider, tables } = this.#parts
    if (!this.#rangesDue || !tables.discovered) return undefined
    const found = tables.tables()
    this.#rangesDue = false
    try {
      this.#ranges = found.length === 0 ? [] : ((await provider.servedRanges?.(found, signal)) ?? [])
    } catch (error) {
      this.#rangesDue = true
      if (!(error instanceof ProviderError)) throw error
      return this.#rangesUnknown(error)
    }
    this.#failures.over('ranges')
    this.#told.delete('NativeRangesUnknown')
    return undefined
  }

  #rangesUnknown(error: ProviderError): Retry | undefined {
    const note = `which ranges are native can’t be read, and what was published stands: ${error.message}`
    this.#failures.tell('ranges', {
      level: 'warn',
      what: `${error.class} ${error.code}`,
      fields: { err: error, class: error.class },
      message: note,
    })
    if (!passing.has(error.class)) this.#tell('NativeRangesUnknown', note)
    const retry = retryOf(error)
    // Routes do not depend on it: nothing here ends the program, or has tables read again. The next look at them asks anew.
    return retry.kind === 'after' || retry.kind === 'soon' ? retry : undefined
  }

  async #write(wanted: PodNetworkStatus, signal: AbortSignal): Promise<void> {
    const { log, monotonic, store } = this.#parts
    this.#staleSince ??= monotonic()
    try {
      await store.publish(wanted, signal)
    } catch (error) {
      // Of an API server that does not answer, others tell; and it would take no Event either.
      if (!signal.aborted && !isRetryable(error))
        this.#tell('PodNetworkNotWritten', `the PodNetwork can’t be written: ${String(error)}`)
      throw error
    }
    this.#isCurrent()
    log.info({ families: wanted.families }, 'PodNetwork published')
  }

  #isCurrent(): void {
    this.#staleSince = undefined
    this.#told.delete('PodNetworkNotWritten')
  }

  /** Once, until it is over. */
  #tell(reason: EventReason, note: string): void {
    if (this.#told.has(reason)) return
    this.#told.add(reason)
    const { events, subject } = this.#parts
    events.record({ regarding: subject, type: 'Warning', reason, action: 'PublishPodNetwork', note })
  }
}

/** What is over by itself. */
const passing: ReadonlySet<ErrorClass> = new Set(['throttled', 'transient', 'changed', 'unknown-outcome'])
