import type { Registry } from 'prom-client'
import { PathEndpoint } from '../agent/path/path-endpoint.ts'
import { AgentHealth } from '../agent/report/agent-health.ts'
import { AgentMetrics } from '../agent/report/agent-metrics.ts'
import { MeshMetrics } from '../agent/mesh/mesh-metrics.ts'
import type { KubeClient } from '../kube/client.ts'
import type { Clock } from '../kube/clock.ts'
import type { Logger } from '../kube/log.ts'
import type { BindAddress } from './bind-address.ts'
import { KubeMetrics } from './kube-metrics.ts'
import { type ProcessStatus, makeRegistry, openProcessStatus } from './process-status.ts'

/** Everything that `podway agent` measures. */
export interface AllAgentMetrics {
  readonly registry: Registry
  readonly agent: AgentMetrics
  readonly mesh: MeshMetrics
  readonly kube: KubeMetrics
}

export function makeAgentMetrics(clock: Pick<Clock, 'monotonic'>): AllAgentMetrics {
  const registry = makeRegistry()
  return {
    registry,
    agent: new AgentMetrics(registry),
    mesh: new MeshMetrics(registry),
    kube: new KubeMetrics(registry, clock),
  }
}

/** How the agent of this process does, for those who look from outside. */
export interface AgentStatus extends ProcessStatus {
  readonly metrics: AgentMetrics
  readonly mesh: MeshMetrics
  readonly health: AgentHealth
  readonly paths: PathEndpoint
  /** The client, with its requests counted. */
  readonly counted: (client: KubeClient) => KubeClient
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
  const status = await openProcessStatus({
    bindAddress,
    registry,
    clock,
    log,
    sources: {
      faults: () => health.faults(),
      missing: () => health.missing(),
      metrics: () => registry.metrics(),
      path: (query) => paths.answer(query),
    },
  })
  const counted = (client: KubeClient): KubeClient => kube.around(client)
  return { ...status, metrics: agent, mesh, health, paths, counted }
}
