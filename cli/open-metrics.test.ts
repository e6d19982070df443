import { Counter, Gauge, Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { openMetrics } from './open-metrics.ts'

function makeRegistry(): Registry {
  const registry = new Registry()
  const registers = [registry]
  const counter = new Counter({ name: 'calls_total', help: 'Calls.', labelNames: ['action'], registers })
  counter.inc({ action: 'a' }, 2)
  new Gauge({ name: 'things_total', help: 'Not a counter.', registers }).set(3)
  return registry
}

test('counters lose _total in their family, nothing else does', async () => {
  expect(openMetrics(await makeRegistry().metrics()).split('\n')).toEqual([
    '# HELP calls Calls.',
    '# TYPE calls counter',
    'calls_total{action="a"} 2',
    '# HELP things_total Not a counter.',
    '# TYPE things_total gauge',
    'things_total 3',
    '# EOF',
    '',
  ])
})

test('the registry stays as it was', async () => {
  const registry = makeRegistry()
  const before = await registry.metrics()
  openMetrics(before)
  expect(await registry.metrics()).toBe(before)
})

test('of nothing, only the end', () => {
  expect(openMetrics('\n')).toBe('# EOF\n')
})
