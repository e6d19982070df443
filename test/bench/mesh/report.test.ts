import { expect, test } from 'vitest'
import { missedGoals } from '../metric.ts'
import { type MeshFigures, meshMetrics, meshTable } from './report.ts'

const figures: MeshFigures = {
  programMs: 321,
  agentCpuMs: 654,
  serveCpuMs: 210,
  repairMs: [30, 40, 50],
  flushMs: 400,
  meshRssBytes: 80e6,
  agentRssBytes: 90e6,
  agentPeakBytes: 99e6,
  serveRssBytes: 6e6,
  servePeakBytes: 7e6,
}
const plain = (_: string, text: string): string => text

test('the table has every figure, and a verdict where something was promised', () => {
  const metrics = meshMetrics(figures)
  const table = meshTable(metrics, plain)
  for (const text of ['321', '654', '210', '40', '400', '80.0', '90.0', '99.0', '6.00', '7.00'])
    expect(table).toContain(text)
  expect(table.match(/✓/g)).toHaveLength(7)
  expect(missedGoals(metrics)).toEqual([])
})

test('a repair that takes longer than a second misses its goal', () => {
  const metrics = meshMetrics({ ...figures, flushMs: 1_001 })
  expect(missedGoals(metrics).map((one) => one.metric)).toEqual(['mesh.flush'])
  expect(meshTable(metrics, plain)).toContain('≤ 1000 ✗')
})

test('what the whole agent takes at most counts, not what it takes in the end', () => {
  const metrics = meshMetrics({ ...figures, agentPeakBytes: 111e6, servePeakBytes: 8.1e6 })
  expect(missedGoals(metrics).map((one) => one.metric)).toEqual(['mesh.agent.peak', 'mesh.serve.peak'])
})
