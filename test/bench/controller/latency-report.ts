import { type Row, figure, figureTable } from '../figure-table.ts'
import { type Metric, metric, verdictOf } from '../metric.ts'
import { median, quantile } from '../statistics.ts'
import type { Passage } from './latency.ts'

export interface Latencies {
  /** The first Nodes of controllers that have just started. */
  readonly cold: readonly Passage[]
  /** Node after Node with one controller. */
  readonly warm: readonly Passage[]
}

/** From the Node's registration until the cloud sees a write, in milliseconds. */
const firstWriteGoal = 100

export function latencyMetrics({ cold, warm }: Latencies): readonly Metric[] {
  const firstWrites = (passages: readonly Passage[]): readonly number[] =>
    passages.map(({ firstWriteMs }) => firstWriteMs)
  const routed = (passages: readonly Passage[]): readonly number[] => passages.map(({ routedMs }) => routedMs)
  return [
    metric('first-write.cold', median(firstWrites(cold)), 'ms', firstWriteGoal),
    metric('first-write.median', median(firstWrites(warm)), 'ms'),
    metric('first-write.p99', quantile(firstWrites(warm), 0.99), 'ms', firstWriteGoal),
    metric('routed.cold', median(routed(cold)), 'ms'),
    metric('routed.median', median(routed(warm)), 'ms'),
    metric('routed.p99', quantile(routed(warm), 0.99), 'ms'),
  ]
}

/** The figures for a person. `styled` colours a verdict. */
export function latencyTable(
  { cold, warm }: Latencies,
  metrics: readonly Metric[],
  styled: (verdict: 'pass' | 'fail', text: string) => string,
): string {
  const find = (name: string): Metric | undefined => metrics.find(({ metric: known }) => known === name)
  const text = (name: string): string => figure(find(name)?.value ?? 0)
  const rows: Row[] = [
    [
      `first write, just started (${cold.length} starts)`,
      text('first-write.cold'),
      null,
      verdictOf(find('first-write.cold')),
    ],
    [
      `first write (${warm.length} Nodes in a row)`,
      text('first-write.median'),
      text('first-write.p99'),
      verdictOf(find('first-write.p99')),
    ],
    ['NetworkUnavailable is False, just started', text('routed.cold')],
    ['NetworkUnavailable is False', text('routed.median'), text('routed.p99')],
  ]
  const table = figureTable(['ms after the registration of a Node', 'median', 'p99', 'goal'], rows)
  return table.replaceAll('✓', styled('pass', '✓')).replaceAll('✗', styled('fail', '✗'))
}
