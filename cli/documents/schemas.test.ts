import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { load } from 'js-yaml'
import { format, resolveConfig } from 'prettier'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { parseCidr } from '../../net/cidr.ts'
import { AwsCommandWorld } from '../testing/aws-command-world.ts'
import { openPathApi } from '../doctor/path/testing/path-api.ts'
import { daemonSet, flannel, kubeadmProxy } from '../migrate/testing/manifests.ts'
import { openMigrateWorld } from '../migrate/testing/migrate-world.ts'
import { type Ended, runMain } from '../testing/run-main.ts'
import { applySchema } from './apply-document.ts'
import { configurationSchema } from './configuration-document.ts'
import { adoptionSchema, cleanupSchema, findingsSchema, heldSchema } from './list-documents.ts'
import { migrationSchema } from './migration-document.ts'
import { pathSchema } from './path-document.ts'
import { planSchema } from './plan-document.ts'
import { statusSchema } from './status-document.ts'
import { versionSchema } from './version-document.ts'

/** By the file's name in docs/reference/schemas. */
const schemas = {
  'adoption-list': adoptionSchema,
  'apply-result': applySchema,
  'cleanup-route-list': cleanupSchema,
  'effective-configuration': configurationSchema,
  'finding-list': findingsSchema,
  'held-route-list': heldSchema,
  migration: migrationSchema,
  'path-list': pathSchema,
  plan: planSchema,
  status: statusSchema,
  version: versionSchema,
} as const

const folder = fileURLToPath(new URL('../../docs/reference/schemas/', import.meta.url))

/** Draft 2020-12; what is not named may be there too, since fields are added. */
const jsonSchema = (name: keyof typeof schemas): object => z.toJSONSchema(schemas[name], { io: 'input' })

test.each(Object.keys(schemas) as (keyof typeof schemas)[])('%s.json is as the code has it', async (name) => {
  const text = await format(JSON.stringify(jsonSchema(name)), {
    ...(await resolveConfig(`${folder}${name}.json`)),
    parser: 'json',
  })
  await expect(text).toMatchFileSnapshot(`${folder}${name}.json`)
})

/** What the command prints as JSON and as YAML. */
async function expectValid(
  name: keyof typeof schemas,
  run: (...more: readonly string[]) => Promise<Ended>,
): Promise<void> {
  const validate = new Ajv2020({ allErrors: true, strict: true }).compile(jsonSchema(name))
  for (const how of ['json', 'yaml']) {
    const { stdout } = await run('--output', how)
    const document = how === 'json' ? (JSON.parse(stdout) as unknown) : load(stdout)
    expect([validate(document), validate.errors]).toEqual([true, null])
  }
}

test('there is no file without a schema', () => {
  expect(readdirSync(folder).sort()).toEqual(Object.keys(schemas).map((name) => `${name}.json`))
})

describe('what the program prints is what its schema says', () => {
  let world: AwsCommandWorld
  beforeEach(async () => {
    world = await AwsCommandWorld.open()
    const table = await world.aws.addTable('private')
    const one = await world.join('node-1', '10.244.1.0/24')
    await world.join('node-2', '10.244.2.0/24', 'fd00:2::/64')
    await world.join('node-3')
    await world.aws.stealRoute(table, parseCidr('10.244.1.0/24'), one.machine)
    await world.aws.stealRoute(table, parseCidr('10.244.9.0/24'), one.machine)
    world.cluster.addRecord('10.244.9.0/24', { name: 'gone', uid: 'gone' }, one.machine.target, [table.id])
  })
  afterEach(() => world[Symbol.asyncDispose]())

  test.each<[name: keyof typeof schemas, args: readonly string[], cloud?: false]>([
    ['version', ['version'], false],
    ['plan', ['plan', '--all']],
    ['plan', ['plan', '--adopt', 'matching', '--cluster-cidr', '10.244.0.0/16']],
    ['apply-result', ['apply', '--yes']],
    ['status', ['status'], false],
    ['adoption-list', ['adopt']],
    ['cleanup-route-list', ['cleanup']],
    ['held-route-list', ['release'], false],
    ['finding-list', ['doctor', 'aws', '--cluster-name', 'prod'], false],
  ])('%s: podway %j', async (name, [command = '', ...args], cloud) => {
    if (command === 'release')
      await world.world.settle('10.244.9.0/24', { x: { state: 'Held', reason: 'DeleteBrake' } })
    await expectValid(name, (...more) =>
      cloud === false ? runMain([command, ...args, ...more]) : world.run(command, ...args, ...more),
    )
  })

  test('effective-configuration: podway config', async () => {
    const args = [
      'controller',
      '--provider',
      'aws',
      '--cluster-cidr',
      '10.244.0.0/16',
      '--drift-interval',
      '5m',
    ]
    await expectValid('effective-configuration', (...more) => runMain(['config', ...args, ...more]))
    await expectValid('effective-configuration', (...more) => runMain(['config', 'agent', ...more]))
  })

  test.each([[], [...flannel(), ...kubeadmProxy('10.244.0.0/16'), daemonSet('cilium')]])(
    'migration: podway migrate',
    async (...manifests) => {
      await using migrating = await openMigrateWorld('flannel')
      migrating.apply(...manifests)
      await expectValid('migration', migrating.run)
    },
  )

  test('path-list: podway doctor path', async () => {
    const api = await openPathApi()
    try {
      await expectValid('path-list', (...more) => api.run('--from', 'web', '--to', 'db', ...more))
      // Nobody answers for a Node: the first hop that breaks the way is named.
      api.world.forbidden = /proxy/
      await expectValid('path-list', (...more) => api.run('--from', 'web', '--to', '10.9.9.9', ...more))
    } finally {
      await api.close()
    }
  })

  test('and what lacks something is refused', async () => {
    const { stdout } = await runMain(['status', '--output', 'json'])
    const { nodes: _nodes, ...rest } = JSON.parse(stdout) as Record<string, unknown>
    expect(new Ajv2020().compile(jsonSchema('status'))(rest)).toBe(false)
  })
})
