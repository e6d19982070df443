import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readFileSync } from 'node:fs'
import { load } from 'js-yaml'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ExportedRoute } from '../../cli/export/exported-route.ts'
import { fileText } from '../../cli/export/own-file.ts'
import { type TerraformExport, terraformFiles } from '../../cli/export/terraform/terraform-files.ts'
import { parseCidr } from '../../net/cidr.ts'
import { runCommand } from '../install/command.ts'
import { readConfiguration } from './configuration.ts'
import { type Cloud, clouds, folderOf, readModule } from './module.ts'
import { findTofu, variable } from './tofu.ts'

/**
 * What OpenTofu makes of exports and modules. Without the clouds' providers, which are not to be had without a registry: it
 * reads every file as it is, and evaluates and plans them with its own `terraform_data` in the place of the resources.
 */
const tofu = await findTofu(process.env)
const missing = `OpenTofu is not built on this machine; ${variable}=1 builds it, in minutes`
if (tofu === undefined) process.stderr.write(`skipped: ${missing}\n`)

const root = fileURLToPath(new URL('../..', import.meta.url))

describe.skipIf(tofu === undefined)(tofu === undefined ? missing : 'as OpenTofu reads it', () => {
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'podway-tofu-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  /** Nothing of the user's own, and nothing that goes out. */
  const environment = {
    PATH: process.env.PATH ?? '',
    HOME: '/nonexistent',
    TF_CLI_CONFIG_FILE: '/dev/null',
    CHECKPOINT_DISABLE: '1',
    TF_IN_AUTOMATION: '1',
  }
  async function run(where: string, ...args: readonly string[]): Promise<string> {
    const ended = await runCommand(tofu ?? '', args, { environment, folder: where })
    if (ended.exitCode !== 0) throw new Error(`tofu ${args.join(' ')}:\n${ended.stdout}\n${ended.stderr}`)
    return ended.stdout
  }
  const write = (name: string, value: unknown): Promise<void> =>
    writeFile(join(folder, name), typeof value === 'string' ? value : JSON.stringify(value))

  describe.each(clouds)('%s', (cloud) => {
    test('the module is formatted, and OpenTofu takes it', async () => {
      await run(folderOf(cloud), 'fmt', '-check', '-diff')
      const provider = { aws: 'aws', azure: 'azurerm', gcp: 'google' }[cloud]
      expect(await run(folderOf(cloud), 'providers', '-no-color')).toContain(`/hashicorp/${provider}] `)
    })

    test('an export is taken as it is', async () => {
      for (const [name, text] of exported(cloud)) await write(name, text)
      expect(await run(folder, 'providers', '-no-color')).toContain('/hashicorp/')
    })

    test('every text of an export is what it was, and each import finds its resource', async () => {
      const texts = exported(cloud).map(([, text]) => text)
      for (const [index, text] of texts.entries()) await write(`${index}.tf.json`, withoutProviders(text))
      await run(folder, 'init', '-backend=false', '-no-color')
      await run(folder, 'plan', '-no-color', '-lock=false', '-out=made.plan')
      const plan = JSON.parse(await run(folder, 'show', '-json', 'made.plan')) as Plan
      const { resources } = await readConfiguration(texts)
      expect(resources.flatMap(({ arguments: given }) => Object.values(given))).toContain(hostile)
      expect(
        new Map(
          plan.resource_changes.map(({ change, name }) => [name, [change.after.input, change.importing?.id]]),
        ),
      ).toEqual(
        new Map(
          resources.map(({ address, arguments: given, importId }) => [
            address.split('.')[1],
            [given, importId],
          ]),
        ),
      )
    })

    test('the permissions that the module gives are those of deploy/iam, for this cluster', async () => {
      const there = join(folder, 'deploy/terraform/it')
      await cp(join(root, 'deploy/iam'), join(folder, 'deploy/iam'), { recursive: true })
      await cp(join(folderOf(cloud), 'variables.tf'), join(there, 'variables.tf'))
      const { locals } = await readModule(cloud)
      const pure = Object.entries(locals).filter(
        ([, value]) => !/\b(?:azurerm|google)_\w+\./.test(String(value)),
      )
      await writeFile(
        join(there, 'main.tf.json'),
        JSON.stringify({ locals: Object.fromEntries(pure), output }),
      )
      await writeFile(join(there, 'terraform.tfvars.json'), JSON.stringify(inputs[cloud]))
      await run(there, 'init', '-backend=false', '-no-color')
      await run(there, 'apply', '-auto-approve', '-no-color')
      const { given } = JSON.parse(await run(there, 'output', '-json')) as {
        readonly given: { readonly value: unknown }
      }
      expect(given.value).toEqual(permissions[cloud])
      const bad = { ...inputs[cloud], cluster_name: 'a"b' }
      await writeFile(join(there, 'terraform.tfvars.json'), JSON.stringify(bad))
      await expect(run(there, 'plan', '-no-color')).rejects.toThrow('cluster_name is to be of letters')
    })

    const output = { given: { value: cloud === 'aws' ? '${local.policies}' : '${local.roles}' } }
  })
})

interface Plan {
  readonly resource_changes: readonly {
    readonly name: string
    readonly change: {
      readonly after: { readonly input: unknown }
      readonly importing?: { readonly id: string }
    }
  }[]
}

const hostile = 'a ${var.secret} %{if true} $${b} "c" \\d\n$%{'

function exported(cloud: TerraformExport['cloud']): readonly (readonly [name: string, text: string])[] {
  const table = {
    aws: 'rtb-0a1b',
    azure: '/subscriptions/S/resourceGroups/Prod/providers/Microsoft.Network/routeTables/Nodes.1',
    gcp: 'projects/p/global/networks/n',
  }[cloud]
  const target = {
    aws: { kind: 'eni', id: 'eni-1' },
    azure: { kind: 'address', id: '10.0.0.7' },
    gcp: { kind: 'instance', id: 'projects/p/zones/z/instances/i' },
  } as const
  const route = (range: string, more: Partial<ExportedRoute> = {}): ExportedRoute => {
    const destination = parseCidr(range)
    return { table, destination, target: target[cloud], node: hostile, standing: 'missing', ...more }
  }
  const described = {
    destination: parseCidr('10.244.2.0/24'),
    target: target[cloud],
    name: hostile,
    range: '10.244.2.0/24',
    nextHop: hostile,
    tags: [hostile, 'a'],
    description: hostile,
    priority: 900,
  }
  const routes = [
    route('10.244.1.0/24', { standing: 'owned' }),
    route('10.244.2.0/24', { standing: 'owned', ...(cloud === 'aws' ? {} : { described }) }),
    route('10.244.3.0/24', { target: { ...target[cloud], id: hostile } }),
    route('fd00:10:244:3::/64', { standing: 'foreign', ...(cloud === 'aws' ? {} : { described }) }),
  ]
  const style = { clusterName: hostile, priority: 1000, tags: [hostile] }
  return [...terraformFiles({ cloud, routes, style, versions: true })].map(([name, content]) => [
    name,
    fileText(content),
  ])
}

/** The same with `terraform_data` for every resource: the only one that OpenTofu has itself. Its strings stay as written. */
function withoutProviders(text: string): unknown {
  const { import: imports = [], resource = {} } = JSON.parse(text) as {
    readonly import?: readonly { readonly to: string; readonly id: string }[]
    readonly resource?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>
  }
  const resources = Object.values(resource).flatMap((byName) =>
    Object.entries(byName).map(([name, { '//': _comment, lifecycle: _lifecycle, ...input }]) => [
      name,
      { input },
    ]),
  )
  return {
    ...(imports.length === 0
      ? {}
      : { import: imports.map(({ id, to }) => ({ id, to: to.replace(/^\w+\./, 'terraform_data.') })) }),
    ...(resources.length === 0
      ? {}
      : { resource: { terraform_data: Object.fromEntries(resources) as unknown } }),
  }
}

const inputs: Readonly<Record<Cloud, Readonly<Record<string, unknown>>>> = {
  aws: { cluster_name: 'prod', vpc_id: 'vpc-0a1b', ipv6_prefix: true },
  azure: { cluster_name: 'prod', resource_group_ids: { nodes: '/subscriptions/s/resourceGroups/prod' } },
  gcp: { cluster_name: 'prod', project_id: 'p', alias_ip: true },
}

const iam = (name: string): string => readFileSync(join(root, 'deploy/iam', name), 'utf8')
const aws = (name: string): string =>
  iam(name).replaceAll('CLUSTER_NAME', 'prod').replaceAll('VPC_ID', 'vpc-0a1b')
const azure = (name: string): unknown => JSON.parse(iam(name).replaceAll('CLUSTER_NAME', 'prod'))
const gcp = (name: string): unknown => load(iam(name))

const permissions: Readonly<Record<Cloud, unknown>> = {
  aws: {
    routes: aws('aws-controller-policy.json'),
    'ipv6-prefix': aws('aws-ipv6-prefix-policy.json'),
    doctor: aws('aws-doctor-policy.json'),
  },
  azure: { controller: azure('azure-controller-role.json'), doctor: azure('azure-doctor-role.json') },
  gcp: {
    Controller: gcp('gcp-controller-role.yaml'),
    AliasIp: gcp('gcp-alias-ip-role.yaml'),
    Doctor: gcp('gcp-doctor-role.yaml'),
  },
}
