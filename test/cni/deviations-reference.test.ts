import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { markdownTable } from '../../cli/testing/markdown-table.ts'
import { chainDeviations } from './chain-deviations.ts'
import { deviations } from './deviations.ts'

const all = [...deviations, ...chainDeviations]
const page = fileURLToPath(new URL('../../docs/reference/deviations.md', import.meta.url))

const text = `# Where podway-cni is not like the reference plugins

Called as \`ptp\`, \`bridge\`, \`macvlan\`, \`ipvlan\`, \`host-local\`, \`static\`, \`loopback\`, \`portmap\` or \`bandwidth\`, podway-cni does what these plugins of containernetworking/plugins v1.9.1 do, but for what follows. Random configurations, environments and calls are given to both, and chains of them with pods that talk to each other; whatever is not the same afterwards, in answers, files, links, addresses, routes, neighbours or queues, and in who reaches whom by which address, is on this page or fails the tests. Neither is on it that messages of the Go language are not imitated, nor what only takes another time.

This page is made of the test's own table: \`npm run test:unit -- test/cni/deviations-reference.test.ts -u\` writes it anew.

${markdownTable([['what', 'why'], ...all.map(({ name, reason }) => [name, reason])])}
`

test('docs/reference/deviations.md says what there is', async () => {
  await expect(text).toMatchFileSnapshot(page)
})

test('in whole sentences, each under a name of its own', () => {
  const names = all.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  for (const { reason } of all) expect(reason).toMatch(/^\S.*\.$/)
})
