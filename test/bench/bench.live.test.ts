import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../lab/run.ts'
import { explainRefusal } from '../lab/world.ts'
import { findRuntimes } from '../runtimes/install.ts'
import { ensureGoPlugins } from './cni/go-plugins.ts'
import type { Metric } from './metric.ts'

const program = join(import.meta.dirname, '../../tools/bench.ts')
const bench = (...args: readonly string[]): ReturnType<typeof run> =>
  run({ file: process.execPath, args: [program, ...args] }, { env: { ...process.env, NO_COLOR: '1' } })

const metricsOf = (stdout: string): readonly Metric[] =>
  JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Metric[]

test('bench cni measures podway-cni, and the Go plugins where Go is there', async () => {
  expect(await explainRefusal()).toBeUndefined()
  const hasPeer = await ensureGoPlugins({ environment: process.env, log: () => undefined }).then(
    () => true,
    () => false,
  )
  const { code, stdout, stderr } = await bench('cni', '--rounds', '3', '--json')
  expect(code, stderr).toBe(0)
  // eslint-disable-next-line no-control-regex -- escape sequences are what must not be there
  expect(stdout).not.toMatch(/\u001b/)
  expect(stdout).toMatch(/^ADD, dual-stack +\d/m)
  const metrics = metricsOf(stdout)
  expect(metrics.length).toBeGreaterThan(50)
  for (const { metric, value, unit, goal, pass } of metrics) {
    const isAbsent = !hasPeer && /peer|ratio/.test(metric)
    expect(value, metric).toEqual(isAbsent ? null : expect.any(Number))
    if (value !== null) expect(value, metric).toBeGreaterThan(0)
    expect(['ms', 'MB', '×'], metric).toContain(unit)
    expect(pass, metric).toBe(goal === null || value === null ? null : value <= goal)
  }
  expect(metrics.filter(({ goal }) => goal !== null).map(({ metric }) => metric)).toEqual([
    'version.ratio',
    'add-v4.ratio',
    'add-v4.cpu-ratio',
    'del-v4.ratio',
    'del-v4.cpu-ratio',
    'add-dual.ratio',
    'add-dual.cpu-ratio',
    'add-v4-x40.ratio',
    'rss.podway-cni',
    'file.podway-cni',
  ])
})

test('bench chain measures podway-cni, and the chained Go plugins where Go and iptables are there', async () => {
  const hasPeer = await ensureGoPlugins({ environment: process.env, log: () => undefined }).then(
    () => true,
    () => false,
  )
  const { code, stdout, stderr } = await bench('chain', '--rounds', '1', '--json')
  expect(code, stderr).toBe(0)
  expect(stdout).toMatch(/^ADD, ipMasq, one hostPort, both rates +\d/m)
  const metrics = metricsOf(stdout)
  for (const { metric, value } of metrics) {
    const isAbsent =
      !(hasPeer && typeof (await findRuntimes(process.env)) !== 'string') &&
      /peer|chain-\w+.*ratio/.test(metric)
    expect(value, metric).toEqual(
      isAbsent && !metric.startsWith('chain-full-node') ? null : expect.any(Number),
    )
    if (value !== null) expect(value, metric).toBeGreaterThan(0)
  }
  expect(metrics.filter(({ goal }) => goal !== null).map(({ metric, goal }) => [metric, goal])).toEqual([
    ['chain-kind.add.ratio', 0.18],
    ['chain-port.add.ratio', 0.08],
    ['chain-port.del.ratio', 0.2],
    ['chain-masquerade.add.ratio', 0.12],
    ['chain-masquerade.del.ratio', 0.3],
    ['chain-full.add.ratio', 0.06],
    ['chain-full.del.ratio', 0.15],
    ['chain-full-x40.add.ratio', 0.08],
    ['chain-full-node.ratio', 1.2],
  ])
})

test('bench controller measures the way from a Node to its routes', async () => {
  const { code, stdout, stderr } = await bench('controller', '--rounds', '3', '--clusters', 'none', '--json')
  expect(code, stderr).toBe(0)
  const metrics = metricsOf(stdout)
  expect(metrics.map(({ metric }) => metric)).toContain('first-write.p99')
  for (const { metric, value } of metrics) expect(value, metric).toBeGreaterThan(0)
})

test('bench controller measures a whole cluster: cold, at rest, and while Nodes are replaced', async () => {
  const args = ['--rounds', '1', '--clusters', '20x2-raised', '--steady', '1', '--json']
  const { code, stdout, stderr } = await bench('controller', ...args)
  expect(code, stderr).toBe(0)
  const metrics = metricsOf(stdout)
  const value = (name: string) => metrics.find(({ metric }) => metric === `20x2-raised.${name}`)?.value
  expect(value('cold.creates-per-route')).toBe(1)
  expect(value('cold.checks-per-node')).toBe(1)
  expect(value('cold.refused')).toBe(0)
  expect(value('steady.kube-writes')).toBe(0)
  expect(value('rolling.seconds')).toBeGreaterThan(0)
  expect(value('rss')).toBeGreaterThan(50)
})

test('bench azure counts the writes of many Nodes that join at once', async () => {
  const { code, stdout, stderr } = await bench('azure', '--nodes', '50', '--json')
  expect(code, stderr).toBe(0)
  const found = new Map(metricsOf(stdout).map(({ metric, value }) => [metric, value]))
  expect(found.get('azure.puts')).toBeLessThanOrEqual(5)
  expect(found.get('azure.refused')).toBe(0)
  expect(found.get('azure.routed')).toBeGreaterThan(10)
})

test('bench google measures what its SDK costs', async () => {
  const { code, stdout, stderr } = await bench('google', '--rounds', '3', '--json')
  expect(code, stderr).toBe(0)
  const metrics = metricsOf(stdout)
  for (const { metric, value } of metrics) expect(value, metric).toBeGreaterThan(0)
  expect(metrics.filter(({ goal }) => goal !== null).map(({ metric }) => metric)).toEqual([
    'lag.median',
    'rss',
  ])
})

test('bench mesh measures a node with many peers', async () => {
  const { code, stdout, stderr } = await bench('mesh', '--nodes', '20', '--rounds', '3', '--json')
  expect(code, stderr).toBe(0)
  const metrics = metricsOf(stdout)
  expect(metrics.map(({ metric }) => metric)).toContain('mesh.repair.median')
  for (const { metric, value } of metrics) {
    // The processor's time is counted in ticks: so small a mesh may take none.
    if (metric !== 'mesh.serve.cpu') expect(value, metric).toBeGreaterThan(0)
  }
})

test('wrong usage is code 64, with what is right', async () => {
  const { code, stderr } = await bench('disk')
  expect(code).toBe(64)
  expect(stderr).toContain('disk to measure: expected one of cni, chain, controller, azure, google, mesh')
  expect(stderr).toContain('Usage: npm run bench')
})
