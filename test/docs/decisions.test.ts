import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pages, read, root } from './pages.ts'

const decisions = pages.filter((page) => /^docs\/decisions\/\d{4}-/.test(page))

const lines = decisions.map((page) => {
  const title = /^# \d+\. (.*)$/m.exec(read(page))?.[1] ?? ''
  const file = page.replace(/.*\//, '')
  return `- ${file.slice(0, 4)} [${title}](${file})`
})

const text = `# Decisions

For who wants to change something and asks why it is so. Each was right when it was made; a later one may replace it, and says so.

${lines.join('\n')}
`

/** `npm run test:unit -- test/docs/decisions.test.ts -u` writes it anew. */
test('docs/decisions/README.md lists them all, by their titles', async () => {
  expect(lines.filter((line) => line.includes('[]'))).toEqual([])
  await expect(text).toMatchFileSnapshot(join(root, 'docs/decisions/README.md'))
})
