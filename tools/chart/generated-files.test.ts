import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { load } from 'js-yaml'
import { describe, expect, test } from 'vitest'
import { sectionKeys, sections } from '../../cli/settings/file-schema.ts'
import { settingOf } from '../../cli/settings/settings.ts'
import { root } from '../build/build.ts'
import { copies, schemaFiles } from './generated-files.ts'
import { type JsonSchema, propertiesOf, valuesJsonSchema, valuesSchema } from './values-schema.ts'

const values = (): unknown => load(readFileSync(join(root, 'deploy/chart/podway/values.yaml'), 'utf8'))

// `-u` writes them, as `npm run manifests` does.
test.each([...(await copies()), ...(await schemaFiles())])('%s is what it is made of', async (path, text) => {
  await expect(text).toMatchFileSnapshot(join(root, path))
})

test('the chart has the program’s version', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const chart = load(readFileSync(join(root, 'deploy/chart/podway/Chart.yaml'), 'utf8'))
  expect(chart).toMatchObject({ name: 'podway', version, appVersion: version })
})

test('values.yaml is right, and has every value but settings', () => {
  expect(valuesSchema().safeParse(values()).error).toBeUndefined()
  expect([...paths(values())].sort()).toEqual([...schemaPaths(valuesJsonSchema())].sort())
})

test('nothing secret goes into a ConfigMap', () => {
  const known = sections.flatMap((section) =>
    Object.keys(propertiesOf(propertiesOf(propertiesOf(valuesJsonSchema())[section]).config)),
  )
  expect(known).toContain('awsRoleArn')
  expect(
    sections.flatMap(sectionKeys).filter((key) => settingOf(key).secret === true && known.includes(key)),
  ).toEqual([])
})

describe('values.schema.json', () => {
  const check = new Ajv({ strict: false }).compile(
    JSON.parse(readFileSync(join(root, 'deploy/chart/podway/values.schema.json'), 'utf8')) as object,
  )
  type Values = Record<'controller' | 'agent', { config: Record<string, unknown> }> & Record<string, unknown>
  const changed = (change: (values: Values) => unknown): Values => {
    const all = values() as Values
    change(all)
    return all
  }

  test.each<[what: string, change: (values: Values) => unknown]>([
    ['nothing at all', () => undefined],
    ['Helm’s own global', (all) => (all.global = { a: 1 })],
    ['settings', (all) => (all.controller.config = { provider: 'aws', clusterCidr: ['10.244.0.0/16'] })],
    ['a word or a list', (all) => (all.controller.config = { routeTables: ['rtb-1'] })],
    ['a duration', (all) => (all.controller.config = { driftInterval: '2m' })],
    ['a mesh', (all) => (all.agent.config = { reachability: 'mesh' })],
  ])('takes %s', (_what, change) => {
    check(changed(change))
    expect(check.errors).toBeNull()
  })

  test.each<[what: string, change: (values: Values) => unknown]>([
    ['an unknown value', (all) => (all.replicas = 3)],
    ['an unknown setting', (all) => (all.controller.config = { clustername: 'prod' })],
    ['a setting of the other program', (all) => (all.agent.config = { clusterName: 'prod' })],
    ['a cloud that there is not', (all) => (all.controller.config = { provider: 'ibm' })],
    ['a number for a duration', (all) => (all.controller.config = { driftInterval: 90 })],
    ['a text for a list', (all) => (all.controller.config = { clusterCidr: '10.244.0.0/16' })],
    ['where the chart says to listen', (all) => (all.agent.config = { metricsBindAddress: ':1' })],
    ['a secret', (all) => (all.controller.config = { awsRoleExternalId: 'x' })],
  ])('refuses %s', (_what, change) => {
    expect(check(changed(change))).toBe(false)
  })
})

/** Of what is not a mapping, and of mappings that the schema leaves open. */
function schemaPaths(schema: JsonSchema, at = ''): readonly string[] {
  return Object.entries(propertiesOf(schema)).flatMap(([name, property]) => {
    if (typeof property === 'boolean' || name === 'global') return []
    const path = `${at}.${name}`
    const isLeaf = Object.keys(propertiesOf(property)).length === 0 || name === 'config'
    return isLeaf ? path : schemaPaths(property, path)
  })
}

/** As deep as the schema knows it. */
function paths(value: unknown, schema: JsonSchema = valuesJsonSchema(), at = ''): readonly string[] {
  const known = propertiesOf(schema)
  if (
    typeof value !== 'object' ||
    value === null ||
    Object.keys(known).length === 0 ||
    at.endsWith('.config')
  )
    return [at]
  return Object.entries(value).flatMap(([name, inner]) => {
    const property = known[name]
    return typeof property === 'object' ? paths(inner, property, `${at}.${name}`) : `${at}.${name}`
  })
}
