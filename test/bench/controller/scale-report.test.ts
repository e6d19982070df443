import { expect, test } from 'vitest'
import { readClusterSize } from './cluster-size.ts'
import type { Phase, ScaleFigures } from './scale.ts'
import { scaleMetrics, scaleTables } from './scale-report.ts'

const phase: Phase = {
  seconds: 94,
  floorSeconds: 90,
  cloudCalls: { CreateRoute: 400, ModifyNetworkInterfaceAttribute: 400, DescribeInstances: 100 },
  refused: 9,
  kubeWrites: {},
  cpuSeconds: 8,
  loopLagP99Ms: 20,
}
const figures: ScaleFigures = {
  cluster: readClusterSize('400x1'),
  cold: phase,
  steady: {
    ...phase,
    seconds: 360,
    cloudCalls: { DescribeRouteTables: 4, DescribeInstances: 1, DescribeSubnets: 1 },
  },
  rolling: { ...phase, seconds: 1, floorSeconds: 0, loopLagP99Ms: 60 },
  peakRssBytes: 250e6,
}
const valueOf = (all: readonly ScaleFigures[], name: string) =>
  scaleMetrics(all).find(({ metric }) => metric === name)

test.each([
  { name: '400x1.cold.over-floor', value: 1.044, goal: 1.05, pass: true },
  { name: '400x1.cold.creates-per-route', value: 1, goal: 1, pass: true },
  { name: '400x1.cold.calls-per-node', value: 2.25, goal: null, pass: null },
  { name: '400x1.cold.refused', value: 1, goal: null, pass: null },
  { name: '400x1.steady.kube-writes', value: 0, goal: 0, pass: true },
  { name: '400x1.steady.cloud-reads', value: 1, goal: 1, pass: true },
  { name: '400x1.rolling.loop-lag-p99', value: 60, goal: 50, pass: false },
  { name: '400x1.rss', value: 250, goal: 300, pass: true },
])('$name is $value', ({ name, ...expected }) => {
  expect(valueOf([figures], name)).toMatchObject(expected)
})

test('without a floor there is no ratio to it', () => {
  expect(valueOf([figures], '400x1.rolling.over-floor')).toBeUndefined()
})

test('a write in a cluster where nothing happens misses the goal', () => {
  const busy = { ...figures, steady: { ...figures.steady, kubeWrites: { 'patch nodes/status': 1 } } }
  expect(valueOf([busy], '400x1.steady.kube-writes')).toMatchObject({ value: 1, pass: false })
  const said = scaleTables([busy], scaleMetrics([busy]), (_, text) => text)
  expect(said.at(-1)).toContain('400x1: patch nodes/status, 1 of them though nothing happened')
})

test('a rival asks for more patience, and must not starve', () => {
  const contended = {
    ...figures,
    cluster: readClusterSize('400x1-rival'),
    cold: { ...phase, seconds: 100 },
    rival: { made: 200, refused: 30 },
  }
  expect(valueOf([contended], '400x1-rival.cold.over-floor')).toMatchObject({ goal: 1.15, pass: true })
  expect(valueOf([contended], '400x1-rival.rival-refused')).toMatchObject({
    value: 15,
    goal: 10,
    pass: false,
  })
})

test('ten times the Nodes of an account with raised rates may take ten times as much', () => {
  const small = { ...figures, cluster: readClusterSize('500x1-raised') }
  const large = {
    ...figures,
    cluster: readClusterSize('5000x1-raised'),
    cold: { ...phase, cpuSeconds: 88 },
    peakRssBytes: 300e6,
  }
  const all = [large, figures, small]
  expect(valueOf(all, 'growth.cpu')).toMatchObject({ value: 11, goal: 10, pass: false })
  expect(valueOf(all, 'growth.rss')).toMatchObject({ value: 1.2, pass: true })
  expect(valueOf([small], 'growth.cpu')).toBeUndefined()
})

test('the tables say the same', () => {
  const tables = scaleTables([figures], scaleMetrics([figures]), (_verdict, text) => text).join('\n')
  expect(tables).toMatch(/^400x1 +94\.0 +90\.0 +1\.04 +≤ 1\.05 ✓ +8\.00 +20\.0 +≤ 50 ✓$/m)
  expect(tables).toMatch(/^400x1 +1\.00 +0 +8\.00 +60\.0 +≤ 50 ✗$/m)
  expect(tables).toMatch(/^400x1 +0 +≤ 0 ✓ +1\.00 +≤ 1 ✓ +1\.33$/m)
  expect(scaleTables([], [], (_verdict, text) => text)).toEqual([])
})
