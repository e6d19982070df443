import { type Row, figure, figureTable } from '../figure-table.ts'
import { type Metric, metric, verdictOf } from '../metric.ts'
import { median, quantile, ratioOf } from '../statistics.ts'
import type { Batch } from '../cni/stopwatch.ts'
import type { Measured } from './measure.ts'
import { type Scenario, goalOnFullNode, nodeIsFull } from './scenario.ts'

export interface ChainContest {
  readonly scenarios: readonly { readonly scenario: Scenario; readonly measured: Measured }[]
  readonly fullNode: { readonly first: readonly Batch[]; readonly last: readonly Batch[] }
}

const verbs = ['add', 'del'] as const
const times = (rounds: readonly Batch[]): readonly number[] => rounds.map(({ ms }) => ms)
const cpuTimes = (rounds: readonly Batch[]): readonly number[] =>
  rounds.flatMap(({ costs }) => costs.map(({ cpuMs }) => cpuMs))

/** All figures. Those of the peer, and ratios to it, are null if there is none. */
export function chainMetrics({ scenarios, fullNode }: ChainContest): readonly Metric[] {
  const contest = scenarios.flatMap(({ scenario, measured }) =>
    verbs.flatMap((verb) => {
      const [ours = [], theirs] = measured[verb]
      const key = `chain-${scenario.key}.${verb}`
      const of = (who: string, rounds: readonly Batch[] | undefined): readonly Metric[] => [
        metric(`${key}.${who}.median`, rounds === undefined ? null : median(times(rounds)), 'ms'),
        metric(`${key}.${who}.p95`, rounds === undefined ? null : quantile(times(rounds), 0.95), 'ms'),
        metric(`${key}.${who}.cpu`, rounds === undefined ? null : median(cpuTimes(rounds)), 'ms'),
      ]
      const ratio = theirs === undefined ? null : ratioOf(times(ours), times(theirs))
      return [
        ...of('podway-cni', ours),
        ...of('peer', theirs),
        metric(`${key}.ratio`, ratio?.median ?? null, '×', scenario.goals[verb]),
        metric(`${key}.ratio.q1`, ratio?.low ?? null, '×'),
        metric(`${key}.ratio.q3`, ratio?.high ?? null, '×'),
      ]
    }),
  )
  const { first, last } = fullNode
  return [
    ...contest,
    metric('chain-full-node.first.median', median(times(first)), 'ms'),
    metric('chain-full-node.last.median', median(times(last)), 'ms'),
    metric('chain-full-node.ratio', median(times(last)) / median(times(first)), '×', goalOnFullNode),
  ]
}

/** The figures for a person. `styled` colours a verdict. */
export function chainTable(
  scenarios: readonly Scenario[],
  metrics: readonly Metric[],
  peer: string | undefined,
  styled: (verdict: 'pass' | 'fail', text: string) => string,
): string {
  const find = (name: string): Metric | undefined => metrics.find(({ metric: known }) => known === name)
  const text = (name: string): string | null => {
    const value = find(name)?.value ?? null
    return value === null ? null : figure(value)
  }
  const rows: Row[] = scenarios.flatMap(({ key, title }) =>
    verbs.map((verb) => {
      const name = `chain-${key}.${verb}`
      const [low, high] = [text(`${name}.ratio.q1`), text(`${name}.ratio.q3`)]
      return [
        `${verb.toUpperCase()}, ${title}`,
        ...['median', 'p95', 'cpu'].map((what) => text(`${name}.podway-cni.${what}`)),
        ...['median', 'p95', 'cpu'].map((what) => text(`${name}.peer.${what}`)),
        text(`${name}.ratio`),
        low === null || high === null ? null : `${low}–${high}`,
        verdictOf(find(`${name}.ratio`)),
      ]
    }),
  )
  const heading = ['ms', 'podway-cni', 'p95', 'CPU']
  const table =
    peer === undefined
      ? figureTable(
          heading,
          rows.map((row) => row.slice(0, heading.length)),
        )
      : figureTable([...heading, peer, 'p95', 'CPU', 'ratio', 'quartiles', 'goal'], rows)
  const [first, last, ratio] = ['first.median', 'last.median', 'ratio'].map(
    (what) => text(`chain-full-node.${what}`) ?? '?',
  )
  const verdict = verdictOf(find('chain-full-node.ratio')) ?? ''
  const note = `With ${nodeIsFull} pods with a port each on the node, an ADD of podway-cni with one takes ${last ?? ''} ms, without any ${first ?? ''} ms: ${ratio ?? ''} × (${verdict}).`
  return `${table}\n\n${note}`.replaceAll('✓', styled('pass', '✓')).replaceAll('✗', styled('fail', '✗'))
}
