import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const pages = globSync(['*.md', 'docs/**/*.md', 'deploy/**/*.md', '.github/**/*.md'], { cwd: root })
const read = (page: string): string => readFileSync(join(root, page), 'utf8')

/** `[text](path#part)` and images, but for addresses of the web. */
const linksOf = (page: string): readonly string[] =>
  [...withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))

const withoutCode = (text: string): string => text.replaceAll(/^```[^]*?^```/gm, '')

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
  expect(linksOf(page).filter((link) => !leads(page, link))).toEqual([])
})
