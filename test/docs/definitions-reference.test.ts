import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { load } from 'js-yaml'
import { expect, test } from 'vitest'
import { markdownTable } from '../../cli/testing/markdown-table.ts'
import { root } from './pages.ts'

interface Schema {
  readonly type: string
  readonly description?: string
  readonly enum?: readonly string[]
  readonly format?: string
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
}

interface Definition {
  readonly spec: { readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: Schema } }[] }
}

const schemaOf = (file: string): Schema => {
  const definition = load(readFileSync(join(root, 'deploy/crds', file), 'utf8')) as Definition
  const [version] = definition.spec.versions
  if (version === undefined) throw new Error(`${file} has no version`)
  return version.schema.openAPIV3Schema
}

/** A row for each field, in the schema's order: lists by `[]`, a field within another behind it. */
function fields(schema: Schema, above: string): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    if (above === '' && name !== 'spec' && name !== 'status') return []
    const list = field.type === 'array'
    const path = `${above}${name}${list ? '[]' : ''}`
    const inner = list ? (field.items ?? field) : field
    const type = [inner.type, inner.format].filter((word) => word !== undefined).join(', ')
    const values = inner.enum?.map((value) => `\`${value}\``).join(' ')
    const must = schema.required?.includes(name) === true ? 'yes' : ''
    const meaning = [field.description, inner === field ? undefined : inner.description, values]
    const row = [`\`${path}\``, type, must, meaning.filter((text) => text !== undefined).join(' ')]
    return [row, ...fields(inner, `${path}.`)]
  })
}

test.each([
  ['docs/reference/node-route.md', 'noderoutes.yaml'],
  ['docs/reference/pod-network.md', 'podnetworks.yaml'],
])('%s has every field of deploy/crds/%s', async (page, file) => {
  const rows = fields(schemaOf(file), '')
  expect(rows.length).toBeGreaterThan(5)
  const table = markdownTable([['field', 'type', 'required', 'meaning'], ...rows])
  const path = join(root, page)
  const written = readFileSync(path, 'utf8')
  const mark = /(<!-- fields -->)[^]*?(<!-- end -->)/
  expect(written).toMatch(mark)
  // `npm run test:unit -- test/docs/definitions-reference.test.ts -u` writes it anew.
  await expect(
    written.replace(mark, (_, begin: string, end: string) => `${begin}\n\n${table}\n\n${end}`),
  ).toMatchFileSnapshot(path)
})
