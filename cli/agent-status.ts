import { Gauge, Registry, collectDefaultMetrics } from 'prom-client'
import { PathEndpoint } from '../agent/path/path-endpoint.ts'
import { AgentHealth } from '../agent/report/agent-health.ts'
import { AgentMetrics } from '../agent/report/agent-metrics.ts'
import { MeshMetrics } from '../agent/mesh/mesh-metrics.ts'
import type { KubeClient } from '../kube/client.ts'
import type { Clock } from '../kube/clock.ts'
import type { Logger } from '../kube/log.ts'
import type { BindAddress } from './bind-address.ts'
import { bindAddressFlag } from './controller-status.ts'
import { KubeMetrics } from './kube-metrics.ts'
import { LoopWatch } from './loop-watch.ts'
import { serveStatus } from './status-server.ts'
import { version } from './version.ts'

/** Everything that `podway agent` measures. */
export interface AllAgentMetrics {
  readonly registry: Registry
  readonly agent: AgentMetrics
  readonly mesh: MeshMetrics
  readonly kube: KubeMetrics
}

export function makeAgentMetrics(clock: Pick<Clock, 'monotonic'>): AllAgentMetrics {
  const registry = new Registry()
  new Gauge({
    name: 'podway_build_info',
    help: 'Always 1; the labels say what runs.',
    labelNames: ['version', 'node'],
    registers: [registry],
  }).set({ version, node: process.version }, 1)
  return {
    registry,
    agent: new AgentMetrics(registry),
    mesh: new MeshMetrics(registry),
    kube: new KubeMetrics(registry, clock),
  }
}

/** How the agent of this process does, for those who look from outside. */
export interface AgentStatus extends AsyncDisposable {
  readonly metrics: AgentMetrics
  readonly mesh: MeshMetrics
  readonly health: AgentHealth
  readonly paths: PathEndpoint
  /** The client, with its requests counted. */
  readonly counted: (client: KubeClient) => KubeClient
  /** Where it is served; undefined: nowhere. */
  readonly port: number | undefined
}

/** Serves it from now on; with no address, to nobody. @throws BindError */
export async function openAgentStatus({
  bindAddress,
  clock,
  log,
}: {
  readonly bindAddress: BindAddress | undefined
  readonly clock: Clock
  readonly log: Logger
}): Promise<AgentStatus> {
  const { agent, kube, mesh, registry } = makeAgentMetrics(clock)
  const health = new AgentHealth(clock)
  const paths = new PathEndpoint()
  const parts = { metrics: agent, mesh, health, paths, counted: (client: KubeClient) => kube.around(client) }
  if (bindAddress === undefined)
    return { ...parts, port: undefined, [Symbol.asyncDispose]: () => Promise.resolve() }
  collectDefaultMetrics({ register: registry })
  const loop = new LoopWatch(clock)
  try {
    const server = await serveStatus(bindAddressFlag, bindAddress, {
      faults: () => [...health.faults(), ...loop.faults()],
      missing: () => health.missing(),
      metrics: () => registry.metrics(),
      path: (query) => paths.answer(query),
    })
    log.info(
      { address: bindAddress.text, port: server.port },
      'serving /healthz, /readyz, /metrics and /path',
    )
    return {
      ...parts,
      port: server.port,
      [Symbol.asyncDispose]: async () => {
        loop.stop()
        await server.close()
      },
    }
  } catch (error) {
    loop.stop()
    throw error
  }
}
