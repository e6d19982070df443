import { describe, expect, test } from 'vitest'
import type { Metric } from '../metric.ts'
import { type Contest, contestMetrics, contestTable } from './report.ts'
import { steps } from './scenario.ts'
import type { Batch } from './stopwatch.ts'

const batch = (ms: number, cpuMs = 1): Batch => ({
  ms,
  costs: [{ ms, cpuMs, rssBytes: ms * 1e6 }],
  outputs: [''],
})

/** Rounds of all steps: `times` of ours, theirs ten times as long. */
const contest = (times: readonly number[], withPeer: boolean): Contest => ({
  floor: [batch(0.1)],
  kernel: { add: times.map((ms) => batch(ms / 2, 0.5)), del: [batch(20)] },
  steps: new Map(
    steps.map((step) => [
      step,
      [times.map((ms) => batch(ms)), ...(withPeer ? [times.map((ms) => batch(ms * 10, 4))] : [])],
    ]),
  ),
  files: [[2_400_000], ...(withPeer ? [[5_600_000, 4_500_000]] : [])],
})

const find = (metrics: readonly Metric[], name: string): Metric | undefined =>
  metrics.find(({ metric }) => metric === name)

const plain = (_verdict: 'pass' | 'fail', text: string): string => text

describe('contestMetrics', () => {
  const metrics = contestMetrics(contest([3, 1, 2], true))

  test.each([
    { name: 'add-v4.podway-cni.median', value: 2, goal: null, pass: null },
    { name: 'add-v4.peer.median', value: 20, goal: null, pass: null },
    { name: 'add-v4.ratio', value: 0.1, goal: 0.25, pass: true },
    { name: 'add-dual.ratio', value: 0.1, goal: 0.005, pass: false },
    { name: 'del-v4.cpu-ratio', value: 0.25, goal: 0.3, pass: true },
    { name: 'version.cpu-ratio', value: 0.25, goal: null, pass: null },
    { name: 'rss.podway-cni', value: 3, goal: 5, pass: true },
    { name: 'rss.peer', value: 30, goal: null, pass: null },
    { name: 'file.podway-cni', value: 2.4, goal: 4, pass: true },
    { name: 'file.peer', value: 10.1, goal: null, pass: null },
    { name: 'floor.median', value: 0.1, goal: null, pass: null },
    { name: 'kernel.add.median', value: 1, goal: null, pass: null },
    { name: 'kernel.add.cpu', value: 0.5, goal: null, pass: null },
    { name: 'kernel.add.ratio', value: 0.05, goal: null, pass: null },
    { name: 'kernel.del.median', value: 20, goal: null, pass: null },
  ])('$name', ({ name, ...expected }) => {
    expect(find(metrics, name)).toMatchObject(expected)
  })

  test('every name is there once', () => {
    expect(new Set(metrics.map(({ metric }) => metric)).size).toBe(metrics.length)
  })

  test('without a peer, what is its own or a ratio is null, and judges nothing', () => {
    const alone = contestMetrics(contest([1], false))
    expect(alone.map(({ metric }) => metric)).toEqual(metrics.map(({ metric }) => metric))
    const unknown = alone.filter(({ value }) => value === null).map(({ metric }) => metric)
    expect(unknown.every((name) => /peer|ratio/.test(name))).toBe(true)
    expect(find(alone, 'add-v4.ratio')).toMatchObject({ value: null, goal: 0.25, pass: null })
    expect(find(alone, 'rss.podway-cni')?.pass).toBe(true)
  })
})

describe('contestTable', () => {
  test('has a row for each step, with the verdict on its goal', () => {
    const table = contestTable(contestMetrics(contest([1, 2], true)), 'theirs', plain)
    expect(table).toMatch(
      /^ADD, IPv4 +1\.50 +1\.95 +1\.00 +15\.0 +19\.5 +4\.00 +0\.100 +0\.100–0\.100 +≤ 0\.25 ✓ +0\.250 +≤ 0\.3 ✓$/m,
    )
    expect(table).toMatch(/^ADD, dual-stack .* ≤ 0\.005 ✗/m)
    expect(table).toContain('a program that does nothing takes 0.100 ms')
    expect(table).toContain('takes 0.750 ms (CPU 0.500 ms), 0.0500 of the peer')
    expect(table).toContain('its memory is freed, takes 20.0 ms')
  })

  test('without a peer it has no column for one', () => {
    const table = contestTable(contestMetrics(contest([1, 2], false)), undefined, plain)
    expect(table).toMatch(/^ADD, IPv4 +1\.50 +1\.95 +1\.00$/m)
    expect(table).not.toContain('ratio')
    expect(table).not.toContain('peer')
  })
})
