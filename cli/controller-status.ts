import { Gauge, Registry, collectDefaultMetrics } from 'prom-client'
import type { KubeClient } from '../kube/client.ts'
import type { Clock } from '../kube/clock.ts'
import type { Logger } from '../kube/log.ts'
import type { BudgetObserver } from '../providers/budget-lane.ts'
import { ControllerHealth } from '../reconciler/report/health.ts'
import { ControllerMetrics } from '../reconciler/report/metrics.ts'
import type { BindAddress } from './bind-address.ts'
import { cloudMetrics } from './cloud-metrics.ts'
import { KubeMetrics } from './kube-metrics.ts'
import { LoopWatch } from './loop-watch.ts'
import { serveStatus } from './status-server.ts'
import { version } from './version.ts'

/** Everything that `podway controller` measures. */
export interface AllMetrics {
  readonly registry: Registry
  readonly controller: ControllerMetrics
  readonly cloud: BudgetObserver
  readonly kube: KubeMetrics
}

export function makeMetrics(clock: Pick<Clock, 'monotonic'>): AllMetrics {
  const registry = new Registry()
  new Gauge({
    name: 'podway_build_info',
    help: 'Always 1; the labels say what runs.',
    labelNames: ['version', 'node'],
    registers: [registry],
  }).set({ version, node: process.version }, 1)
  return {
    registry,
    controller: new ControllerMetrics(registry),
    cloud: cloudMetrics(registry),
    kube: new KubeMetrics(registry, clock),
  }
}

/** How the controller of this process does, for those who look from outside. */
export interface ControllerStatus extends AsyncDisposable {
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

export const bindAddressFlag = 'metrics-bind-address'

/** Serves it from now on, whether it leads or waits to. @throws BindError */
export async function openStatus({
  bindAddress,
  clock,
  identity,
  log,
}: StatusOptions): Promise<ControllerStatus> {
  const { cloud, controller, kube, registry } = makeMetrics(clock)
  const health = new ControllerHealth(identity)
  const parts = { metrics: controller, health, cloud, counted: (client: KubeClient) => kube.around(client) }
  if (bindAddress === undefined) return { ...parts, [Symbol.asyncDispose]: () => Promise.resolve() }
  collectDefaultMetrics({ register: registry })
  const loop = new LoopWatch(clock)
  try {
    const server = await serveStatus(bindAddressFlag, bindAddress, {
      faults: () => [...health.faults(), ...loop.faults()],
      missing: () => health.missing(),
      metrics: () => {
        controller.refresh()
        return registry.metrics()
      },
    })
    log.info({ address: bindAddress.text, port: server.port }, 'serving /healthz, /readyz and /metrics')
    return {
      ...parts,
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
