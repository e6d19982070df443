import { readFileSync } from 'node:fs'
import { load } from 'js-yaml'
import { describe, expect, test } from 'vitest'
import { agentMetrics, allMetrics } from '../../cli/testing/all-metrics.ts'

const read = (name: string): string =>
  readFileSync(new URL(`../../deploy/monitoring/${name}`, import.meta.url), 'utf8')

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert: string; readonly expr: string; readonly for?: string }[]
  }[]
}

interface RuleTests {
  readonly tests: readonly {
    readonly input_series: readonly { readonly series: string }[]
    readonly alert_rule_test?: readonly {
      readonly alertname: string
      readonly exp_alerts: readonly unknown[]
    }[]
  }[]
}

interface Panel {
  readonly title: string
  readonly description?: string
  readonly targets?: readonly { readonly expr: string }[]
}

const alerts = (load(read('alerts.yaml')) as Rules).groups.flatMap(({ rules }) => rules)
const { tests } = load(read('alerts.test.yaml')) as RuleTests
const panels = (JSON.parse(read('dashboard.json')) as { readonly panels: readonly Panel[] }).panels.filter(
  ({ targets }) => targets !== undefined,
)

const { own, runtime } = allMetrics()
const labels = new Map([...agentMetrics(), ...own, ...runtime].map((metric) => [metric.name, metric.labels]))
const histograms = own.filter(({ type }) => type === 'histogram').map(({ name }) => name)
/** What a scrape adds. */
const scraped = ['job', 'instance', 'le']

/** The metrics that a query names, as they are registered. */
const metricsIn = (query: string): readonly string[] =>
  [...query.matchAll(/\b(?:podway|nodejs|process)_\w+/g)]
    .map(([name]) => name)
    .map((name) => histograms.find((base) => new RegExp(`^${base}_(bucket|sum|count)$`).test(name)) ?? name)

/** The labels by which it selects or groups. */
const labelsIn = (query: string): readonly string[] => [
  ...[...query.matchAll(/[{,]\s*(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
  ...[...query.matchAll(/\b(?:by|without|ignoring|on)\s*\(([^)]*)\)/g)].flatMap(([, list = '']) =>
    list.split(',').map((label) => label.trim()),
  ),
]

const queries = [
  ...alerts.map(({ alert, expr }) => [alert, expr] as const),
  ...panels.flatMap(({ targets = [], title }) => targets.map(({ expr }) => [title, expr] as const)),
]

test.each(queries)('%s: %s', (_where, query) => {
  const metrics = metricsIn(query)
  expect(metrics).not.toEqual([])
  for (const metric of metrics) expect(labels.has(metric), `${metric} is registered`).toBe(true)
  const known = new Set([...scraped, ...metrics.flatMap((metric) => labels.get(metric) ?? [])])
  for (const label of labelsIn(query)) expect([...known]).toContain(label)
})

describe('every alert', () => {
  test.each(alerts.map((rule) => [rule.alert, rule] as const))(
    '%s is tested to fire, and not to',
    (alert, rule) => {
      const results = tests.flatMap(({ alert_rule_test: all = [] }) =>
        all.filter((one) => one.alertname === alert),
      )
      expect(results.some(({ exp_alerts }) => exp_alerts.length > 0)).toBe(true)
      expect(rule.for).toBeDefined()
      const recorded = tests.flatMap(({ input_series }) =>
        input_series.map(({ series }) => series.split('{')[0]),
      )
      for (const metric of metricsIn(rule.expr)) expect(recorded).toContain(metric)
    },
  )
})

test('every series that is recorded for the alerts has a metric’s name and its labels', () => {
  for (const { series } of tests.flatMap(({ input_series }) => input_series)) {
    if (series.startsWith('up{')) continue
    const [name = ''] = series.split('{')
    const known = [...scraped, ...(labels.get(name) ?? [])]
    expect(labels.has(name), `${name} is registered`).toBe(true)
    for (const label of labelsIn(series)) expect(known).toContain(label)
  }
})

test('every metric of podway is on the dashboard', () => {
  const shown = new Set(panels.flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => metricsIn(expr))))
  expect(own.map(({ name }) => name).filter((name) => !shown.has(name))).toEqual([])
})

test('every panel says what it shows, and has a title of its own', () => {
  expect(panels.filter(({ description = '' }) => description === '')).toEqual([])
  expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length)
})
