import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')

/** Everything that people read, by its path in the repository. */
export const pages: readonly string[] = globSync(
  ['*.md', 'docs/**/*.md', 'deploy/**/*.md', '.github/**/*.md'],
  {
    cwd: root,
  },
).toSorted()

export const read = (page: string): string => readFileSync(join(root, page), 'utf8')

/** Without fenced blocks. */
export const withoutCode = (text: string): string => text.replaceAll(/^ *```[^]*?^ *```/gm, '')

/** What stands between backticks in a page's own text. */
export const inlineCode = (text: string): readonly string[] =>
  [...withoutCode(text).matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)

/** `[text](path#part)` and images, but for addresses of the web. */
export const linksOf = (text: string): readonly string[] =>
  [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
