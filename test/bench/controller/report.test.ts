import { expect, test } from 'vitest'
import { type ControllerFigures, controllerMetrics, controllerTable } from './report.ts'

const figures: ControllerFigures = {
  cold: [{ firstWriteMs: 120, routedMs: 200 }],
  warm: [
    { firstWriteMs: 10, routedMs: 30 },
    { firstWriteMs: 20, routedMs: 40 },
  ],
  free: { nodes: 200, routes: 800, seconds: 6, calls: { all: 1200, refused: 0 }, rssBytes: 250e6 },
  throttled: { nodes: 200, routes: 200, seconds: 50, calls: { all: 2000, refused: 500 }, rssBytes: 300e6 },
}

test('figures are judged by the goals that there are', () => {
  const metrics = controllerMetrics(figures)
  const value = (name: string) => metrics.find(({ metric }) => metric === name)
  expect(value('first-write.cold')).toMatchObject({ value: 120, goal: 100, pass: false })
  expect(value('first-write.median')).toMatchObject({ value: 15, goal: 100, pass: true })
  expect(value('rush.calls-per-route')).toMatchObject({ value: 1.5, goal: null, pass: null })
  expect(value('rush-throttled.refused')).toMatchObject({ value: 25, unit: '%' })
})

test('the table says the same', () => {
  const table = controllerTable(figures, controllerMetrics(figures), (_verdict, text) => text)
  expect(table).toMatch(/^first write, just started \(1 starts\) +120 +≤ 100 ✗$/m)
  expect(table).toMatch(/^first write \(2 Nodes in a row\) +15\.0 +19\.5 +≤ 100 ✓$/m)
  expect(table).toMatch(/^200 Nodes at once, beyond it.* 200 +50\.0 +10\.0 +25 % +300$/m)
})
