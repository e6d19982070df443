import { KubeConfig } from '@kubernetes/client-node'
import { Registry } from 'prom-client'
import { type KubeClient, type KubeRequest, createKubeClient } from '../../kube/client.ts'
import type { EventDraft } from '../../kube/event-series.ts'
import type { LogFields, Logger } from '../../kube/log.ts'
import { nodeType } from '../../kube/node-type.ts'
import type { Node } from '../../kube/objects.ts'
import { Resource } from '../../kube/resource.ts'
import { ManualClock, eventually } from '../../kube/testing/manual-clock.ts'
import { type PodNetwork, podNetworkType } from '../../reconciler/pod-network/pod-network.ts'
import { Cluster } from '../../reconciler/testing/cluster.ts'
import { type AgentParts, runAgent } from '../agent.ts'
import { MachineClient } from '../machine/machine-client.ts'
import { PathEndpoint } from '../path/path-endpoint.ts'
import { AgentHealth } from '../report/agent-health.ts'
import { AgentMetrics } from '../report/agent-metrics.ts'
import { FakeMachine } from './fake-machine.ts'

export const usualSettings: AgentParts['settings'] = {
  masquerade: [4, 6],
  masqueradeLinkLocal: true,
  randomFully: true,
  nonMasqueradeCidrs: [],
  antiSpoofing: true,
  blockMetadata: false,
  mtu: undefined,
}

/** An agent of node-1 between a simulated API server and a machine that only remembers, both behind real sockets. */
export class AgentWorld implements AsyncDisposable {
  readonly clock: ManualClock
  readonly cluster: Cluster
  readonly machine: FakeMachine
  /** `reason note` of each Event. */
  readonly events: string[] = []
  /** Warnings and errors. */
  readonly complaints: string[] = []
  readonly registry: Registry
  readonly health: AgentHealth
  readonly #kube: KubeClient
  readonly #metrics: AgentMetrics
  /** Requests to the API server that are under way, watches aside. */
  #requests = 0
  #client: MachineClient | undefined
  #stop = new AbortController()
  #running: Promise<void> | undefined

  private constructor(clock: ManualClock, cluster: Cluster, machine: FakeMachine) {
    this.clock = clock
    this.cluster = cluster
    this.machine = machine
    this.registry = new Registry()
    this.#metrics = new AgentMetrics(this.registry)
    this.health = new AgentHealth(clock)
    const config = new KubeConfig()
    config.loadFromClusterAndUser({ name: 'c', server: cluster.url, skipTLSVerify: true }, { name: 'u' })
    this.#kube = this.#counted(createKubeClient(config, { userAgent: 'podway/test', env: {} }))
  }

  static async open(options: { readonly defined?: boolean } = {}): Promise<AgentWorld> {
    const clock = new ManualClock()
    return new AgentWorld(clock, await Cluster.start(clock, options), await new FakeMachine().start())
  }

  /** Starts the agent, or another one after {@link stopAgent}. */
  startAgent(settings: Partial<AgentParts['settings']> = {}, mesh?: AgentParts['mesh']): void {
    const { clock } = this
    const log = this.#log()
    const tools = { clock, random: () => 0.5, log }
    this.#client = new MachineClient({
      ...tools,
      socket: this.machine.socket,
      observe: (operation, result, ms) => this.#metrics.operation(operation, result, ms),
    })
    this.#stop = new AbortController()
    this.#running = runAgent(
      {
        ...tools,
        mesh,
        nodeName: 'node-1',
        settings: { ...usualSettings, ...settings },
        probing: undefined,
        machine: this.#client,
        nodes: new Resource<Node>(this.#kube, nodeType),
        networks: new Resource<PodNetwork>(this.#kube, podNetworkType),
        events: { record: (event: EventDraft) => void this.events.push(`${event.reason} ${event.note}`) },
        metrics: this.#metrics,
        health: this.health,
        paths: new PathEndpoint(),
      },
      this.#stop.signal,
    )
  }

  /** As SIGTERM does. */
  async stopAgent(): Promise<void> {
    this.#stop.abort()
    await this.#running
    this.#running = undefined
  }

  /** Time goes by, with what the sockets bring meanwhile, until it is so. @throws Error if that never happens */
  async passUntil(what: string, condition: () => boolean, maxSeconds = 120): Promise<void> {
    for (let second = 0; second < maxSeconds; second++) {
      if (await this.#settled(condition)) return
      await this.clock.advance(1_000)
    }
    // A busy machine may need longer than that for what sockets do.
    await eventually(`${what}, within ${maxSeconds} s; ${this.events.join('; ')}`, condition)
  }

  /** So many seconds go by. */
  async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      await this.#settled(() => false)
      await this.clock.advance(1_000)
    }
    await this.#settled(() => false)
  }

  reasons(): readonly string[] {
    return this.events.map((event) => event.split(' ')[0] ?? '')
  }

  async metric(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number | undefined> {
    const { values } = (await this.registry.getSingleMetric(name)?.get()) ?? { values: [] }
    return values.find((one) =>
      Object.entries(labels).every(
        ([label, value]) => (one.labels as Record<string, unknown>)[label] === value,
      ),
    )?.value
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopAgent()
    await this.#kube.close()
    await this.machine[Symbol.asyncDispose]()
    await this.cluster.close()
  }

  /**
   * Real time for what real sockets do: until nothing is under way, and a little longer for news of a watch. Whether it is
   * so then.
   */
  async #settled(condition: () => boolean): Promise<boolean> {
    const start = performance.now()
    const isUnderWay = (): boolean => this.#requests > 0 || (this.#client?.pending ?? 0) > 0
    for (;;) {
      if (condition()) return true
      const ms = performance.now() - start
      if (ms > (isUnderWay() ? 4_000 : 15)) return false
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  #counted(client: KubeClient): KubeClient {
    return {
      request: async <T>(request: KubeRequest): Promise<T> => {
        this.#requests++
        try {
          return await client.request<T>(request)
        } finally {
          this.#requests--
        }
      },
      watch: (...args) => client.watch(...args),
      close: () => client.close(),
    }
  }

  #log(): Logger {
    const ignore = (): void => undefined
    const complain = ({ err }: LogFields, message: string): void =>
      void this.complaints.push(err instanceof Error ? `${message}: ${err.message}` : message)
    return { debug: ignore, info: ignore, warn: complain, error: complain }
  }
}
