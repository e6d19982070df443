import { figure, figureTable } from '../figure-table.ts'
import { type Metric, metric, verdictOf } from '../metric.ts'
import { median, quantile } from '../statistics.ts'

export interface MeshFigures {
  /** From when the Nodes are known until the kernel has all routes, and the agent knows it. */
  readonly programMs: number
  /** Of the agent's half until then, its own start included. */
  readonly agentCpuMs: number
  readonly serveCpuMs: number
  /** From when the kernel tells that a route is gone until it tells that it is back, of each round. */
  readonly repairMs: readonly number[]
  /** From when all are about to be taken away until all are back. */
  readonly flushMs: number
  /** Of the process that is the mesh alone, after all of it. */
  readonly meshRssBytes: number
  /** Of the whole agent, whose Nodes are of real size. */
  readonly agentRssBytes: number
  readonly agentPeakBytes: number
  /** At the end, after both. */
  readonly serveRssBytes: number
  readonly servePeakBytes: number
}

const repairGoal = 1_000
const agentRssGoal = 110
const serveRssGoal = 8

export const meshMetrics = (figures: MeshFigures): readonly Metric[] => [
  metric('mesh.program', figures.programMs, 'ms'),
  metric('mesh.agent.cpu', figures.agentCpuMs, 'ms'),
  metric('mesh.serve.cpu', figures.serveCpuMs, 'ms'),
  metric('mesh.repair.median', median(figures.repairMs), 'ms', repairGoal),
  metric('mesh.repair.p95', quantile(figures.repairMs, 0.95), 'ms', repairGoal),
  metric('mesh.flush', figures.flushMs, 'ms', repairGoal),
  metric('mesh.alone.rss', figures.meshRssBytes / 1e6, 'MB'),
  metric('mesh.agent.rss', figures.agentRssBytes / 1e6, 'MB', agentRssGoal),
  metric('mesh.agent.peak', figures.agentPeakBytes / 1e6, 'MB', agentRssGoal),
  metric('mesh.serve.rss', figures.serveRssBytes / 1e6, 'MB', serveRssGoal),
  metric('mesh.serve.peak', figures.servePeakBytes / 1e6, 'MB', serveRssGoal),
]

const rows: readonly (readonly [text: string, name: string])[] = [
  ['all routes are programmed, ms', 'mesh.program'],
  ['CPU of podway agent for it, its start included, ms', 'mesh.agent.cpu'],
  ['CPU of podway-cni serve for it, its start included, ms', 'mesh.serve.cpu'],
  ['a route that is taken away is back, median, ms', 'mesh.repair.median'],
  ['the same, p95, ms', 'mesh.repair.p95'],
  ['all routes that are flushed are back, ms', 'mesh.flush'],
  ['memory of the mesh alone, MB', 'mesh.alone.rss'],
  ['memory of podway agent, with Nodes of 14 kB, MB', 'mesh.agent.rss'],
  ['the same at most, MB', 'mesh.agent.peak'],
  ['memory of podway-cni serve, MB', 'mesh.serve.rss'],
  ['the same at most, MB', 'mesh.serve.peak'],
]

/** The figures for a person. `styled` colours a verdict. */
export function meshTable(
  metrics: readonly Metric[],
  styled: (verdict: 'pass' | 'fail', text: string) => string,
): string {
  const table = figureTable(
    ['', 'figure', 'goal'],
    rows.map(([text, name]) => {
      const found = metrics.find((one) => one.metric === name)
      return [text, figure(found?.value ?? 0), verdictOf(found)]
    }),
  )
  return table.replaceAll('✓', styled('pass', '✓')).replaceAll('✗', styled('fail', '✗'))
}
