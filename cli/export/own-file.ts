import { createHash } from 'node:crypto'
import { formatJson } from '../output.ts'
import type { JsonObject } from './terraform/literal.ts'

/** What a file begins with that an export has written; a digest of the rest follows. Terraform skips it. */
const heading = [
  'Written by `podway export terraform`, which writes it again as long as nobody changes it by hand.',
  'What it means: docs/how-to/use-with-terraform.md of podway.',
]

/** The text of a file with that content. @param content without a property `//` */
export const fileText = (content: JsonObject): string =>
  formatJson({ '//': [...heading, digestOf(content)], ...content })

/** Whether it is the text of a file as {@link fileText} makes them, of this version of podway or another, and unchanged since. */
export function isOwnFile(text: string): boolean {
  const file = parse(text)
  if (file === undefined) return false
  const { '//': comment, ...content } = file
  return (
    Array.isArray(comment) &&
    comment[0] === heading[0] &&
    comment.at(-1) === digestOf(content) &&
    formatJson(file) === text
  )
}

const digestOf = (content: JsonObject): string =>
  `sha256 ${createHash('sha256').update(formatJson(content)).digest('hex')}`

function parse(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as JsonObject)
      : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
