import type { Registry } from 'prom-client'
import type { KubeClient } from '../kube/client.ts'
import type { Clock } from '../kube/clock.ts'
import type { Logger } from '../kube/log.ts'
import type { BudgetObserver } from '../providers/budget-lane.ts'
import { ControllerHealth } from '../reconciler/report/health.ts'
import { ControllerMetrics } from '../reconciler/report/metrics.ts'
import type { BindAddress } from './bind-address.ts'
import { cloudMetrics } from './cloud-metrics.ts'
import { KubeMetrics } from './kube-metrics.ts'
import { type ProcessStatus, makeRegistry, openProcessStatus } from './process-status.ts'

/** Everything that `podway controller` measures. */
export interface AllMetrics {
  readonly registry: Registry
  readonly controller: ControllerMetrics
  readonly cloud: BudgetObserver
  readonly kube: KubeMetrics
}

export function makeMetrics(clock: Pick<Clock, 'monotonic'>): AllMetrics {
  const registry = makeRegistry()
  return {
    registry,
    controller: new ControllerMetrics(registry),
    cloud: cloudMetrics(registry),
    kube: new KubeMetrics(registry, clock),
  }
}

/** How the controller of this process does, for those who look from outside. */
export interface ControllerStatus extends ProcessStatus {
  readonly metrics: ControllerMetrics
  readonly health: ControllerHealth
  readonly cloud: BudgetObserver
  /** The client, with its requests counted. */
  readonly counted: (client: KubeClient) => KubeClient
}

export interface StatusOptions {
  /** Undefined: nobody is served. */
  readonly bindAddress: BindAddress | undefined
  /** Of this controller among those that may lead. */
  readonly identity: string
  readonly clock: Clock
  readonly log: Logger
}

/** Serves it from now on, whether it leads or waits to. @throws BindError */
export async function openStatus({
  bindAddress,
  clock,
  identity,
  log,
}: StatusOptions): Promise<ControllerStatus> {
  const { cloud, controller, kube, registry } = makeMetrics(clock)
  const health = new ControllerHealth(identity)
  const status = await openProcessStatus({
    bindAddress,
    registry,
    clock,
    log,
    sources: {
      faults: () => health.faults(),
      missing: () => health.missing(),
      metrics: () => {
        controller.refresh()
        return registry.metrics()
      },
    },
  })
  return { ...status, metrics: controller, health, cloud, counted: (client) => kube.around(client) }
}
