import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const pages = globSync(['*.md', 'docs/**/*.md', '.github/**/*.md'], { cwd: root })

/** `[text](path#part)` and images, but for addresses of the web. */
function linksOf(page: string): readonly string[] {
  const text = readFileSync(join(root, page), 'utf8')
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link.replace(/#.*$/, ''))
    .filter((link) => link !== '' && !/^[a-z]+:/.test(link))
}

test('there are pages', () => {
  expect(pages.length).toBeGreaterThan(15)
})

test.each(pages)('%s: every link leads somewhere', (page) => {
  const broken = linksOf(page).filter((link) => !existsSync(join(root, dirname(page), link)))
  expect(broken).toEqual([])
})
