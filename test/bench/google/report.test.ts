import { expect, test } from 'vitest'
import { type GoogleFigures, googleMetrics, googleTable } from './report.ts'

const figures: GoogleFigures = {
  loadMs: 300,
  openMs: 400,
  lagMs: [20, 22, 60],
  refusedMs: [70, 80, 90],
  rssBytes: 310_000_000,
}

test('the figures, and which goals are missed', () => {
  const metrics = googleMetrics(figures)
  expect(metrics.filter(({ goal }) => goal !== null).map(({ metric, pass }) => [metric, pass])).toEqual([
    ['lag.median', true],
    ['rss', false],
  ])
  const table = googleTable(metrics, (verdict, text) => `[${verdict} ${text}]`)
  expect(table).toMatch(/stands still meanwhile at most, ms +22\.0 +\S+ +≤ 50 \[pass ✓\]/)
  expect(table).toMatch(/memory of the process, MB +310 +≤ 300 \[fail ✗\]/)
})
