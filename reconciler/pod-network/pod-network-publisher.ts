import { isRetryable } from '../../kube/errors.ts'
import type { Logger } from '../../kube/log.ts'
import type { Family } from '../../net/address.ts'
import type { Cidr } from '../../net/cidr.ts'
import type { RouteProvider } from '../../providers/provider.ts'
import type { Retry } from '../apply/retry.ts'
import type { EventReason } from '../report/event-reasons.ts'
import type { EventSink, EventSubject } from '../report/events.ts'
import type { TableCache } from '../table-cache.ts'
import { NativeRanges } from './native-ranges.ts'
import type { Completeness } from './native-tables.ts'
import { nativeRangesOf, sameFacts } from './pod-network.ts'
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
 * wrote something else there, and is written only when that is something else.
 */
export class PodNetworkPublisher {
  readonly #parts: PodNetworkPublisherParts
  readonly #native: NativeRanges
  readonly #told = new Set<EventReason>()
  readonly #start: number
  #mayPublish = false
  /** Since when what is published is not what should be. */
  #staleSince: number | undefined

  constructor(parts: PodNetworkPublisherParts) {
    this.#parts = parts
    this.#native = new NativeRanges({
      ...parts,
      onAnswer: (refusal) => {
        if (refusal === undefined) this.#told.delete('NativeRangesUnknown')
        else
          this.#tell(
            'NativeRangesUnknown',
            `which ranges are native can’t be read, and what was published stands: ${refusal}`,
          )
      },
    })
    this.#start = parts.monotonic()
    this.#staleSince = this.#start
  }

  /** Something has happened on which it may depend. */
  look(): void {
    this.#parts.later()
  }

  /** The tables were looked for: which subnets follow them is to be asked again. */
  tablesFound(): void {
    this.#native.outdated()
    this.look()
  }

  /** For how long, in milliseconds, what is published is not what should be; 0 if it is. */
  staleMs(): number {
    return this.#staleSince === undefined ? 0 : this.#parts.monotonic() - this.#staleSince
  }

  /** Returns when to come again by itself; undefined if only a change is a reason to. @throws KubeError */
  async publish(signal: AbortSignal): Promise<Retry | undefined> {
    await this.#native.ask(signal)
    const patience = this.#patience()
    // Of a store that does not know what is published, the watch brings it back.
    if (this.#parts.store.isKnown && patience === 0) await this.#publish(signal)
    const waits = [this.#native.untilNext(), patience === 0 ? undefined : patience]
    const ms = Math.min(...waits.filter((wait) => wait !== undefined))
    return Number.isFinite(ms) ? { kind: 'after', ms } : undefined
  }

  async #publish(signal: AbortSignal): Promise<void> {
    const { cluster, log, monotonic, now, podRanges, provider, store } = this.#parts
    const nativeRanges = this.#native.now(nativeRangesOf(store.published))
    const facts = podNetworkFacts({
      provider: provider.name,
      cluster,
      podRanges: podRanges(),
      nativeRanges,
    })
    const wanted = { ...facts, since: now() }
    if (!sameFacts(store.published, wanted)) {
      this.#staleSince ??= monotonic()
      try {
        await store.publish(wanted, signal)
      } catch (error) {
        // Of an API server that does not answer, others tell; and it would take no Event either.
        if (!signal.aborted && !isRetryable(error))
          this.#tell('PodNetworkNotWritten', `the PodNetwork can’t be written: ${String(error)}`)
        throw error
      }
      log.info({ families: wanted.families }, 'PodNetwork published')
    }
    this.#staleSince = undefined
    this.#told.delete('PodNetworkNotWritten')
  }

  /** How long to wait, in milliseconds, before anything is said. */
  #patience(): number {
    const { monotonic, poolsKnown, tables } = this.#parts
    const allRead = tables.discovered && tables.tables().every(({ id }) => tables.loaded(id))
    this.#mayPublish ||= allRead && poolsKnown()
    return this.#mayPublish ? 0 : Math.max(0, this.#start + patienceMs - monotonic())
  }

  /** Once, until it is over. */
  #tell(reason: EventReason, note: string): void {
    if (this.#told.has(reason)) return
    this.#told.add(reason)
    const { events, subject } = this.#parts
    events.record({ regarding: subject, type: 'Warning', reason, action: 'PublishPodNetwork', note })
  }
}
