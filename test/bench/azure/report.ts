import { type Metric, metric } from '../metric.ts'
import { type Join, effectiveMs, operationMs } from './join.ts'

/** A write for whoever comes first, and one for all that came meanwhile: less can't be without making the first one wait. */
const fewestPuts = 2
/** What Microsoft.Network lets one subscription write in five minutes. */
const perFiveMinutes = 1_000

/** The least that it can take: the two writes, and the wait until packets follow the last of them. */
const floorSeconds = (fewestPuts * operationMs + effectiveMs) / 1000

/** One write a route, one after the other, as Azure takes them; never faster than its bucket lets through. */
export const onePutEachSeconds = (nodes: number): number =>
  Math.max((nodes * operationMs) / 1000, ((nodes - perFiveMinutes) / perFiveMinutes) * 300) +
  effectiveMs / 1000

export function azureMetrics({ nodes, puts, refused, routedSeconds }: Join): readonly Metric[] {
  return [
    metric('azure.puts', puts, 'calls', 5),
    metric('azure.refused', refused, 'calls', 0),
    metric('azure.routed', routedSeconds, 's'),
    metric('azure.over-floor', routedSeconds / floorSeconds, '×', 1.5),
    metric('azure.than-one-put-each', routedSeconds / onePutEachSeconds(nodes), '×'),
  ]
}

export function azureTable(join: Join): string {
  const { nodes, puts, reads, refused, routedSeconds, writtenSeconds } = join
  const lines: readonly (readonly [what: string, value: string])[] = [
    ['Nodes at once', String(nodes)],
    ['writes of the table', String(puts)],
    ['reads', String(reads)],
    ['refused', String(refused)],
    ['all routes in the table after', `${writtenSeconds.toFixed(1)} s`],
    ['last Node routed after', `${routedSeconds.toFixed(1)} s`],
    [
      `the least that it can take (${fewestPuts} writes of ${operationMs / 1000} s, ${effectiveMs / 1000} s until effective)`,
      `${floorSeconds.toFixed(1)} s`,
    ],
    ['one write a route, one after the other', `${onePutEachSeconds(nodes).toFixed(0)} s`],
  ]
  const width = Math.max(...lines.map(([what]) => what.length))
  return lines.map(([what, value]) => `${what.padEnd(width)}  ${value.padStart(8)}`).join('\n')
}
