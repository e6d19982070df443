import type { Clock } from '../../kube/clock.ts'
import type { Logger } from '../../kube/log.ts'
import type { Node } from '../../kube/objects.ts'
import type { Resource } from '../../kube/resource.ts'
import type { Change } from '../../kube/store.ts'
import type { Cidr } from '../../net/cidr.ts'
import type { ObservedRoute } from '../../providers/route.ts'
import type { EventSink, EventSubject } from '../report/events.ts'
import { Allocator } from './allocator.ts'
import { NodeCidrs } from './node-cidrs.ts'
import type { Pool } from './pool.ts'
import type { NearlyExhausted } from './pool-forecast.ts'
import { PoolReload, type PoolSource } from './pool-source.ts'
import { type ServiceCidr, followServiceCidrs } from './service-cidrs.ts'
import { StartGate } from './start-gate.ts'
import { tableRanges } from './table-ranges.ts'

/** Where, besides the route tables, it is written down what nodes may get. */
export interface IpamSources {
  /** What Services have by configuration. */
  readonly serviceRanges?: readonly Cidr[]
  /** What they have by the cluster's own word. */
  readonly serviceCidrs?: Resource<ServiceCidr>
  /** In place of the pools that are given at the start. */
  readonly pools?: PoolSource
}

export interface IpamOptions {
  readonly pools: readonly Pool[]
  readonly sources: IpamSources
  /** Nodes that got nothing may get something now. */
  readonly onChance: () => void
  readonly clock: Clock
  readonly random: () => number
  readonly events: EventSink
  readonly subject: EventSubject
  readonly log: Logger
}

/** Of all route tables, what was read. */
export interface ReadTables {
  readonly tables: readonly { readonly id: string; readonly routes: readonly ObservedRoute[] }[]
  /** Whether every table was read. */
  readonly complete: boolean
}

/**
 * What a node is told that asks for podCIDRs: they can be allocated · not yet, and it is asked again by itself · never, until
 * the program is started again, since somebody else allocates.
 */
export type IpamAnswer = 'yes' | 'later' | 'never'

/** How long nothing is given while a route table can't be read, or the ranges of Services: one that is broken stops no cluster. */
export const patienceMs = 30_000

/** Its labels are not final, nor its providerID. */
const uninitializedTaint = 'node.cloudprovider.kubernetes.io/uninitialized'

/** The node IPAM as a whole: the allocator, and all that it has to know. */
export class Ipam {
  readonly allocator: Allocator
  readonly #options: IpamOptions
  readonly #cidrs: NodeCidrs
  readonly #gate: StartGate

  constructor(options: IpamOptions) {
    const { clock, events, log, onChance, pools, sources, subject } = options
    this.#options = options
    const onNearlyExhausted = ({ pool, note }: NearlyExhausted): void => {
      log.warn({ pool: pool.range, free: pool.free, size: pool.size }, note)
      events.record({
        regarding: subject,
        type: 'Warning',
        reason: 'PoolNearlyExhausted',
        action: 'AllocatePodCIDRs',
        note,
      })
    }
    this.allocator = new Allocator(pools, { onNearlyExhausted, onFree: onChance })
    this.allocator.reserve('service-cluster-ip-range', sources.serviceRanges ?? [])
    this.#cidrs = new NodeCidrs({
      allocator: this.allocator,
      monotonic: () => clock.monotonic(),
      onOtherAllocator: (node, podCIDRs) => this.#stop(node, podCIDRs),
      log,
    })
    const awaited = [
      'route tables',
      ...(sources.serviceCidrs === undefined ? [] : ['ServiceCIDR objects']),
      ...(sources.pools === undefined ? [] : [sources.pools.name]),
    ]
    this.#gate = new StartGate(awaited, (missing) => {
      if (missing.length > 0)
        log.warn({ missing }, 'podCIDRs are given though not all is known that nodes must not get')
      onChance()
    })
  }

  /** Whether somebody else allocates, and this one has stopped. */
  get isStopped(): boolean {
    return this.#cidrs.isStopped
  }

  /** Whether all that it depends on is known, the pools among it, or was waited for long enough. */
  get isReady(): boolean {
    return this.#gate.isOpen
  }

  /** A Node as its watch shows it. Returns what it held, and does not any more. */
  see(change: Change<Node>): readonly Cidr[] {
    return this.#cidrs.see(change)
  }

  answer(node: Node): IpamAnswer {
    if (this.isStopped) return 'never'
    const isFinal = node.spec.taints?.some(({ key }) => key === uninitializedTaint) !== true
    return this.#gate.isOpen && (isFinal || !this.allocator.isSelective) ? 'yes' : 'later'
  }

  /** Route tables were read; `isOurs`: whether podway made the route, in this table. */
  tablesRead(
    { tables, complete }: ReadTables,
    isOurs: (tableId: string, destination: Cidr) => boolean,
  ): void {
    const { foreign, local } = tableRanges(tables, isOurs)
    this.allocator.reserve('local routes', local, 'local')
    this.allocator.reserve('foreign routes', foreign, 'around')
    if (complete) this.#gate.arrive('route tables')
  }

  /** Follows the sources until the signal aborts. */
  async follow(signal: AbortSignal): Promise<void> {
    const { clock, events, log, onChance, random, sources, subject } = this.#options
    const timer = clock.setTimeout(() => this.#gate.openNow(), patienceMs)
    signal.addEventListener('abort', () => timer.cancel(), { once: true })
    const { pools, serviceCidrs } = sources
    await Promise.all([
      serviceCidrs === undefined
        ? undefined
        : followServiceCidrs(
            { resource: serviceCidrs, clock, random, log },
            (ranges) => {
              this.allocator.reserve('ServiceCIDR objects', ranges)
              this.#gate.arrive('ServiceCIDR objects')
            },
            signal,
          ),
      pools === undefined ? undefined : this.#followPools(pools, { events, subject, log, onChance }, signal),
    ])
  }

  async #followPools(
    source: PoolSource,
    tools: Pick<IpamOptions, 'events' | 'subject' | 'log' | 'onChance'>,
    signal: AbortSignal,
  ): Promise<void> {
    const reload = new PoolReload({
      ...tools,
      allocator: this.allocator,
      source,
      onChange: () => {
        if (this.#gate.isOpen) tools.onChance()
      },
    })
    await source.follow((text) => {
      reload.see(text)
      this.#gate.arrive(source.name)
    }, signal)
  }

  #stop(node: Node, podCIDRs: readonly string[]): void {
    const { events, log, onChance, subject } = this.#options
    const { name, uid } = node.metadata
    const note = `node ${name} got the podCIDRs ${podCIDRs.join(', ')} from somebody else: podway gives none any more until it is started again`
    log.error({ node: name, podCIDRs }, note)
    const about: readonly EventSubject[] = [{ apiVersion: 'v1', kind: 'Node', name, uid }, subject]
    for (const regarding of about) {
      events.record({
        regarding,
        type: 'Warning',
        reason: 'AnotherAllocator',
        action: 'AllocatePodCIDRs',
        note,
      })
    }
    // Those that wait have to be told.
    onChance()
  }
}
