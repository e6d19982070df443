import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { type EventReasonFacts, eventReasons } from '../reconciler/report/event-reasons.ts'
import { markdownTable } from './testing/markdown-table.ts'

const page = fileURLToPath(new URL('../docs/reference/events.md', import.meta.url))
const reasons = Object.entries<EventReasonFacts>(eventReasons)

const text = `# Events of podway controller

Written to \`events.k8s.io/v1\`, once when something begins, and again with a count if it comes back. The reasons are stable. Those about a Node are shown by \`kubectl describe node\`, most of them are the reason of its condition \`NetworkUnavailable\` too. Those about no one Node are of the Lease \`podway-controller\` (without leader election, of the Namespace \`podway-system\`): \`kubectl get events -n podway-system\`.

This page is made of the program: \`npm run test:unit -- cli/events-reference.test.ts -u\` writes it anew.

${markdownTable([
  ['reason', 'type', 'about', 'what is so', 'what to do'],
  ...reasons.map(([reason, { meaning, regarding, remedy, type }]) => [
    `\`${reason}\``,
    type,
    regarding,
    meaning,
    remedy,
  ]),
])}
`

test('docs/reference/events.md says what there is', async () => {
  await expect(text).toMatchFileSnapshot(page)
})

test('in order, and in whole sentences', () => {
  const names = reasons.map(([name]) => name)
  expect(names).toEqual(names.toSorted())
  for (const [name, { meaning, remedy }] of reasons) {
    expect(name).toMatch(/^([A-Z]+[a-z]*)+$/)
    for (const sentence of [meaning, remedy]) expect(sentence).toMatch(/^[A-Z`].*\.$/)
  }
})
