import { figure, figureTable } from '../figure-table.ts'
import { type Metric, metric } from '../metric.ts'
import { median, quantile } from '../statistics.ts'

export interface GoogleFigures {
  /** Until the adapter and its SDK are there. */
  readonly loadMs: number
  /** Until its client can be called. */
  readonly openMs: number
  /** How long the event loop stood still at most while many calls at once were refused, of each round. */
  readonly lagMs: readonly number[]
  /** Until the last of them was known to be refused, of each round. */
  readonly refusedMs: readonly number[]
  readonly rssBytes: number
}

/** How many calls are refused at once. */
export const refusals = 50

/** A lease is renewed every two seconds, and a controller's pod has half a gigabyte. */
const lagGoal = 50
const rssGoal = 300

export const googleMetrics = ({
  loadMs,
  openMs,
  lagMs,
  refusedMs,
  rssBytes,
}: GoogleFigures): readonly Metric[] => [
  metric('load', loadMs, 'ms'),
  metric('open', openMs, 'ms'),
  metric('refused.median', median(refusedMs), 'ms'),
  metric('lag.median', median(lagMs), 'ms', lagGoal),
  metric('lag.p95', quantile(lagMs, 0.95), 'ms'),
  metric('rss', rssBytes / 1e6, 'MB', rssGoal),
]

/** The figures for a person. `styled` colours a verdict. */
export function googleTable(
  metrics: readonly Metric[],
  styled: (verdict: 'pass' | 'fail', text: string) => string,
): string {
  const cell = (name: string): string => figure(metrics.find((one) => one.metric === name)?.value ?? 0)
  const goal = (name: string): string | null => {
    const found = metrics.find((one) => one.metric === name)
    return found === undefined || found.goal === null
      ? null
      : `≤ ${found.goal} ${found.pass === true ? '✓' : '✗'}`
  }
  const table = figureTable(
    ['', 'median', 'p95', 'goal'],
    [
      ['the adapter and its SDK are loaded, ms', cell('load')],
      ['its client is opened, ms', cell('open')],
      [`${refusals} calls at once are refused, ms`, cell('refused.median')],
      [
        'the event loop stands still meanwhile at most, ms',
        cell('lag.median'),
        cell('lag.p95'),
        goal('lag.median'),
      ],
      ['memory of the process, MB', cell('rss'), null, goal('rss')],
    ],
  )
  return table.replaceAll('✓', styled('pass', '✓')).replaceAll('✗', styled('fail', '✗'))
}
