import { expect, test } from 'vitest'
import { type Latencies, latencyMetrics, latencyTable } from './latency-report.ts'

const latencies: Latencies = {
  cold: [{ firstWriteMs: 120, routedMs: 200 }],
  warm: [
    { firstWriteMs: 10, routedMs: 30 },
    { firstWriteMs: 20, routedMs: 40 },
  ],
}

test('figures are judged by the goals that there are', () => {
  const metrics = latencyMetrics(latencies)
  const value = (name: string) => metrics.find(({ metric }) => metric === name)
  expect(value('first-write.cold')).toMatchObject({ value: 120, goal: 100, pass: false })
  expect(value('first-write.median')).toMatchObject({ value: 15, goal: null, pass: null })
  expect(value('first-write.p99')).toMatchObject({ value: 19.9, goal: 100, pass: true })
})

test('the table says the same', () => {
  const table = latencyTable(latencies, latencyMetrics(latencies), (_verdict, text) => text)
  expect(table).toMatch(/^first write, just started \(1 starts\) +120 +≤ 100 ✗$/m)
  expect(table).toMatch(/^first write \(2 Nodes in a row\) +15\.0 +19\.9 +≤ 100 ✓$/m)
})
