import { type MetricObject, Registry, collectDefaultMetrics } from 'prom-client'
import { systemClock } from '../../kube/clock.ts'
import { makeAgentMetrics } from '../agent-status.ts'
import { makeMetrics } from '../controller-status.ts'

export interface MetricFacts {
  readonly name: string
  readonly type: string
  readonly labels: readonly string[]
  readonly help: string
}

/** Of `podway controller`: its own metrics, and those of the runtime. */
export function allMetrics(): {
  readonly own: readonly MetricFacts[]
  readonly runtime: readonly MetricFacts[]
} {
  const runtime = new Registry()
  collectDefaultMetrics({ register: runtime })
  return { own: factsOf(makeMetrics(systemClock).registry), runtime: factsOf(runtime) }
}

/** Of `podway agent`: its own metrics. */
export const agentMetrics = (): readonly MetricFacts[] => factsOf(makeAgentMetrics(systemClock).registry)

const factsOf = (registry: Registry): readonly MetricFacts[] =>
  registry
    .getMetricsAsArray()
    // The registry holds the metrics themselves, and its type says less.
    .map((metric) => metric as MetricObject & { readonly labelNames: readonly string[] })
    .map(({ help, labelNames, name, type }) => ({ name, type: String(type), labels: labelNames, help }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
