import { KubeConfig } from '@kubernetes/client-node'
import { Registry } from 'prom-client'
import { createKubeClient } from '../../kube/client.ts'
import { delay } from '../../kube/clock.ts'
import { keptOfNode } from '../../kube/kept-node.ts'
import type { LogFields, Logger } from '../../kube/log.ts'
import { nodeType } from '../../kube/node-type.ts'
import type { KubeObject, Node } from '../../kube/objects.ts'
import { Reflector } from '../../kube/reflector.ts'
import { Resource } from '../../kube/resource.ts'
import { ManualClock } from '../../kube/testing/manual-clock.ts'
import { parseAddress } from '../../net/address.ts'
import { formatCidr, parseCidr } from '../../net/cidr.ts'
import { ApiBudget, type ApiLimits } from '../../providers/budget.ts'
import type { Permit } from '../../providers/budget-lane.ts'
import { type MemoryCall, MemoryCloud, type MemoryCloudOptions } from '../../providers/memory/memory-cloud.ts'
import { memoryProvider } from '../../providers/memory/memory-provider.ts'
import { runController } from '../controller.ts'
import type { Policy } from '../guard/policy.ts'
import { Pool } from '../ipam/pool.ts'
import type { PoolSource } from '../ipam/pool-source.ts'
import { type NodeRoute, nodeRouteType } from '../node-route/node-route.ts'
import { NodeRouteStore } from '../node-route/node-route-store.ts'
import { type PodNetwork, podNetworkType } from '../pod-network/pod-network.ts'
import { PodNetworkStore, watchedPodNetwork } from '../pod-network/pod-network-store.ts'
import { Cluster, type NodeDraft } from './cluster.ts'
import type { EventSink } from '../report/events.ts'
import { ControllerHealth } from '../report/health.ts'
import { ControllerMetrics } from '../report/metrics.ts'
import { type Tap, Traffic } from './traffic.ts'

export interface WorldOptions {
  /** Ids of the route tables; one, `table-1`, unless told. */
  readonly tables?: readonly string[]
  /** `range/node mask`: `['10.244.0.0/16 24']`; nobody allocates unless told. */
  readonly pools?: readonly string[]
  readonly cloud?: MemoryCloudOptions
  /** What the cloud's API may be asked, on the world's clock; as much as one likes unless told. */
  readonly limits?: ApiLimits
  /** How long, in milliseconds of the world's clock, a call of the cloud is on its way; none unless told. */
  readonly latency?: (call: MemoryCall) => number
  readonly defined?: boolean
  /** Another cluster's world, with which this one has its clock and its cloud in common. */
  readonly beside?: ControllerWorld
}

export interface StartOptions {
  readonly tap?: Tap
  readonly pools?: readonly string[]
  /** Whether nodes get podCIDRs though there is no pool; not unless told. */
  readonly allocate?: boolean
  readonly configureRoutes?: boolean
  readonly policy?: Policy
  readonly adopt?: 'matching' | 'none'
  /** In place of the pools that are given at the start. */
  readonly poolSource?: PoolSource
  /** Told of each Event in place of {@link ControllerWorld.events}. */
  readonly events?: EventSink
}

export type ToldEvent = Parameters<EventSink['record']>[0]

export interface LogLine {
  readonly level: keyof Logger
  readonly fields: LogFields
  readonly message: string
}

/** For {@link MemoryCloudOptions.before}: the call is never answered, until it is aborted. */
export function noAnswer(signal: AbortSignal): Promise<void> {
  const { promise, reject } = Promise.withResolvers<undefined>()
  signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  return promise
}

export const driftMs = 60_000

/** Knows how many calls wait for their turn: they are under way, and nothing happens to them until time passes. */
class WatchedBudget extends ApiBudget {
  waiting = 0

  override async reserve(action: string, signal: AbortSignal): Promise<Permit> {
    this.waiting++
    try {
      return await super.reserve(action, signal)
    } finally {
      this.waiting--
    }
  }
}

/** A watch lags for so long, in real time, only if it has ended, and comes back when time passes. */
const lagMs = 1_000

/** How long a test waits, in real time, for the next thing to happen: that takes milliseconds. */
const patienceMs = 4_000
/** And for all of it: what goes on for longer does not end. */
const endMs = 20_000

/**
 * The whole controller over a simulated API server (real HTTP, the real client and reflector) and a cloud in memory. Time
 * is a test's to move; {@link quiet} tells when nothing more happens without it.
 */
export class ControllerWorld implements AsyncDisposable {
  readonly clock: ManualClock
  readonly cluster: Cluster
  readonly cloud: MemoryCloud
  readonly log: LogLine[] = []
  /** What podway told people, in order. */
  readonly events: ToldEvent[] = []
  readonly #options: WorldOptions
  readonly #budget: WatchedBudget | undefined
  #onTheWay = 0
  #running: RunningController | undefined

  private constructor(clock: ManualClock, cluster: Cluster, options: WorldOptions) {
    this.clock = clock
    this.cluster = cluster
    const { beside, limits } = options
    this.#budget = limits === undefined ? undefined : new WatchedBudget({ clock, limits, share: 1 })
    this.cloud = beside?.cloud ?? this.#makeCloud(options)
    this.#options = options
  }

  #makeCloud({ cloud, latency, tables = ['table-1'] }: WorldOptions): MemoryCloud {
    const made = new MemoryCloud({
      ...cloud,
      ...(this.#budget === undefined ? {} : { budget: this.#budget }),
      ...(latency === undefined ? {} : { before: (call, signal) => this.#travel(latency(call), signal) }),
    })
    for (const id of tables) made.addTable(id)
    return made
  }

  static async open(options: WorldOptions = {}): Promise<ControllerWorld> {
    const clock = options.beside?.clock ?? new ManualClock()
    return new ControllerWorld(clock, await Cluster.start(clock, options), options)
  }

  /** A running instance and its Node. The n-th of the world has the address 10.0.0.n. */
  join(name: string, draft: NodeDraft = {}): Node {
    const { providerID } = this.cloud.addInstance(name, (draft.addresses ?? []).map(parseAddress))
    return this.cluster.addNode(name, { providerID, ...draft })
  }

  /** The instance is terminated, and then its Node is deleted, as a cloud's node controller does. */
  leave(name: string): void {
    this.cloud.terminate(name)
    this.cluster.deleteNode(name)
  }

  start(options: StartOptions = {}): RunningController {
    this.#running = new RunningController(this, { pools: this.#options.pools ?? [], ...options })
    return this.#running
  }

  /** Ends the present run as SIGTERM does. */
  async stop(): Promise<void> {
    await this.#running?.stop()
  }

  /** Starts and waits until nothing more happens by itself. */
  async settled(options: StartOptions = {}): Promise<RunningController> {
    const running = this.start(options)
    await this.quiet()
    return running
  }

  /** Waits until no request is under way, and the controller has seen all Nodes as they are. */
  quiet(): Promise<void> {
    return this.#running?.quiet() ?? Promise.resolve()
  }

  /** Calls of the cloud that wait for time to pass. */
  get waiting(): number {
    return (this.#budget?.waiting ?? 0) + this.#onTheWay
  }

  async #travel(ms: number, signal: AbortSignal): Promise<void> {
    this.#onTheWay++
    try {
      await delay(this.clock, ms, signal)
    } finally {
      this.#onTheWay--
    }
  }

  /** Moves time from one due time to the next, for at most `ms`, until the condition holds; false if it never did. */
  async passUntil(condition: () => boolean, ms = 600_000): Promise<boolean> {
    const end = this.clock.monotonic() + ms
    for (;;) {
      await this.#running?.quiet({ mayLag: true })
      if (condition()) return true
      const left = end - this.clock.monotonic()
      if (left <= 0) return false
      await this.clock.advance(Math.min(left, Math.max(1, this.clock.untilNext ?? left)))
    }
  }

  /** Lets so much time pass, stopping at each due time for what it starts. */
  async pass(ms: number): Promise<void> {
    await this.passUntil(() => false, ms)
  }

  /** Lets the moment pass after which agents are told of a start. */
  async published(): Promise<void> {
    await this.passUntil(() => this.cluster.podNetworks().some(({ status }) => status !== undefined))
  }

  /** What a table holds, sorted: `10.244.0.0/24 node-1`. */
  routes(table = 'table-1'): readonly string[] {
    return this.cloud
      .routes(table)
      .map(({ destination, target }) => `${formatCidr(destination)} ${target.id}`)
      .sort()
  }

  /** What podway did to the tables, in order: `create table-1 10.244.0.0/24`. */
  get routeWrites(): readonly string[] {
    return this.cloud.writes.flatMap((write) =>
      write.op === 'prepare' ? [] : [`${write.op} ${write.table} ${formatCidr(write.destination)}`],
    )
  }

  /** `10.244.0.0/24 node-1 table-1,table-2` for each record. */
  get records(): readonly string[] {
    return this.cluster
      .records()
      .map(({ spec }) => `${spec.destination} ${spec.node.name} ${spec.tables.join()}`.trim())
  }

  /** `False` or `True` of NetworkUnavailable. */
  unavailable(name: string): string | undefined {
    return this.cluster.condition(name)?.status
  }

  logged(text: string): readonly LogLine[] {
    return this.log.filter(({ message }) => message.includes(text))
  }

  forgetCalls(): void {
    this.cluster.forgetCalls()
    this.cloud.calls.length = 0
    this.cloud.writes.length = 0
    this.log.length = 0
    this.events.length = 0
  }

  /** `Reason about: note` of each Event with the reason. */
  told(reason: string): readonly string[] {
    return this.events
      .filter((event) => event.reason === reason)
      .map(({ regarding, note }) => `${regarding.name}: ${note}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running?.stop()
    await this.cluster.close()
  }
}

/** One run of the controller, with its own connections. */
export class RunningController {
  /** Settles as `runController` does. */
  readonly ended: Promise<void>
  readonly registry = new Registry()
  readonly metrics = new ControllerMetrics(this.registry)
  readonly health = new ControllerHealth('test')
  readonly #world: ControllerWorld
  readonly #traffic = new Traffic()
  readonly #reflector: Reflector<Node>
  readonly #records: Reflector<NodeRoute>
  readonly #podNetworks: Reflector<PodNetwork>
  readonly #stop = new AbortController()
  /** The objects' versions when the API server was last asked. */
  #shown: Readonly<Record<'resourceVersion' | 'nodes' | 'records' | 'podNetworks', string>> | undefined
  #over = false

  constructor(world: ControllerWorld, options: Required<Pick<StartOptions, 'pools'>> & StartOptions) {
    this.#world = world
    const { clock, cloud, cluster } = world
    const config = new KubeConfig()
    config.loadFromClusterAndUser({ name: 'c', server: cluster.url, skipTLSVerify: true }, { name: 'u' })
    const client = createKubeClient(config, { userAgent: 'podway/test', env: {} })
    const tap = options.tap ?? {}
    const counted = this.#traffic.kube(client, tap)
    const nodes = new Resource<Node>(counted, nodeType)
    const random = (): number => 0.5
    const log = recorder(world.log)
    this.#reflector = new Reflector<Node>({ resource: nodes, clock, random, log, keep: keptOfNode })
    const routes = new Resource<NodeRoute>(counted, nodeRouteType)
    this.#records = new Reflector<NodeRoute>({ resource: routes, clock, random, log })
    const podNetworks = new Resource<PodNetwork>(counted, podNetworkType)
    const watched = watchedPodNetwork(podNetworks, log)
    this.#podNetworks = new Reflector<PodNetwork>({ resource: watched, clock, random, log })
    const running = runController(
      {
        provider: this.#traffic.provider(memoryProvider(cloud), tap),
        nodes,
        reflector: this.#reflector,
        store: new NodeRouteStore(routes, log),
        records: this.#records,
        podNetworkStore: new PodNetworkStore(podNetworks, this.#podNetworks),
        clusterName: 'test',
        configureRoutes: options.configureRoutes ?? true,
        policy: options.policy ?? 'sync',
        adopt: options.adopt ?? 'none',
        events: options.events ?? { record: (event) => void world.events.push(event) },
        subject: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', name: 'podway-controller' },
        metrics: this.metrics,
        health: this.health,
        pools:
          options.pools.length === 0 && options.allocate !== true ? undefined : options.pools.map(readPool),
        ...(options.poolSource === undefined ? {} : { ipamSources: { pools: options.poolSource } }),
        driftMs,
        workers: 4,
        clock,
        random,
        log,
      },
      this.#stop.signal,
    )
    this.ended = running.finally(async () => {
      this.#over = true
      await client.close()
    })
    // A test that does not care how it ended need not wait for it.
    this.ended.catch(() => undefined)
  }

  /** See {@link ControllerWorld.quiet}; also once the controller has ended. */
  async quiet({ mayLag = false }: { readonly mayLag?: boolean } = {}): Promise<void> {
    const { cloud, cluster } = this.#world
    const start = performance.now()
    let happened = ''
    let since = start
    for (let calm = 0; calm < 3; calm++) {
      await new Promise((resolve) => setImmediate(resolve))
      if (this.#over) return
      const busy = this.#traffic.inFlight > this.#world.waiting
      if (busy || !this.#upToDate()) calm = -1
      const now = `${cluster.simulator.resourceVersion} ${cloud.calls.length}`
      if (now !== happened) since = performance.now()
      happened = now
      const idleMs = performance.now() - since
      if (mayLag && !busy && idleMs > lagMs) return
      if (idleMs > patienceMs || performance.now() - start > endMs)
        throw new Error(`still busy: ${this.#traffic.inFlight} calls under way, nothing new for ${idleMs} ms`)
    }
  }

  /** As a process that dies: what is under way is cut. */
  crash(): void {
    this.#stop.abort(new Error('crashed'))
  }

  /** As SIGTERM. Resolves when the controller has ended, well or not. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('stopped'))
    await this.ended.catch(() => undefined)
  }

  /** Calls that are still under way. */
  get inFlight(): number {
    return this.#traffic.inFlight
  }

  #upToDate(): boolean {
    const versions = (objects: readonly KubeObject[]): string =>
      objects
        .map(({ metadata }) => `${metadata.name} ${metadata.uid} ${metadata.resourceVersion}`)
        .sort()
        .join()
    const { cluster } = this.#world
    const { resourceVersion } = cluster.simulator
    if (this.#shown?.resourceVersion !== resourceVersion)
      this.#shown = {
        resourceVersion,
        nodes: versions(cluster.nodes()),
        records: versions(cluster.records()),
        podNetworks: versions(cluster.podNetworks()),
      }
    return (
      this.#reflector.hasSynced() &&
      this.#records.hasSynced() &&
      versions(this.#reflector.list()) === this.#shown.nodes &&
      versions(this.#records.list()) === this.#shown.records &&
      (!this.#podNetworks.hasSynced() || versions(this.#podNetworks.list()) === this.#shown.podNetworks)
    )
  }
}

function readPool(text: string): Pool {
  const [range = '', mask = ''] = text.split(' ')
  return new Pool(parseCidr(range), Number(mask))
}

function recorder(lines: LogLine[]): Logger {
  const at =
    (level: keyof Logger) =>
    (fields: LogFields, message: string): void =>
      void lines.push({ level, fields, message })
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
