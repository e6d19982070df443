import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { linksOf, pages, read, root, withoutCode } from './pages.ts'

/** By which names GitHub knows the headings of a page. */
function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>()
  for (const [, heading = ''] of withoutCode(text).matchAll(/^#+ (.*)$/gm)) {
    const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase()
    const name = plain.replaceAll(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-')
    let unique = name
    for (let i = 1; anchors.has(unique); i++) unique = `${name}-${i}`
    anchors.add(unique)
  }
  return anchors
}

function leads(page: string, link: string): boolean {
  const [path = '', part] = link.split('#')
  const target = path === '' ? page : join(dirname(page), path)
  if (!existsSync(join(root, target))) return false
  return part === undefined || (target.endsWith('.md') && anchorsOf(read(target)).has(part))
}

test('there are pages', () => {
  expect(pages.length).toBeGreaterThan(15)
})

test.each(pages)('%s: every link leads somewhere', (page) => {
  expect(linksOf(read(page)).filter((link) => !leads(page, link))).toEqual([])
})

test('every page under docs is reached from docs/README.md', () => {
  const reached = new Set<string>()
  const walk = (page: string): void => {
    if (reached.has(page) || !pages.includes(page)) return
    reached.add(page)
    for (const link of linksOf(read(page))) walk(join(dirname(page), link.split('#')[0] ?? ''))
  }
  // By links of the documentation alone: README.md and CHANGELOG.md of the repository lead to it.
  for (const page of pages) if (!page.startsWith('docs/')) reached.add(page)
  walk('docs/README.md')
  expect(pages.filter((page) => !reached.has(page))).toEqual([])
})
