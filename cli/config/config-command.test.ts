import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { load } from 'js-yaml'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Ended, runMain } from '../testing/run-main.ts'
import type { Configuration, SettingLine } from './configuration.ts'

let folder = ''
let file = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podway-config-'))
  file = join(folder, 'podway.yaml')
  for (const name of Object.keys(process.env))
    if (/^(PODWAY|AWS|AZURE|GOOGLE|CLOUDSDK|KUBE)|_PROXY$|_proxy$|^NODE_NAME$/.test(name))
      vi.stubEnv(name, undefined)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

const write = (text: string): void =>
  writeFileSync(file, `apiVersion: podway.dev/v1alpha1\nkind: Configuration\n${text}`)
const aws = 'provider: aws\nclusterName: prod\nclusterCidr: [10.244.0.0/16, fd00::/48]\n'

const documentOf = ({ stdout }: Ended): Configuration => JSON.parse(stdout) as Configuration
async function line(args: readonly string[], wanted: string): Promise<SettingLine | undefined> {
  const ended = await runMain(['config', ...args, '--config', file, '--output', 'json'])
  return documentOf(ended).settings.find(({ key }) => key === wanted)
}

test('for people: every setting, what it is, and where that was said', async () => {
  write(`${aws}controller: {logLevel: warn}\n`)
  vi.stubEnv('PODWAY_POLICY', 'observe')
  const { code, stderr, stdout } = await runMain([
    'config',
    'controller',
    '--config',
    file,
    '--no-leader-elect',
  ])
  expect([code, stderr]).toEqual([0, ''])
  const rows = stdout.split('\n').map((row) => row.split(/ {3,}/))
  expect(rows[0]).toEqual(['SETTING', 'VALUE', 'FROM'])
  for (const row of [
    ['provider', 'aws', `${file}:3: provider`],
    ['clusterCidr', '10.244.0.0/16,fd00::/48', `${file}:5: clusterCidr`],
    ['logLevel', 'warn', `${file}:6: controller.logLevel`],
    ['policy', 'observe', 'PODWAY_POLICY'],
    ['leaderElect', 'false', '--leader-elect'],
    ['driftInterval', '90s', 'default'],
    ['awsRoutesPerTable', '(500)', '-'],
    ['poolsFile', '-', '-'],
  ])
    expect(rows).toContainEqual(row)
  // What another cloud has is nothing to read here.
  expect(stdout).not.toMatch(/^(azure|gcp)/m)
})

test('JSON and YAML are the same document, with the settings of all clouds', async () => {
  write(aws)
  const json = await runMain(['config', 'controller', '--config', file, '-o', 'json'])
  const yaml = await runMain(['config', 'controller', '--config', file, '-o', 'yaml'])
  expect([json.code, yaml.code]).toEqual([0, 0])
  expect(load(yaml.stdout)).toEqual(JSON.parse(json.stdout))
  expect(documentOf(json)).toMatchObject({
    apiVersion: 'podway.dev/v1alpha1',
    kind: 'EffectiveConfiguration',
    command: 'controller',
    file,
    environment: [],
    errors: [],
  })
  expect(await line(['controller'], 'gcpRoutePriority')).toEqual({
    key: 'gcpRoutePriority',
    value: null,
    from: null,
    at: null,
    otherwise: '1000',
    flag: '--gcp-route-priority <number>',
    variable: 'PODWAY_GCP_ROUTE_PRIORITY',
  })
})

test.each<[command: string, key: string, value: unknown]>([
  ['controller', 'metricsBindAddress', ':10277'],
  ['agent', 'metricsBindAddress', ':10278'],
  ['agent uninstall', 'socket', '/run/podway/serve.sock'],
  ['adopt', 'awsMode', 'routes'],
  ['release', 'kubeconfig', null],
  ['cleanup', 'leaderElectResourceName', 'podway-controller'],
  ['doctor aws', 'awsMatchNodeNames', false],
  ['doctor gcp', 'nodeCidrMaskSizeIpv4', 24],
  ['doctor azure', 'azureCredentials', 'auto'],
  ['doctor path', 'agentPort', 10_278],
])('of podway %s', async (command, key, value) => {
  write('nodeName: node-1\nprovider: aws\nclusterName: prod\nallocateNodeCidrs: false\n')
  expect((await line(command.split(' '), key))?.value).toEqual(value)
  const { code, stdout } = await runMain(['config', ...command.split(' '), '--config', file])
  expect(code).toBe(0)
  expect(stdout).not.toMatch(/^(output|yes|from|all|stay) /m)
})

describe('what the command would refuse: printed all the same, and 64', () => {
  test.each<[name: string, text: string, args: readonly string[], message: string]>([
    ['a value', aws, ['--drift-interval=5'], '--drift-interval=5: expected a duration'],
    ['what is missing', 'provider: aws', [], "required option '--cluster-name <name>' not specified"],
    ['two that don’t fit', aws, ['--pools-file', 'x'], '--cluster-cidr and --pools-file both name pools'],
    ['a flag of another cloud’s mode', aws, ['--gcp-mode', 'all'], '--gcp-mode=all: expected one of'],
  ])('%s', async (_, text, args, message) => {
    write(text)
    const ended = await runMain(['config', 'controller', '--config', file, '-o', 'json', ...args])
    expect(ended.code).toBe(64)
    expect(ended.stderr).toContain(`podway: ${message}`)
    expect(documentOf(ended).errors[0]).toContain(message)
  })

  test('a file that is wrong: nothing holds, so nothing is printed', async () => {
    write('clusterNmae: prod\n')
    const { code, stderr, stdout } = await runMain(['config', 'controller', '--config', file])
    expect([code, stdout]).toEqual([64, ''])
    expect(stderr).toBe(`podway: ${file}:3: unknown key clusterNmae: did you mean clusterName?\n`)
  })

  test.each<[args: readonly string[], message: string]>([
    [['controller', '--output', 'xml'], '--output=xml: expected one of table, json, yaml'],
    [['controller', '--yes'], "unknown option '--yes'"],
    [['release', '--policy', 'sync'], "unknown option '--policy'"],
    [['crds'], "unknown command 'crds'"],
    [[], 'Usage: podway config'],
  ])('%j', async (args, message) => {
    const { code, stderr } = await runMain(['config', ...args])
    expect([code, stderr]).toEqual([64, expect.stringContaining(message)])
  })
})

describe('no secret is shown', () => {
  const secrets = {
    PODWAY_AWS_ROLE_EXTERNAL_ID: 'hush-1',
    PODWAY_CLUSTER_NAME: 'https://user:hush-2@example.com/x',
    AWS_SECRET_ACCESS_KEY: 'hush-3',
    AWS_SESSION_TOKEN: 'hush-4',
    AZURE_CLIENT_SECRET: 'hush-5',
    AZURE_CLIENT_CERTIFICATE_PASSWORD: 'hush-6',
    HTTPS_PROXY: 'http://user:hush-7@proxy:3128',
    https_proxy: 'http://hush-8@proxy:3128',
    AWS_ACCESS_KEY_ID: 'hush-9',
  }

  test.each(['table', 'json', 'yaml'])('as %s', async (format) => {
    for (const [name, value] of Object.entries(secrets)) vi.stubEnv(name, value)
    write('provider: aws\nclusterCidr: [10.0.0.0/8]\n')
    const { stderr, stdout } = await runMain(['config', 'controller', '--config', file, '--output', format])
    expect(stdout).toContain('<redacted>')
    expect(stdout).toContain('HTTPS_PROXY')
    expect(stdout + stderr).not.toContain('hush')
  })

  test('one that is wrong is not shown either', async () => {
    write(aws)
    const args = ['--aws-role-external-id', 'hush hush', '-o', 'json']
    const ended = await runMain(['config', 'controller', '--config', file, ...args])
    expect(ended.code).toBe(64)
    expect(ended.stderr).toContain('--aws-role-external-id: expected 2 to 1,224 letters')
    expect(ended.stdout + ended.stderr).not.toContain('hush')
  })

  test('what is none is shown', async () => {
    const open = {
      AWS_REGION: 'eu-central-1',
      AWS_WEB_IDENTITY_TOKEN_FILE: '/var/run/token',
      NO_PROXY: '10.0.0.0/8',
    }
    for (const [name, value] of Object.entries(open)) vi.stubEnv(name, value)
    write(aws)
    const ended = await runMain(['config', 'controller', '--config', file, '-o', 'json'])
    const shown = documentOf(ended).environment.map(({ name, value }) => [name, value])
    expect(shown).toEqual(Object.entries(open))
    // Another command reads none of them.
    const uninstall = await runMain(['config', 'agent', 'uninstall', '--config', file, '-o', 'json'])
    expect(documentOf(uninstall).environment).toEqual([])
  })
})

test('every variable of podway that is no setting is told of', async () => {
  vi.stubEnv('PODWAY_VERSION', '1')
  vi.stubEnv('PODWAY_POLCIY', 'sync')
  write(aws)
  const { code, stderr } = await runMain(['config', 'controller', '--config', file])
  expect(code).toBe(0)
  expect(stderr.split('\n')).toEqual([
    'podway: PODWAY_POLCIY is no setting: did you mean PODWAY_POLICY?',
    'podway: PODWAY_VERSION is no setting',
    '',
  ])
})

test('what a file may hold, as JSON Schema', async () => {
  const { code, stdout } = await runMain(['config', 'schema'])
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    additionalProperties: false,
    properties: { driftInterval: { type: 'string', default: '90s' } },
  })
})
