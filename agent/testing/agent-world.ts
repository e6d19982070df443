import { KubeConfig } from '@kubernetes/client-node'
import { Registry } from 'prom-client'
import { type KubeClient, createKubeClient } from '../../kube/client.ts'
import type { EventDraft } from '../../kube/event-series.ts'
import type { LogFields, Logger } from '../../kube/log.ts'
import { nodeType } from '../../kube/node-type.ts'
import type { Node } from '../../kube/objects.ts'
import { Resource } from '../../kube/resource.ts'
import { ManualClock } from '../../kube/testing/manual-clock.ts'
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
    this.#kube = createKubeClient(config, { userAgent: 'podway/test', env: {} })
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
    this.#stop = new AbortController()
    this.#running = runAgent(
      {
        ...tools,
        mesh,
        nodeName: 'node-1',
        settings: { ...usualSettings, ...settings },
        probing: undefined,
        machine: new MachineClient({
          ...tools,
          socket: this.machine.socket,
          observe: (operation, result, ms) => this.#metrics.operation(operation, result, ms),
        }),
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
      if (await this.#soon(condition)) return
      await this.clock.advance(1_000)
    }
    throw new Error(`did not happen within ${maxSeconds} s: ${what}; ${this.events.join('; ')}`)
  }

  /** So many seconds go by. */
  async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      await this.#soon(() => false)
      await this.clock.advance(1_000)
    }
    await this.#soon(() => false)
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

  /** Real time for what real sockets do: little, since most of it happens at once. */
  async #soon(condition: () => boolean): Promise<boolean> {
    const limit = performance.now() + 25
    for (;;) {
      if (condition()) return true
      if (performance.now() > limit) return false
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  #log(): Logger {
    const ignore = (): void => undefined
    const complain = ({ err }: LogFields, message: string): void =>
      void this.complaints.push(err instanceof Error ? `${message}: ${err.message}` : message)
    return { debug: ignore, info: ignore, warn: complain, error: complain }
  }
}
