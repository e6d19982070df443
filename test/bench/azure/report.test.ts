import { expect, test } from 'vitest'
import type { Join } from './join.ts'
import { azureMetrics, azureTable, onePutEachSeconds } from './report.ts'

const join: Join = { nodes: 400, puts: 2, reads: 30, refused: 0, writtenSeconds: 7, routedSeconds: 17.6 }

test('what is judged, and against what', () => {
  expect(azureMetrics(join)).toMatchObject([
    { metric: 'azure.puts', value: 2, goal: 5, pass: true },
    { metric: 'azure.refused', value: 0, goal: 0, pass: true },
    { metric: 'azure.routed', value: 17.6 },
    { metric: 'azure.over-floor', value: 1.1, pass: true },
    { metric: 'azure.than-one-put-each', value: 0.01455 },
  ])
  expect(azureMetrics({ ...join, puts: 400 })[0]).toMatchObject({ pass: false })
})

test('one write a route takes an operation each', () => {
  expect(onePutEachSeconds(400)).toBe(1_210)
})

test('the table names every figure once', () => {
  const lines = azureTable(join).split('\n')
  expect(lines).toHaveLength(8)
  expect(new Set(lines.map((line) => line.length)).size).toBe(1)
})
