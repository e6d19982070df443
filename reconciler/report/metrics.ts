import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { WorkQueue } from '../../kube/work-queue.ts'
import type { Family } from '../../net/address.ts'
import type { Change, Outcome } from '../../providers/provider.ts'
import type { PoolStatistics } from '../ipam/pool-blocks.ts'
import type { WorkKey } from '../work-key.ts'
import type { NodeReports } from './node-reports.ts'
import type { Survey } from './survey.ts'

/** What is asked of a controller that runs, each time the metrics are read. */
export interface MetricSources {
  readonly queue: Pick<WorkQueue<WorkKey>, 'length' | 'inWork' | 'delayed' | 'oldestReady' | 'oldestInWork'>
  readonly nodes: Pick<NodeReports, 'reasons' | 'oldestUnroutedMs'>
  readonly survey: () => Survey
  /** Destinations that the brake keeps from being deleted. */
  readonly heldDeletes: () => number
  /** Nodes whose NetworkUnavailable the brake keeps False. */
  readonly heldConditions: () => number
  /** Destinations that wait for their turn to be written. */
  readonly waiting: () => number
  readonly pools: () => readonly PoolStatistics[]
  /** For how long the PodNetwork is not what it should be. */
  readonly podNetworkStaleMs: () => number
}

/**
 * What the controller counts and measures, for Prometheus: `docs/reference/metrics.md` lists it. No series is of one Node:
 * there may be thousands, and they come and go.
 */
export class ControllerMetrics {
  readonly #leader: Gauge
  readonly #nodeRouteSeconds: Histogram
  readonly #nodes: Gauge<'reason'>
  readonly #oldestUnrouted: Gauge
  readonly #routes: Gauge<'table' | 'family' | 'state'>
  readonly #heldRoutes: Gauge<'reason'>
  readonly #changes: Counter<'op' | 'result'>
  readonly #changeSeconds: Histogram<'op'>
  readonly #tableRoutes: Gauge<'table' | 'family'>
  readonly #tableLimit: Gauge<'table' | 'family'>
  readonly #ownRoutes: Gauge<'table' | 'family'>
  readonly #foreignRoutes: Gauge<'table' | 'family'>
  readonly #heldDeletes: Gauge
  readonly #heldConditions: Gauge
  readonly #waiting: Gauge
  readonly #waitSeconds: Counter<'op'>
  readonly #queueReady: Gauge
  readonly #queueInWork: Gauge
  readonly #queueDelayed: Gauge
  readonly #oldestReady: Gauge
  readonly #oldestInWork: Gauge
  readonly #pools: Gauge<'pool' | 'state'>
  readonly #podNetworkStale: Gauge
  #sources: MetricSources | undefined

  constructor(registry: Registry) {
    const of = <const L extends string>(name: string, help: string, ...labelNames: L[]) => ({
      name,
      help,
      labelNames,
      registers: [registry],
    })
    this.#leader = new Gauge(of('podway_leader', '1 if this controller leads, 0 if it waits to.'))
    this.#nodeRouteSeconds = new Histogram({
      ...of(
        'podway_node_route_seconds',
        'From the moment a Node was first seen with its podCIDRs, or changed, until all its routes were acknowledged. Nodes that were routed before this controller started are left out.',
      ),
      buckets: [0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800],
    })
    this.#nodes = new Gauge(
      of(
        'podway_nodes',
        'Nodes by what is said of their routes: RouteCreated, or why they are not all there.',
        'reason',
      ),
    )
    this.#oldestUnrouted = new Gauge(
      of(
        'podway_unrouted_node_oldest_seconds',
        'For how long the Node is without all its routes that is so for the longest time; 0 if none is.',
      ),
    )
    this.#routes = new Gauge(
      of(
        'podway_routes',
        'Destinations by how they stand in each route table: programmed, satisfied (by a route that podway did not make), pending, failed, held, disputed, deleting.',
        'table',
        'family',
        'state',
      ),
    )
    this.#heldRoutes = new Gauge(
      of('podway_held_routes', 'Changes of routes that are wanted and held, by why.', 'reason'),
    )
    this.#changes = new Counter(
      of(
        'podway_route_changes_total',
        'Changes of routes that a cloud has answered, by result: done, or the class of the failure.',
        'op',
        'result',
      ),
    )
    this.#changeSeconds = new Histogram({
      ...of(
        'podway_route_change_seconds',
        'From handing a change of a route over until the cloud’s answer.',
        'op',
      ),
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    })
    this.#tableRoutes = new Gauge(
      of(
        'podway_table_routes',
        'Routes in a route table that count against its limit, whoever made them.',
        'table',
        'family',
      ),
    )
    this.#tableLimit = new Gauge(
      of(
        'podway_table_route_limit',
        'How many routes of a family a route table takes; `family` is `both` where there is one limit for both (Google Cloud).',
        'table',
        'family',
      ),
    )
    this.#ownRoutes = new Gauge(
      of('podway_table_own_routes', 'Routes in a route table that podway made.', 'table', 'family'),
    )
    this.#foreignRoutes = new Gauge(
      of(
        'podway_table_foreign_routes',
        'Routes in a route table that podway did not make: it leaves them alone.',
        'table',
        'family',
      ),
    )
    this.#heldDeletes = new Gauge(
      of('podway_brake_held_deletes', 'Destinations whose routes the brake keeps from being deleted.'),
    )
    this.#heldConditions = new Gauge(
      of('podway_brake_held_conditions', 'Nodes whose NetworkUnavailable the brake keeps False.'),
    )
    this.#waiting = new Gauge(
      of('podway_writes_waiting', 'Destinations that wait until the cloud’s API takes another write.'),
    )
    this.#waitSeconds = new Counter(
      of(
        'podway_write_wait_seconds_total',
        'How long destinations waited until the cloud’s API took another write.',
        'op',
      ),
    )
    this.#queueReady = new Gauge(of('podway_queue_ready', 'Things that are due and not yet in work.'))
    this.#queueInWork = new Gauge(of('podway_queue_in_work', 'Things that are in work.'))
    this.#queueDelayed = new Gauge(
      of('podway_queue_delayed', 'Things whose time is yet to come, retries among them.'),
    )
    this.#oldestReady = new Gauge(
      of('podway_queue_oldest_ready_seconds', 'For how long the oldest thing is due and not yet in work.'),
    )
    this.#oldestInWork = new Gauge(
      of('podway_queue_oldest_in_work_seconds', 'For how long the oldest thing is in work.'),
    )
    this.#pools = new Gauge(
      of(
        'podway_pool_blocks',
        'Blocks of a pool of podCIDRs by state: used (by Nodes), quarantined (until its routes are gone), reserved (something else has the addresses), free.',
        'pool',
        'state',
      ),
    )
    this.#podNetworkStale = new Gauge(
      of(
        'podway_pod_network_stale_seconds',
        'For how long the PodNetwork object is not what it should be, or is not known; 0 if it is as it should be.',
      ),
    )
  }

  /** From now on the metrics tell of this controller. */
  watch(sources: MetricSources): void {
    this.#sources = sources
  }

  /** Asks for what is not told: to be called before the registry is read. */
  refresh(): void {
    if (this.#sources === undefined) return
    const { heldConditions, heldDeletes, nodes, podNetworkStaleMs, pools, queue, survey, waiting } =
      this.#sources
    this.#queueReady.set(queue.length)
    this.#queueInWork.set(queue.inWork)
    this.#queueDelayed.set(queue.delayed)
    this.#oldestReady.set((queue.oldestReady()?.ms ?? 0) / 1000)
    this.#oldestInWork.set((queue.oldestInWork()?.ms ?? 0) / 1000)
    this.#oldestUnrouted.set(nodes.oldestUnroutedMs() / 1000)
    this.#heldDeletes.set(heldDeletes())
    this.#heldConditions.set(heldConditions())
    this.#waiting.set(waiting())
    this.#podNetworkStale.set(podNetworkStaleMs() / 1000)
    this.#nodes.reset()
    for (const [reason, count] of nodes.reasons()) this.#nodes.set({ reason }, count)
    this.#pools.reset()
    for (const pool of pools())
      for (const state of blockStates) this.#pools.set({ pool: pool.range, state }, pool[state])
    this.#show(survey())
  }

  leads(leader: boolean): void {
    this.#leader.set(leader ? 1 : 0)
  }

  nodeRouted(ms: number): void {
    this.#nodeRouteSeconds.observe(ms / 1000)
  }

  /** The cloud has answered a change, so long after it was handed over. */
  changed(op: Change['op'], outcome: Outcome, ms: number): void {
    this.#changes.inc({ op, result: outcome.result === 'done' ? 'done' : outcome.error.class })
    this.#changeSeconds.observe({ op }, ms / 1000)
  }

  /** A destination had its turn to be written, after so long. */
  waited(op: Change['op'], ms: number): void {
    this.#waitSeconds.inc({ op }, ms / 1000)
  }

  tableFilled(table: string, family: Family | 'both', used: number, limit: number): void {
    const labels = labelsOf(table, family)
    this.#tableRoutes.set(labels, used)
    this.#tableLimit.set(labels, limit)
  }

  /** A series of a table that is gone would be reported for ever. */
  tableGone(table: string): void {
    for (const family of [4, 6, 'both'] as const) {
      this.#tableRoutes.remove(labelsOf(table, family))
      this.#tableLimit.remove(labelsOf(table, family))
    }
  }

  #show({ held, tables }: Survey): void {
    for (const gauge of [this.#routes, this.#ownRoutes, this.#foreignRoutes, this.#heldRoutes]) gauge.reset()
    for (const { family, foreign, own, states, table } of tables) {
      const labels = labelsOf(table, family)
      this.#ownRoutes.set(labels, own)
      this.#foreignRoutes.set(labels, foreign)
      for (const [state, count] of states) this.#routes.set({ ...labels, state: state.toLowerCase() }, count)
    }
    for (const [reason, count] of held) this.#heldRoutes.set({ reason }, count)
  }
}

const blockStates = ['used', 'quarantined', 'reserved', 'free'] as const

const labelsOf = (
  table: string,
  family: Family | 'both',
): { readonly table: string; readonly family: string } => ({
  table,
  family: family === 'both' ? family : `ipv${family}`,
})
