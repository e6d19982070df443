import { ManualClock } from '../../../kube/testing/manual-clock.ts'
import { systemClock } from '../../../kube/clock.ts'
import { defaultEffectiveMs } from '../../../providers/azure/azure-provider.ts'
import { armLimits } from '../../../providers/azure/limits.ts'
import { defaultPolling } from '../../../providers/azure/poller.ts'
import { ApiBudget } from '../../../providers/budget.ts'
import { Cluster } from '../../../reconciler/testing/cluster.ts'
import { startController } from '../../conformance/aws-controller.ts'
import { createSimulatedAzure, group, subscription } from '../../conformance/simulated-azure.ts'
import { listAt } from '../../simulators/kubernetes/json.ts'

/** How many Nodes are routed, and how it went, all times from the moment at which they were all registered. */
export interface Join {
  readonly nodes: number
  /** Writes of the table. */
  readonly puts: number
  readonly reads: number
  /** Calls that were refused, for whatever reason. */
  readonly refused: number
  /** Until the table had all routes. */
  readonly writtenSeconds: number
  /** Until the last Node's NetworkUnavailable was False. */
  readonly routedSeconds: number
}

/** One write of a table, as Azure takes it: https://github.com/kubernetes/kubernetes/issues/88151 */
export const operationMs = 3_000
export const effectiveMs = defaultEffectiveMs

/** What is used of the documented buckets, as the controller has it unless told. */
const share = 0.8
const timeoutMs = 300_000

/**
 * The controller, with the limits and waits that it has unless told, between the simulators of ARM and Kubernetes in this
 * process. The machines' template lets them forward.
 */
export async function joinAtOnce(nodes: number, onProgress: (routed: number) => void): Promise<Join> {
  let isMade = false
  const world = await createSimulatedAzure({
    throttling: 'azure',
    operationMs: () => (isMade ? operationMs : 0),
    effectiveMs,
  })
  const cluster = await Cluster.start(new ManualClock())
  const table = await world.addTable('nodes')
  isMade = true
  const names = Array.from({ length: nodes }, (_, index) => `node-${index}`)
  const machines = names.map((name) =>
    world.simulator.machines.add({ subscription, group, name, subnet: world.nodeSubnet, forwards: true }),
  )
  const provider = world.providerWith({
    budget: new ApiBudget({ clock: systemClock, limits: armLimits, share }),
    effectiveMs,
    polling: defaultPolling,
  })
  const controller = startController(provider, cluster.url, { workers: provider.capabilities.batch.max })
  try {
    await until(() => world.calls().some(({ operation }) => operation === 'RouteTables_Get'))
    const before = world.calls().length
    const start = performance.now()
    const seconds = (): number => (performance.now() - start) / 1000
    for (const [index, name] of names.entries())
      cluster.addNode(name, {
        providerID: `azure://${machines[index]?.id ?? ''}`,
        podCIDRs: [`10.${100 + Math.floor(index / 256)}.${index % 256}.0/24`],
      })
    await until(() => listAt(world.send('GET', table.id), 'properties', 'routes').length === nodes)
    const writtenSeconds = seconds()
    await until(() => {
      const routed = names.filter((name) => cluster.condition(name)?.status === 'False').length
      onProgress(routed)
      return routed === nodes
    })
    const routedSeconds = seconds()
    const calls = world.calls().slice(before)
    return {
      nodes,
      puts: calls.filter(({ method }) => method === 'PUT').length,
      reads: calls.filter(({ method }) => method === 'GET').length,
      refused: calls.filter(({ code }) => code !== undefined).length,
      writtenSeconds,
      routedSeconds,
    }
  } finally {
    await controller.stop()
    await cluster.close()
    await world.close()
  }
}

async function until(isSo: () => boolean): Promise<void> {
  const end = performance.now() + timeoutMs
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`it took more than ${timeoutMs / 1000} s`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
