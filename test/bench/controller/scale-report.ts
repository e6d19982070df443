import { type Row, figure, figureTable } from '../figure-table.ts'
import { type Metric, metric, verdictOf } from '../metric.ts'
import type { Phase, ScaleFigures } from './scale.ts'

/** How many times what the cloud's rates ask for at least. */
const overFloorGoal = 1.05
/** Others' rates are learnt by being refused. */
const overFloorRivalGoal = 1.15
/** Of the calls of the other client. */
const rivalRefusedGoal = 10
const loopLagGoal = 50
const rssGoal = 300

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0)

/** All figures, by cluster; and how they grow from the smallest to the largest cluster of raised rates. */
export function scaleMetrics(all: readonly ScaleFigures[]): readonly Metric[] {
  return [...all.flatMap(metricsOf), ...growthMetrics(all)]
}

function metricsOf({ cluster, cold, steady, rolling, peakRssBytes, rival }: ScaleFigures): readonly Metric[] {
  const { name, nodes, tables, hasRival } = cluster
  const { CreateRoute = 0, ModifyNetworkInterfaceAttribute: checks = 0 } = cold.cloudCalls
  const aMinute = steady.seconds / 60
  const goal = hasRival ? overFloorRivalGoal : overFloorGoal
  return [
    ...phaseMetrics(`${name}.cold`, cold, goal),
    metric(
      `${name}.cold.creates-per-route`,
      CreateRoute / (nodes * tables),
      'calls',
      hasRival ? undefined : 1,
    ),
    metric(`${name}.cold.checks-per-node`, checks / nodes, 'calls', 1),
    metric(`${name}.cold.calls-per-node`, sum(cold.cloudCalls) / nodes, 'calls'),
    metric(`${name}.cold.refused`, (100 * cold.refused) / sum(cold.cloudCalls), '%'),
    metric(`${name}.steady.kube-writes`, sum(steady.kubeWrites), 'calls', 0),
    metric(`${name}.steady.cloud-reads`, sum(steady.cloudCalls) / aMinute / tables, 'calls/min', 1),
    metric(`${name}.steady.cpu`, steady.cpuSeconds / aMinute, 's'),
    // A tenth of a small cluster fits into the burst: then there is no floor to compare with.
    ...phaseMetrics(`${name}.rolling`, rolling, goal),
    metric(`${name}.rss`, peakRssBytes / 1e6, 'MB', rssGoal),
    ...(rival === undefined
      ? []
      : [metric(`${name}.rival-refused`, (100 * rival.refused) / rival.made, '%', rivalRefusedGoal)]),
  ]
}

const phaseMetrics = (name: string, phase: Phase, goal: number): readonly Metric[] => [
  metric(`${name}.seconds`, phase.seconds, 's'),
  ...(phase.floorSeconds > 0
    ? [metric(`${name}.over-floor`, phase.seconds / phase.floorSeconds, '×', goal)]
    : []),
  metric(`${name}.cpu`, phase.cpuSeconds, 's'),
  metric(`${name}.loop-lag-p99`, phase.loopLagP99Ms, 'ms', loopLagGoal),
]

/** Ten times the Nodes may take ten times as much. */
function growthMetrics(all: readonly ScaleFigures[]): readonly Metric[] {
  const raised = all
    .filter(({ cluster }) => cluster.bucketScale > 1)
    .toSorted((a, b) => a.cluster.nodes - b.cluster.nodes)
  const [small, large] = [raised.at(0), raised.at(-1)]
  if (small === undefined || large === undefined || small.cluster.nodes === large.cluster.nodes) return []
  const factor = large.cluster.nodes / small.cluster.nodes
  return [
    metric('growth.cpu', large.cold.cpuSeconds / small.cold.cpuSeconds, '×', factor),
    metric('growth.steady-cpu', large.steady.cpuSeconds / small.steady.cpuSeconds, '×', factor),
    metric('growth.rss', large.peakRssBytes / small.peakRssBytes, '×', factor),
  ]
}

/** The figures for a person, a table a concern. `styled` colours a verdict. */
export function scaleTables(
  all: readonly ScaleFigures[],
  metrics: readonly Metric[],
  styled: (verdict: 'pass' | 'fail', text: string) => string,
): readonly string[] {
  if (all.length === 0) return []
  const find = (name: string): Metric | undefined => metrics.find(({ metric: known }) => known === name)
  const value = (name: string): string | null => {
    const found = find(name)?.value
    return found === undefined || found === null ? null : figure(found)
  }
  const names = all.map(({ cluster }) => cluster.name)
  const table = (heading: Row, rows: readonly Row[]): string =>
    figureTable(heading, rows).replaceAll('✓', styled('pass', '✓')).replaceAll('✗', styled('fail', '✗'))
  const phase = (title: string, key: 'cold' | 'rolling'): string =>
    table(
      [title, 's', 'floor', 'ratio', 'goal', 'CPU s', 'loop p99 ms', 'goal'],
      all.map((figures) => {
        const name = `${figures.cluster.name}.${key}`
        const overFloor = find(`${name}.over-floor`)
        return [
          figures.cluster.name,
          value(`${name}.seconds`),
          figure(figures[key].floorSeconds),
          value(`${name}.over-floor`),
          verdictOf(overFloor),
          value(`${name}.cpu`),
          value(`${name}.loop-lag-p99`),
          verdictOf(find(`${name}.loop-lag-p99`)),
        ]
      }),
    )
  return [
    phase('all Nodes are there before the controller', 'cold'),
    table(
      ['calls of that', 'creates a route', 'checks a Node', 'calls a Node', 'refused %', 'peak MB', 'goal'],
      names.map((name) => [
        name,
        value(`${name}.cold.creates-per-route`),
        value(`${name}.cold.checks-per-node`),
        value(`${name}.cold.calls-per-node`),
        value(`${name}.cold.refused`),
        value(`${name}.rss`),
        verdictOf(find(`${name}.rss`)),
      ]),
    ),
    table(
      ['nothing happens', 'Kubernetes writes', 'goal', 'cloud reads a table/min', 'goal', 'CPU s/min'],
      names.map((name) => [
        name,
        value(`${name}.steady.kube-writes`),
        verdictOf(find(`${name}.steady.kube-writes`)),
        value(`${name}.steady.cloud-reads`),
        verdictOf(find(`${name}.steady.cloud-reads`)),
        value(`${name}.steady.cpu`),
      ]),
    ),
    phase('a tenth of the Nodes is replaced at once', 'rolling'),
    ...remarks(all, metrics),
  ]
}

function remarks(all: readonly ScaleFigures[], metrics: readonly Metric[]): readonly string[] {
  const said = metrics
    .filter(({ metric: name }) => name.startsWith('growth.') || name.endsWith('.rival-refused'))
    .map((one) => `${one.metric}: ${figure(one.value ?? 0)} ${one.unit}, ${verdictOf(one)}`)
  const raised = all
    .filter(({ cluster }) => cluster.bucketScale > 1)
    .map(
      ({ cluster }) =>
        `${cluster.name}: ${cluster.bucketScale} times AWS's rates, ${cluster.routesPerTable} routes a table`,
    )
  const written = all.flatMap(({ cluster, steady }) =>
    Object.entries(steady.kubeWrites).map(
      ([what, count]) => `${cluster.name}: ${what}, ${count} of them though nothing happened`,
    ),
  )
  return [...raised, ...said, ...written].length === 0 ? [] : [[...raised, ...said, ...written].join('\n')]
}
