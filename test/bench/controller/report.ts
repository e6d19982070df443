import { type Row, figure, figureTable } from '../figure-table.ts'
import { type Metric, metric } from '../metric.ts'
import { median, quantile } from '../statistics.ts'

/** What became of one Node. */
export interface Passage {
  readonly firstWriteMs: number
  readonly routedMs: number
}

/** What became of many at once. */
export interface Rush {
  readonly nodes: number
  readonly routes: number
  readonly seconds: number
  readonly calls: { readonly all: number; readonly refused: number }
  readonly rssBytes: number
}

export interface ControllerFigures {
  /** The first Nodes of controllers that have just started. */
  readonly cold: readonly Passage[]
  /** Node after Node with one controller. */
  readonly warm: readonly Passage[]
  /** IPv4, one table, as many as AWS's token bucket lets through at once. */
  readonly free: Rush
  /** The same, far beyond it. */
  readonly throttled: Rush
}

/** From the Node's registration until the cloud sees a write, in milliseconds. */
const firstWriteGoal = 100

export function controllerMetrics({ cold, warm, free, throttled }: ControllerFigures): readonly Metric[] {
  const firstWrites = (passages: readonly Passage[]): readonly number[] =>
    passages.map(({ firstWriteMs }) => firstWriteMs)
  const routed = (passages: readonly Passage[]): readonly number[] => passages.map(({ routedMs }) => routedMs)
  return [
    metric('first-write.cold', median(firstWrites(cold)), 'ms', firstWriteGoal),
    metric('first-write.median', median(firstWrites(warm)), 'ms', firstWriteGoal),
    metric('first-write.p95', quantile(firstWrites(warm), 0.95), 'ms'),
    metric('routed.cold', median(routed(cold)), 'ms'),
    metric('routed.median', median(routed(warm)), 'ms'),
    metric('routed.p95', quantile(routed(warm), 0.95), 'ms'),
    ...rushMetrics('rush', free),
    ...rushMetrics('rush-throttled', throttled),
    metric('rush-throttled.refused', (100 * throttled.calls.refused) / throttled.calls.all, '%'),
  ]
}

const rushMetrics = (name: string, { routes, seconds, calls, rssBytes }: Rush): readonly Metric[] => [
  metric(`${name}.seconds`, seconds, 's'),
  metric(`${name}.calls-per-route`, calls.all / routes, 'calls'),
  metric(`${name}.rss`, rssBytes / 1e6, 'MB'),
]

/** The figures for a person. `styled` colours a verdict. */
export function controllerTable(
  { cold, warm, free, throttled }: ControllerFigures,
  metrics: readonly Metric[],
  styled: (verdict: 'pass' | 'fail', text: string) => string,
): string {
  const text = (name: string): string =>
    figure(metrics.find(({ metric: known }) => known === name)?.value ?? 0)
  const verdict = (name: string): string | null => {
    const found = metrics.find(({ metric: known }) => known === name)
    return found === undefined || found.goal === null
      ? null
      : `≤ ${found.goal} ${found.pass === true ? '✓' : '✗'}`
  }
  const one: Row[] = [
    [
      `first write, just started (${cold.length} starts)`,
      text('first-write.cold'),
      null,
      verdict('first-write.cold'),
    ],
    [
      `first write (${warm.length} Nodes in a row)`,
      text('first-write.median'),
      text('first-write.p95'),
      verdict('first-write.median'),
    ],
    ['NetworkUnavailable is False, just started', text('routed.cold')],
    ['NetworkUnavailable is False', text('routed.median'), text('routed.p95')],
  ]
  const rush = (title: string, name: string, { nodes, routes, calls }: Rush): Row => [
    `${nodes} Nodes at once, ${title}`,
    String(routes),
    text(`${name}.seconds`),
    text(`${name}.calls-per-route`),
    `${((100 * calls.refused) / calls.all).toFixed(0)} %`,
    text(`${name}.rss`),
  ]
  const table = figureTable(['ms after the registration of a Node', 'median', 'p95', 'goal'], one)
  const rushes = figureTable(
    ['', 'routes', 's', 'calls a route', 'refused', 'peak MB'],
    [rush('within the burst of the budget', 'rush', free), rush('beyond it', 'rush-throttled', throttled)],
  )
  return `${table}\n\n${rushes}`.replaceAll('✓', styled('pass', '✓')).replaceAll('✗', styled('fail', '✗'))
}
