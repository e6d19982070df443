import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { type MetricFacts, allMetrics } from './testing/all-metrics.ts'
import { markdownTable } from './testing/markdown-table.ts'

const page = fileURLToPath(new URL('../docs/reference/metrics.md', import.meta.url))
const { own, runtime } = allMetrics()

const tableOf = (metrics: readonly MetricFacts[]): string =>
  markdownTable([
    ['metric', 'type', 'labels', 'meaning'],
    ...metrics.map(({ help, labels, name, type }) => [
      `\`${name}\``,
      type,
      labels.map((label) => `\`${label}\``).join(' '),
      help,
    ]),
  ])

const text = `# Metrics of podway controller

Served at \`/metrics\` (\`--metrics-bind-address\`, \`:10277\` unless told) as Prometheus’ text or, to who asks for it, as OpenMetrics. One that waits to lead serves them too: there, all that a leader counts is 0 or absent. Times are in seconds. No series is of one Node. \`table\` is the id of a route table, \`family\` is \`ipv4\` or \`ipv6\`.

\`deploy/monitoring\` has alerts and a dashboard that are made of them. This page is made of the program: \`npm run test:unit -- cli/metrics-reference.test.ts -u\` writes it anew.

${tableOf(own)}

## Of the runtime

${tableOf(runtime)}
`

test('docs/reference/metrics.md says what there is', async () => {
  await expect(text).toMatchFileSnapshot(page)
})

test.each(own.map((metric) => [metric.name, metric] as const))(
  '%s: named as Prometheus names',
  (name, metric) => {
    expect(name).toMatch(/^podway_[a-z_]+$/)
    expect(name.endsWith('_total')).toBe(metric.type === 'counter')
    expect(metric.help).toMatch(/\.$/)
    expect(metric.labels).not.toContain('node_name')
  },
)
