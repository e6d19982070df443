import type { Clock } from '../kube/clock.ts'
import type { Logger } from '../kube/log.ts'
import type { Node } from '../kube/objects.ts'
import type { Reflector } from '../kube/reflector.ts'
import type { Resource } from '../kube/resource.ts'
import { secondTime } from '../kube/second-time.ts'
import { WorkQueue } from '../kube/work-queue.ts'
import type { RouteProvider } from '../providers/provider.ts'
import { Absences } from './absences.ts'
import { Applier } from './apply/apply.ts'
import { FullTables } from './apply/full-tables.ts'
import { Turns } from './apply/turns.ts'
import { finishing } from './finished-tables.ts'
import { FoundRoutes } from './found-routes.ts'
import { Brake, conditionBrake, deleteBrake } from './guard/brake.ts'
import type { Policy } from './guard/policy.ts'
import { type Allocator, nodeOwner } from './ipam/allocator.ts'
import { CloudPools } from './ipam/cloud-pools.ts'
import { DelegatedCidrs } from './ipam/delegated-cidrs.ts'
import { Ipam, type IpamSources } from './ipam/ipam.ts'
import { PodCidrWriter } from './ipam/pod-cidr-writer.ts'
import type { Pool } from './ipam/pool.ts'
import { Ledger } from './ledger/ledger.ts'
import { type DestinationKey, destinationKey, owns } from './ledger/record.ts'
import { Losses } from './losses.ts'
import { nodeGone } from './node-gone.ts'
import { NodeReconciler } from './node-reconciler.ts'
import type { NodeRoute } from './node-route/node-route.ts'
import type { NodeRouteStore } from './node-route/node-route-store.ts'
import { Claims } from './plan/claims.ts'
import { Planner } from './planner.ts'
import { PodNetworkPublisher } from './pod-network/pod-network-publisher.ts'
import type { PodNetworkStore } from './pod-network/pod-network-store.ts'
import { tableGaps } from './pod-network/table-gaps.ts'
import { Capacity } from './report/capacity.ts'
import type { EventSink, EventSubject } from './report/events.ts'
import type { ControllerHealth } from './report/health.ts'
import type { ControllerMetrics } from './report/metrics.ts'
import { NodeReports } from './report/node-reports.ts'
import { outcomeLog } from './report/outcome-log.ts'
import { survey } from './report/survey.ts'
import { Troubles } from './report/troubles.ts'
import { Verdicts } from './report/verdict.ts'
import { RouteGuard } from './route-guard.ts'
import { RouteReconciler } from './route-reconciler.ts'
import { RouteRecords } from './route-records.ts'
import { RouteWriter } from './route-writer.ts'
import { podRanges } from './routed-node.ts'
import { TableCache } from './table-cache.ts'
import { TableReader } from './table-reader.ts'
import { Targets } from './targets.ts'
import { type WorkKey, rankOf } from './work-key.ts'

/** Of many changes in a row, a start or a wave of new Nodes, agents are to hear once. */
const podNetworkDelayMs = 2_000

export interface ControllerOptions {
  readonly provider: RouteProvider
  readonly nodes: Resource<Node>
  readonly reflector: Reflector<Node>
  readonly store: NodeRouteStore
  /** Watches what others make of NodeRoutes. */
  readonly records: Reflector<NodeRoute>
  /** What is published for agents. */
  readonly podNetworkStore: PodNetworkStore
  readonly clusterName: string
  /** From which nodes get their podCIDRs; undefined if somebody else allocates them. */
  readonly pools: readonly Pool[] | undefined
  /** What else says what nodes may get. */
  readonly ipamSources?: IpamSources
  /** Whether routes are written at all; without, Nodes get their podCIDRs and nothing else. */
  readonly configureRoutes: boolean
  readonly policy: Policy
  /** Whether foreign routes that say what podway would write become its own. */
  readonly adopt: 'matching' | 'none'
  /** How often, in milliseconds, tables and instances are looked at though nothing is known to have changed. */
  readonly driftMs: number
  /** How many things are worked on at a time. */
  readonly workers: number
  readonly clock: Clock
  /** A number from 0 to below 1. */
  readonly random: () => number
  readonly events: EventSink
  /** What Events are about that are about no one Node: the controller itself. */
  readonly subject: EventSubject
  /** Told of what happens, and what to ask when somebody looks. */
  readonly metrics: ControllerMetrics
  readonly health: ControllerHealth
  readonly log: Logger
}

/** The controller's state and hands, each made once and shared. */
export interface ControllerParts {
  readonly queue: WorkQueue<WorkKey>
  readonly claims: Claims
  readonly absences: Absences
  readonly ledger: Ledger
  readonly allocator: Allocator | undefined
  readonly ipam: Ipam | undefined
  /** Undefined if nothing is published. */
  readonly podNetwork: PodNetworkPublisher | undefined
  /** Tables were read: what nodes must not get may be something else now. */
  readonly tablesRead: () => void
  readonly tables: TableCache
  readonly reader: TableReader
  readonly targets: Targets
  readonly planner: Planner
  readonly losses: Losses
  readonly brake: Brake<DestinationKey>
  readonly nodeBrake: Brake<string>
  readonly routes: RouteReconciler
  readonly nodes: NodeReconciler
  readonly reports: NodeReports
}

export function assemble(options: ControllerOptions, signal: AbortSignal): ControllerParts {
  const { adopt, clock, configureRoutes, events, log, metrics, nodes, policy, random } = options
  const provider = policy === 'observe' ? options.provider : finishing(options.provider)
  const { reflector, store, subject } = options
  const now = (): string => secondTime(clock.now())
  const monotonic = (): number => clock.monotonic()
  const backoff = { baseMs: 200, maxMs: 60_000 }
  const queue = new WorkQueue<WorkKey>({ clock, random, backoff, rank: rankOf })
  // Who only observes gives nothing away.
  const pools = policy === 'observe' ? undefined : options.pools
  const ipam =
    pools === undefined
      ? undefined
      : new Ipam({
          ...{ clock, events, log, pools, random, subject },
          sources: options.ipamSources ?? {},
          onChance: () => {
            for (const { metadata, spec } of reflector.list())
              if ((spec.podCIDRs ?? []).length === 0) queue.add(`node ${metadata.name}`)
            podNetwork?.look()
          },
        })
  const allocator = ipam?.allocator
  const claims = new Claims()
  const absences = new Absences()
  const ledger = new Ledger(store, {
    held: (destination, { uid, providerID }) =>
      allocator?.quarantine(destination, { owner: nodeOwner(uid), providerID }),
    released: (destination) => {
      allocator?.endQuarantine(destination)
      // Whoever had to stand back behind it may go now.
      for (const key of claims.overlapping(destination)) queue.add(`route ${key}`)
    },
  })
  const tables = new TableCache()
  const targets = new Targets(provider, log, signal, policy !== 'observe')
  const planner = new Planner({ claims, ledger, tables, targets })
  const losses = new Losses({ claims, ledger, planner, monotonic })
  const brake = new Brake<DestinationKey>({ ...deleteBrake, monotonic })
  const nodeBrake = new Brake<string>({ ...conditionBrake, monotonic })
  const fullTables = new FullTables(monotonic)
  const found = new FoundRoutes({
    provider,
    onEffective: (keys) => {
      for (const key of keys) for (const { name } of claims.claimants(key)) queue.add(`node ${name}`)
    },
    signal,
  })
  const known = { claims, ledger, tables, targets, planner }
  const reports = new NodeReports({ monotonic, onRouted: (ms) => metrics.nodeRouted(ms) })
  const guard = new RouteGuard({
    ...known,
    fullTables,
    brake,
    policy,
    onHeld: (key, wanted) => tellHeld(options, key, wanted),
  })
  const turns = new Turns({
    readyInMs: ({ op, delegates }, ahead) => provider.readyInMs?.(op, ahead, delegates) ?? 0,
    after: (ms, callback) => clock.setTimeout(callback, ms),
    call: (key) => queue.add(`route ${key}`),
  })
  // Who only observes says nothing to agents either.
  const podNetwork =
    policy === 'observe'
      ? undefined
      : new PodNetworkPublisher({
          ...{ events, log, monotonic, now, provider, subject, tables },
          cluster: options.clusterName,
          store: options.podNetworkStore,
          gaps: () => tableGaps({ claims, planner, tables, node: (name) => reflector.get(name) }),
          podRanges: () => [...(allocator?.ranges ?? []), ...claims.nodes().flatMap(podRanges)],
          poolsKnown: () => ipam?.isReady ?? true,
          later: () => queue.addAfter('pod-network', podNetworkDelayMs),
        })
  const tellOutcome = outcomeLog(log)
  const routes = new RouteReconciler({
    ...known,
    configureRoutes,
    policy,
    adopt,
    brake,
    guard,
    writer: new RouteWriter({
      tables,
      fullTables,
      losses,
      applier: new Applier(provider, signal),
      turns,
      onRoom: (tableId) => queue.add(`table ${tableId}`),
      onOutcome: (answered) => {
        metrics.changed(answered.change.op, answered.outcome, answered.ms)
        tellOutcome(answered)
      },
      onWaited: (op, ms) => metrics.waited(op, ms),
      monotonic,
    }),
    records: new RouteRecords({ ledger, planner, now }),
    events,
    absences,
    nodeGone: (node, key, abort) => nodeGone(nodes, claims, node, key, abort),
    onReusable: (destination) => allocator?.endQuarantine(destination),
    log,
  })
  const cloudPools = configureRoutes ? provider.pools?.bind(provider) : undefined
  const delegated =
    allocator === undefined || cloudPools === undefined
      ? undefined
      : new DelegatedCidrs({
          ...{ allocator, claims, ledger, monotonic, planner },
          cloudPools: new CloudPools(cloudPools, signal),
          onPromise: (keys) => {
            for (const key of keys) queue.add(`route ${key}`)
          },
        })
  metrics.watch({
    queue,
    nodes: reports,
    survey: () => survey({ ...known, guard }),
    heldDeletes: () => brake.held,
    heldConditions: () => nodeBrake.held,
    waiting: () => turns.waiting,
    pools: () => allocator?.statistics() ?? [],
    podNetworkStaleMs: () => podNetwork?.staleMs() ?? 0,
  })
  options.health.watch({
    queue,
    tables,
    nodesSynced: () => reflector.hasSynced(),
    recordsSynced: () => options.records.hasSynced(),
  })
  return {
    queue,
    claims,
    absences,
    ledger,
    allocator,
    ipam,
    podNetwork,
    tablesRead: () =>
      ipam?.tablesRead(
        {
          tables: tables.tables().map(({ id }) => ({ id, routes: tables.routes(id) })),
          complete: tables.discovered && tables.tables().every(({ id }) => tables.loaded(id)),
        },
        (tableId, destination) => owns(ledger.get(destinationKey(destination)), tableId),
      ),
    tables,
    reader: new TableReader({
      provider,
      cache: tables,
      capacity: new Capacity({
        metrics,
        events,
        subject,
        log,
        // The reading that told so is followed by a look at every route.
        onRead: (tableId, family, room) => fullTables.seen(tableId, family, room),
      }),
      found,
      log,
    }),
    targets,
    planner,
    losses,
    brake,
    nodeBrake,
    routes,
    nodes: new NodeReconciler({
      nodes,
      node: (name) => reflector.get(name),
      nodeCount: () => reflector.list().length,
      verdicts: new Verdicts({ ...known, losses, found, fullTables }),
      reports,
      troubles: new Troubles(events, monotonic),
      events,
      configureRoutes,
      policy,
      brake: nodeBrake,
      podCidrs:
        ipam === undefined
          ? undefined
          : new PodCidrWriter({
              nodes,
              node: (name) => reflector.get(name),
              ipam,
              ledger,
              delegated,
              events,
              log,
            }),
      log,
      now,
    }),
    reports,
  }
}

/** The first one that is held tells of all: which they are, `kubectl get noderoutes` shows. */
function tellHeld({ events, log, subject }: ControllerOptions, key: DestinationKey, wanted: number): void {
  const note = `${wanted} destinations of running instances want to be deleted, ${key} first: held until podway release lets them go`
  log.warn({ destination: key, wanted }, note)
  events.record({ regarding: subject, type: 'Warning', reason: 'DeletesHeld', action: 'DeleteRoute', note })
}
