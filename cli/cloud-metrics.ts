import { Counter, Histogram, type Registry } from 'prom-client'
import type { BudgetObserver } from '../providers/budget-lane.ts'

/** Counts what is asked of a cloud's API. */
export function cloudMetrics(registry: Registry): BudgetObserver {
  const registers = [registry]
  const calls = new Counter({
    name: 'podway_cloud_calls_total',
    help: 'Calls to the cloud’s API, by action and result: ok, or the class of the failure (throttled, quota, unauthorized …).',
    labelNames: ['action', 'result'],
    registers,
  })
  const seconds = new Histogram({
    name: 'podway_cloud_call_seconds',
    help: 'How long calls to the cloud’s API took, without the wait for their turn.',
    labelNames: ['action'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  })
  const waits = new Counter({
    name: 'podway_cloud_wait_seconds_total',
    help: 'How long calls to the cloud’s API waited for their turn, so as not to exceed its rates.',
    labelNames: ['action'],
    registers,
  })
  return {
    onCall: (action, result, ms) => {
      calls.inc({ action, result })
      seconds.observe({ action }, ms / 1000)
    },
    onWait: (action, ms) => waits.inc({ action }, ms / 1000),
  }
}
