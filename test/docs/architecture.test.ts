import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { arrowsBetween, flowchart, folderOf } from './imports.ts'

const page = fileURLToPath(new URL('../../docs/explanation/architecture.md', import.meta.url))

const inside =
  (layer: string) =>
  (file: string): string | undefined => {
    const folder = folderOf(2)(file)
    return folder?.startsWith(`${layer}/`) === true ? folder : undefined
  }

/** What stands between two marks of the page, by the name of the first. */
const diagrams = {
  layers: flowchart(arrowsBetween(folderOf(1))),
  reconciler: flowchart(arrowsBetween(inside('reconciler'))),
  cni: flowchart(arrowsBetween(inside('cni'))),
}

/** `npm run test:unit -- test/docs/architecture.test.ts -u` writes them anew. */
test('docs/explanation/architecture.md draws who imports whom', async () => {
  const written = Object.entries(diagrams).reduce(
    (text, [name, diagram]) => {
      const mark = new RegExp(`(<!-- imports: ${name} -->)[^]*?(<!-- end -->)`)
      expect(text).toMatch(mark)
      return text.replace(mark, (_, begin: string, end: string) => `${begin}\n\n${diagram}\n\n${end}`)
    },
    readFileSync(page, 'utf8'),
  )
  await expect(written).toMatchFileSnapshot(page)
})

test('the diagrams have the arrows that the layers allow, and some', () => {
  expect(diagrams.layers).toContain('  reconciler --> providers\n')
  expect(diagrams.layers).not.toContain('  net --> ')
  expect(diagrams.layers).not.toContain('  cni --> kube')
})
