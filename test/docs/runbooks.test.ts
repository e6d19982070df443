import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { load } from 'js-yaml'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

const { groups } = load(read('deploy/monitoring/alerts.yaml')) as {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string }[] }[]
}
const alerts = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert))

test('every alert has a runbook, in the order of the alerts, and there is none for others', () => {
  const sections = [...read('docs/how-to/runbooks.md').matchAll(/^## (.*)$/gm)].map(([, title]) => title)
  expect(sections).toEqual(alerts)
})

const pages = ['docs/how-to/runbooks.md', 'docs/how-to/monitor.md', 'docs/explanation/when-a-part-dies.md']
const known = `${read('docs/reference/metrics.md')}${read('docs/reference/agent.md')}`

test.each([...pages, 'deploy/monitoring/alerts.yaml', 'deploy/monitoring/dashboard.json'])(
  '%s names metrics that there are',
  (page) => {
    const named = [...read(page).matchAll(/\bpodway_[a-z_]+/g)].map(([name]) => name)
    const missing = named
      .map((name) => name.replace(/_(bucket|sum|count)$/, ''))
      .filter((name) => !known.includes(`\`${name}\``))
    expect(missing).toEqual([])
  },
)

const reasons = new Set(
  [...read('docs/reference/events.md').matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name),
)

test.each(pages)('%s names reasons of Events that there are', (page) => {
  const words = [...read(page).matchAll(/`([A-Z][a-z]+[A-Z]\w+)`/g)].map(([, word]) => word ?? '')
  const others = /^(NetworkUnavailable|PodNetwork|NodeRoute|Podway\w+|PodwayPodNetworkUnreachable)$/
  expect(words.filter((word) => !others.test(word) && !reasons.has(word))).toEqual([])
})
