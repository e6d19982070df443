import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { formatDefinitions } from './crds-command.ts'
import { definitionFiles } from './definition-files.ts'

const folder = fileURLToPath(new URL('../deploy/crds', import.meta.url))

test('the files are all of deploy/crds, in order', () => {
  const names = readdirSync(folder).sort()
  expect(names).toContain('noderoutes.yaml')
  expect(definitionFiles.map(({ name }) => name)).toEqual(names)
})

describe('as YAML', () => {
  test('one file is printed byte for byte', () => {
    const text = readFileSync(`${folder}/noderoutes.yaml`, 'utf8')
    expect(formatDefinitions([{ name: 'noderoutes.yaml', text }], 'yaml')).toBe(text)
  })

  test('several are separate documents', () => {
    const files = ['a: 1\n', '# two\nb: 2\n'].map((text) => ({ name: text, text }))
    expect(formatDefinitions(files, 'yaml')).toBe('a: 1\n---\n# two\nb: 2\n')
  })
})

describe('as JSON', () => {
  const list = (): { readonly kind: string; readonly items: readonly Record<string, unknown>[] } =>
    JSON.parse(formatDefinitions(definitionFiles, 'json')) as never

  test('a List of CustomResourceDefinitions', () => {
    expect(list()).toMatchObject({
      apiVersion: 'v1',
      kind: 'List',
      items: ['noderoutes', 'podnetworks'].map((plural) => ({
        kind: 'CustomResourceDefinition',
        metadata: { name: `${plural}.podway.dev` },
      })),
    })
  })

  test('extensions of the schema keep their names', () => {
    const text = JSON.stringify(list())
    expect(text).toContain('"x-kubernetes-list-type":"map"')
    expect(text).toContain('"x-kubernetes-list-map-keys":["id"]')
    expect(text).not.toContain('x_kubernetes')
  })

  test('several documents of one file are several items', () => {
    const text = formatDefinitions([{ name: 'a', text: 'a: 2026-01-01\n---\nb: 2\n' }], 'json')
    expect(JSON.parse(text)).toMatchObject({ items: [{ a: '2026-01-01' }, { b: 2 }] })
  })
})
