import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from '@cdktf/hcl2json'
import { describe, expect, test } from 'vitest'
import { type Module, clouds, expressionOf, folderOf, readModule } from './module.ts'
import { readmeOf } from './module-readme.ts'
import { problemsOf, resourceSchemas } from './provider-schemas.ts'

const iam = fileURLToPath(new URL('../../deploy/iam', import.meta.url))
const filesIn = (text: string): readonly string[] =>
  [...text.matchAll(/"([a-z0-9-]+\.(?:json|yaml))"/g)].map(([, name = '']) => name)

describe.each(clouds)('deploy/terraform/%s', async (cloud) => {
  const module = await readModule(cloud)
  const resources = Object.entries(module.resources).flatMap(([type, byName]) =>
    Object.entries(byName).map(([name, [body = {}]]) => ({ type, name, body })),
  )

  test('its resources have what their provider takes, and all that it needs', () => {
    expect(resources.flatMap(({ body, type }) => problemsOf(type, body))).toEqual([])
  })

  test('what it reads of its resources is there to be read', () => {
    const reads = [
      ...module.text.matchAll(/\b((?:aws|azurerm|google)_\w+)\.(\w+)(?:\[[^\]]*\])?\.(\w+)/g),
    ].map(([, type = '', name = '', attribute = '']) => ({ type, name, attribute }))
    expect(reads.length).toBeGreaterThan(0)
    for (const { attribute, name, type } of reads) {
      expect(Object.keys(module.resources[type] ?? {})).toContain(name)
      const { computed = [], optional = [], required = [] } = resourceSchemas[type] ?? {}
      expect([...computed, ...optional, ...required]).toContain(attribute)
    }
  })

  test('what it may be told is used, and what it has is told of', () => {
    for (const [name, [body]] of Object.entries(module.variables)) {
      expect(module.text.replaceAll(/validation \{[^}]*\}/g, '')).toMatch(new RegExp(`\\bvar\\.${name}\\b`))
      expect(body?.description).toMatch(/\.$/)
    }
    for (const [body] of Object.values(module.outputs)) expect(body?.description).toMatch(/\.$/)
    const locals = [...module.text.matchAll(/\blocal\.(\w+)/g)].map(([, name]) => name)
    expect(new Set(locals)).toEqual(new Set(Object.keys(module.locals)))
    const vars = [...module.text.matchAll(/\bvar\.(\w+)/g)].map(([, name]) => name)
    expect(new Set(vars)).toEqual(new Set(Object.keys(module.variables)))
  })

  test('its permissions are those of deploy/iam, all of them, and no others', () => {
    const used = filesIn(module.text)
    expect(used.toSorted()).toEqual(
      readdirSync(iam)
        .filter((name) => name.startsWith(`${cloud}-`))
        .sort(),
    )
    expect(used.every((name) => existsSync(`${iam}/${name}`))).toBe(true)
    const granted = {
      aws: 'aws_iam_policy',
      azure: 'azurerm_role_definition',
      gcp: 'google_project_iam_custom_role',
    }
    const [made] = Object.values(module.resources[granted[cloud]] ?? {}).flat()
    const permissions = {
      aws: () => [made?.policy],
      azure: () => Object.values((made?.permissions as readonly object[])[0] ?? {}) as unknown[],
      gcp: () => [made?.permissions],
    }[cloud]()
    const read = {
      aws: ['each.value'],
      azure: ['Actions', 'DataActions', 'NotActions', 'NotDataActions'].map((name) => `each.value.${name}`),
      gcp: ['each.value.role.includedPermissions'],
    }[cloud]
    expect(permissions.map(expressionOf).toSorted()).toEqual(read)
    // Nothing that would give more.
    const more = resources.filter(({ type }) => /iam_role_policy$|policy_document|inline_policy/.test(type))
    expect(more).toEqual([])
  })

  // Written anew by `vitest -u`.
  test('README.md tells what it takes and gives', async () => {
    await expect(readmeOf(cloud, module)).toMatchFileSnapshot(`${folderOf(cloud)}/README.md`)
  })
})

const pages = [
  'docs/how-to/use-with-terraform.md',
  ...clouds.map((cloud) => `deploy/terraform/${cloud}/README.md`),
]

describe.each(pages)('what %s shows', async (page) => {
  const text = readFileSync(fileURLToPath(new URL(`../../${page}`, import.meta.url)), 'utf8')
  const inputs = new Set(
    (await Promise.all(clouds.map(readModule))).flatMap((one) => Object.keys(one.variables)),
  )

  test('is taken by HCL and by the providers', async () => {
    const examples = [...text.matchAll(/```hcl\n([\s\S]*?)```/g)].map(([, example = '']) => example)
    expect(examples.length).toBeGreaterThan(0)
    for (const example of examples) {
      const { module, resource = {} } = (await parse('example.tf', example)) as {
        readonly module?: { readonly podway: readonly object[] }
        readonly resource?: Module['resources']
      }
      const bodies = Object.entries(resource).flatMap(([type, byName]) =>
        Object.values(byName).flatMap((list) => list.flatMap((body) => problemsOf(type, body))),
      )
      expect(bodies).toEqual([])
      const given = (module?.podway ?? []).flatMap((body) => Object.keys(body))
      expect(given.filter((name) => name !== 'source' && !inputs.has(name))).toEqual([])
    }
  })
})

test('a resource that a provider would not take is seen', () => {
  expect(problemsOf('aws_route', { route_table_id: 'rtb-1', instance_id: 'i-1', lifecycle: {} })).toEqual([
    'aws_route: there is no instance_id',
  ])
  expect(problemsOf('aws_ec2_tag', { key: 'a', value: 'b' })).toEqual(['aws_ec2_tag: resource_id is missing'])
  expect(
    problemsOf('azurerm_role_definition', { name: 'a', scope: 'b', permissions: [{ action: [] }] }),
  ).toEqual(['azurerm_role_definition.permissions: there is no action'])
  expect(problemsOf('aws_routes', {})).toEqual(['there is no resource aws_routes'])
})
