import { type Row, figure, figureTable } from '../figure-table.ts'
import { type Metric, metric, verdictOf } from '../metric.ts'
import { median, quantile, ratioOf } from '../statistics.ts'
import type { KernelRounds, Measurements } from './measure.ts'
import { type Step, steps } from './scenario.ts'
import type { Batch } from './stopwatch.ts'

export interface Contest {
  readonly floor: readonly Batch[]
  readonly kernel: KernelRounds
  readonly steps: Measurements
  /** Bytes of each executable that a contender needs, ours first. */
  readonly files: readonly (readonly number[])[]
}

const titles: Readonly<Record<Step, string>> = {
  version: 'process start (VERSION)',
  'add-v4': 'ADD, IPv4',
  'del-v4': 'DEL, IPv4',
  'add-v4-disk': 'ADD, IPv4, reservations on a disk',
  'del-v4-disk': 'DEL, IPv4, reservations on a disk',
  'add-dual': 'ADD, dual-stack',
  'del-dual': 'DEL, dual-stack',
  'add-dual-no-dad': 'ADD, dual-stack, no DAD in the pod',
  'del-dual-no-dad': 'DEL, dual-stack, no DAD in the pod',
  'add-v4-x40': '40 ADDs at once, IPv4, until all are done',
  'del-v4-x40': '40 DELs at once, IPv4, until all are done',
}

/** What the median of the rounds' ratios may be at most. */
const goals: Readonly<Partial<Record<Step, number>>> = {
  version: 0.7,
  'add-v4': 0.25,
  'del-v4': 0.7,
  'add-dual': 0.005,
  'add-v4-x40': 0.35,
}
/** What the ratio of the medians of CPU time may be at most, for each call. */
const cpuGoals: Readonly<Partial<Record<Step, number>>> = { 'add-v4': 0.3, 'del-v4': 0.3, 'add-dual': 0.3 }
const goalFileMb = 4
const goalRssMb = 5

const megabyte = 1e6

/** The time of a round, until its last program ended. */
const times = (rounds: readonly Batch[]): readonly number[] => rounds.map(({ ms }) => ms)

/** Per program. */
const cpuTimes = (rounds: readonly Batch[]): readonly number[] =>
  rounds.flatMap(({ costs }) => costs.map(({ cpuMs }) => cpuMs))

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** All figures. Those of the peer, and ratios to it, are null if there is none. */
export function contestMetrics({ floor, kernel, steps: measured, files }: Contest): readonly Metric[] {
  const peerAdds = measured.get('add-v4')?.[1]
  const kernelRatio = peerAdds === undefined ? null : ratioOf(times(kernel.add), times(peerAdds)).median
  const metrics: Metric[] = [
    metric('floor.median', median(times(floor)), 'ms'),
    metric('kernel.add.median', median(times(kernel.add)), 'ms'),
    metric('kernel.add.cpu', median(cpuTimes(kernel.add)), 'ms'),
    metric('kernel.add.ratio', kernelRatio, '×'),
    metric('kernel.del.median', median(times(kernel.del)), 'ms'),
  ]
  for (const step of steps) {
    const [ours = [], theirs] = measured.get(step) ?? []
    for (const [who, rounds] of [
      ['podway-cni', ours],
      ['peer', theirs],
    ] as const) {
      const of = (values: (rounds: readonly Batch[]) => number): number | null =>
        rounds === undefined ? null : values(rounds)
      metrics.push(
        metric(
          `${step}.${who}.median`,
          of((some) => median(times(some))),
          'ms',
        ),
        metric(
          `${step}.${who}.p95`,
          of((some) => quantile(times(some), 0.95)),
          'ms',
        ),
        metric(
          `${step}.${who}.cpu`,
          of((some) => median(cpuTimes(some))),
          'ms',
        ),
      )
    }
    const ratio = theirs === undefined ? null : ratioOf(times(ours), times(theirs))
    const cpuRatio = theirs === undefined ? null : median(cpuTimes(ours)) / median(cpuTimes(theirs))
    metrics.push(
      metric(`${step}.ratio`, ratio?.median ?? null, '×', goals[step]),
      metric(`${step}.ratio.q1`, ratio?.low ?? null, '×'),
      metric(`${step}.ratio.q3`, ratio?.high ?? null, '×'),
      metric(`${step}.cpu-ratio`, cpuRatio, '×', cpuGoals[step]),
    )
  }
  const [ourFiles = [], theirFiles] = files
  return [
    ...metrics,
    metric('rss.podway-cni', peakMemory(measured, 0), 'MB', goalRssMb),
    metric('rss.peer', theirFiles === undefined ? null : peakMemory(measured, 1), 'MB'),
    metric('file.podway-cni', sum(ourFiles) / megabyte, 'MB', goalFileMb),
    metric('file.peer', theirFiles === undefined ? null : sum(theirFiles) / megabyte, 'MB'),
  ]
}

/** The largest that any process of a contender's ever was. */
function peakMemory(measured: Measurements, contender: number): number {
  const batches = [...measured.values()].flatMap((rounds) => rounds[contender] ?? [])
  return Math.max(...batches.flatMap(({ costs }) => costs.map(({ rssBytes }) => rssBytes))) / megabyte
}

/** The figures for a person. `styled` colours a verdict. */
export function contestTable(
  metrics: readonly Metric[],
  peer: string | undefined,
  styled: (verdict: 'pass' | 'fail', text: string) => string,
): string {
  const find = (name: string): Metric | undefined => metrics.find(({ metric: known }) => known === name)
  const text = (name: string): string | null => {
    const value = find(name)?.value ?? null
    return value === null ? null : figure(value)
  }
  const verdict = (name: string): string | null => verdictOf(find(name))
  const times: Row[] = steps.map((step) => {
    const low = text(`${step}.ratio.q1`)
    const high = text(`${step}.ratio.q3`)
    return [
      titles[step],
      ...['median', 'p95', 'cpu'].map((what) => text(`${step}.podway-cni.${what}`)),
      ...['median', 'p95', 'cpu'].map((what) => text(`${step}.peer.${what}`)),
      text(`${step}.ratio`),
      low === null || high === null ? null : `${low}–${high}`,
      verdict(`${step}.ratio`),
      text(`${step}.cpu-ratio`),
      verdict(`${step}.cpu-ratio`),
    ]
  })
  const sizes: Row[] = [
    [
      'peak memory of the largest process',
      text('rss.podway-cni'),
      text('rss.peer'),
      verdict('rss.podway-cni'),
    ],
    ['size of the executables', text('file.podway-cni'), text('file.peer'), verdict('file.podway-cni')],
  ]
  const table = figureTable(
    [
      'ms',
      'podway-cni',
      'p95',
      'CPU',
      ...(peer === undefined ? [] : [peer, 'p95', 'CPU', 'ratio', 'quartiles', 'goal', 'CPU ratio', 'goal']),
    ],
    peer === undefined ? times.map((row) => row.slice(0, 4)) : times,
  )
  const sizeTable = figureTable(['MB', 'podway-cni', peer ?? null, 'goal'], sizes)
  const [floor, add, cpu, del] = [
    'floor.median',
    'kernel.add.median',
    'kernel.add.cpu',
    'kernel.del.median',
  ].map((name) => text(name) ?? '?')
  const share = text('kernel.add.ratio')
  const notes = [
    `Starting a program that does nothing takes ${floor ?? ''} ms, which is part of every time.`,
    `A program that only asks the kernel for what an IPv4 ADD does takes ${add ?? ''} ms (CPU ${cpu ?? ''} ms)${share === null ? '' : `, ${share} of the peer's time`}.`,
    `To delete the pair, and to wait until its memory is freed, takes ${del ?? ''} ms.`,
  ]
  return `${table}\n\n${sizeTable}\n\n${notes.join('\n')}`
    .replaceAll('✓', styled('pass', '✓'))
    .replaceAll('✗', styled('fail', '✗'))
}
