import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { UsageError } from '../usage.ts'
import type { CommandName, Settings } from './command-settings.ts'
import { addSettings } from './options.ts'
import { readSettings } from './read-settings.ts'

let folder = ''
let file = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podway-settings-'))
  file = join(folder, 'podway.yaml')
  vi.stubEnv('NODE_NAME', undefined)
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true })
})

interface Said {
  readonly args?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly file?: string
}

/** What a command is told by its three places; the file is named by the environment unless by the arguments. */
function told<C extends CommandName>(name: C, said: Said): Promise<Settings<C>> {
  writeFileSync(file, `apiVersion: podway.dev/v1alpha1\nkind: Configuration\n${said.file ?? ''}`)
  vi.stubEnv('PODWAY_CONFIG', file)
  for (const [variable, value] of Object.entries(said.environment ?? {})) vi.stubEnv(variable, value)
  const command = addSettings(new Command(), name).exitOverride()
  command.parse(said.args ?? [], { from: 'user' })
  return readSettings(command, name, (settings) => settings)
}

const cluster = ['--provider', 'aws', '--cluster-name', 'prod']
const controller = (said: Said): Promise<Settings<'controller'>> =>
  told('controller', { ...said, args: [...cluster, ...(said.args ?? [])] })

describe('a flag goes before a variable, that before the file, that before the default', () => {
  const args = ['--drift-interval', '1s']
  const alias = ['--route-reconciliation-period=5s']
  const environment = { PODWAY_DRIFT_INTERVAL: '2s' }
  test.each<[name: string, said: Said, ms: number]>([
    ['nothing', {}, 90_000],
    ['the file', { file: 'driftInterval: 3s' }, 3_000],
    [
      'the file, for the command alone',
      { file: 'driftInterval: 3s\ncontroller: {driftInterval: 4s}' },
      4_000,
    ],
    ['a variable', { environment }, 2_000],
    ['an empty variable', { environment: { PODWAY_DRIFT_INTERVAL: '' } }, 90_000],
    ['a variable and the file', { environment, file: 'controller: {driftInterval: 4s}' }, 2_000],
    ['a flag', { args }, 1_000],
    ['all three', { args, environment, file: 'driftInterval: 3s' }, 1_000],
    ['a flag by its other name, and a variable', { args: alias, environment }, 5_000],
    ['a flag by both names', { args: [...alias, ...args] }, 1_000],
  ])('%s', async (_, said, ms) => {
    expect((await controller(said)).driftInterval).toBe(ms)
  })

  test.each<[args: readonly string[], text: string, file: string, elects: boolean]>([
    [[], '', 'leaderElect: false', false],
    [[], 'T', 'leaderElect: false', true],
    [['--leader-elect'], 'F', 'leaderElect: false', true],
    [['--leader-elect=true'], '', 'leaderElect: false', true],
    [['--no-leader-elect'], 'true', '', false],
    [['--leader-elect=0'], 'true', 'leaderElect: true', false],
  ])('a boolean: %j, %j, %j', async (args, PODWAY_LEADER_ELECT, text, elects) => {
    const { leaderElect } = await controller({ args, environment: { PODWAY_LEADER_ELECT }, file: text })
    expect(leaderElect).toBe(elects)
  })

  test('what help shows no negation of has one too', async () => {
    const { blockMetadata } = await told('agent', {
      args: ['--no-block-metadata'],
      file: 'blockMetadata: true',
    })
    expect(blockMetadata).toBe(false)
  })

  test('--config goes before PODWAY_CONFIG', async () => {
    const other = join(folder, 'other.json')
    writeFileSync(other, '{"apiVersion":"podway.dev/v1alpha1","kind":"Configuration","policy":"observe"}')
    const { policy } = await controller({ args: ['--config', other], file: 'policy: upsert-only' })
    expect(policy).toBe('observe')
  })

  test('the same file has other defaults of another command', async () => {
    const address = { file: 'provider: aws\nclusterName: prod\nagent: {metricsBindAddress: 0}' }
    expect((await controller(address)).metricsBindAddress?.port).toBe(10_277)
    expect((await told('agent', address)).metricsBindAddress).toBeUndefined()
    expect((await told('agent', {})).metricsBindAddress?.port).toBe(10_278)
  })

  test('a Node’s name by the variable that manifests have for it', async () => {
    vi.stubEnv('NODE_NAME', 'node-1')
    expect((await told('agent', {})).nodeName).toBe('node-1')
    expect((await told('agent', { file: 'nodeName: node-3' })).nodeName).toBe('node-1')
    expect((await told('agent', { environment: { PODWAY_NODE_NAME: 'node-2' } })).nodeName).toBe('node-2')
  })
})

describe('refused, by the name under which it was said', () => {
  test.each<[said: Said, message: string]>([
    [{ args: ['--drift-interval=5'] }, '--drift-interval=5: expected a duration'],
    [{ args: ['--route-reconciliation-period=5'] }, '--route-reconciliation-period=5: expected a duration'],
    [{ environment: { PODWAY_DRIFT_INTERVAL: '5' } }, 'PODWAY_DRIFT_INTERVAL=5: expected a duration'],
    [{ file: 'driftInterval: 5' }, 'podway.yaml:3: driftInterval=5: expected a duration'],
    [{ environment: { PODWAY_CLUSTER_CIDR: 'x' } }, 'PODWAY_CLUSTER_CIDR: invalid address "x"'],
    [
      { args: ['--config', '/nonexistent/podway.yaml'] },
      '/nonexistent/podway.yaml: the configuration can’t be read: ENOENT',
    ],
    [{ args: ['--config', '/'] }, '/: the configuration can’t be read: EISDIR'],
  ])('%j', async (said, message) => {
    await expect(controller(said)).rejects.toThrow(UsageError)
    await expect(controller(said)).rejects.toThrow(message)
  })

  test('not by a command to which a file can say nothing', async () => {
    expect(await told('crds', { file: 'policy: all' })).toEqual({ definitionFormat: 'yaml' })
  })

  test('all that is wrong at once', async () => {
    const said = { args: ['--policy=all'], environment: { PODWAY_ADOPT: 'all', PODWAY_PROVIDER: 'moon' } }
    await expect(told('controller', said)).rejects.toThrow(
      [
        'PODWAY_PROVIDER=moon: expected one of aws, azure, gcp',
        "required option '--cluster-name <name>' not specified: neither as a flag, nor as PODWAY_CLUSTER_NAME, nor as clusterName in a --config file",
        '--policy=all: expected one of sync, upsert-only, observe',
        'PODWAY_ADOPT=all: expected one of none, matching',
      ].join('\n'),
    )
  })

  test('a secret is in no message', async () => {
    for (const said of [
      { args: ['--aws-role-external-id', 'hush hush'] },
      { environment: { PODWAY_AWS_ROLE_EXTERNAL_ID: 'hush hush' } },
      { file: 'awsRoleExternalId: hush hush' },
    ]) {
      const error: unknown = await controller(said).catch((refusal: unknown) => refusal)
      expect(String(error)).toMatch(/ExternalId|EXTERNAL_ID|external-id/)
      expect(String(error)).not.toContain('hush')
    }
  })

  test('what is wrong between settings: where each was said', async () => {
    writeFileSync(file, 'apiVersion: podway.dev/v1alpha1\nkind: Configuration\npoolsFile: pools.yaml\n')
    vi.stubEnv('PODWAY_CONFIG', file)
    vi.stubEnv('PODWAY_CLUSTER_CIDR', '10.0.0.0/8')
    const command = addSettings(new Command(), 'controller').parse(cluster, { from: 'user' })
    const read = (): never => {
      throw new UsageError('--cluster-cidr and --pools-file both, and --provider')
    }
    await expect(readSettings(command, 'controller', read)).rejects.toThrow(
      `(--cluster-cidr is PODWAY_CLUSTER_CIDR; --pools-file is ${file}:3: poolsFile)`,
    )
  })
})

describe('variables that are no setting', () => {
  const warnings = async (environment: Readonly<Record<string, string>>): Promise<readonly unknown[]> => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    await controller({ environment })
    return write.mock.calls.map(([text]) => text)
  }

  test('one that is nearly one is told of, and nothing else', async () => {
    expect(await warnings({ PODWAY_CLUSTER_NMAE: 'x', PODWAY_VERSION: '1', PODWAYS: '2' })).toEqual([
      'podway: PODWAY_CLUSTER_NMAE is no setting: did you mean PODWAY_CLUSTER_NAME?\n',
    ])
  })

  test('what Kubernetes makes of a Service podway-agent is no setting', async () => {
    const environment = {
      PODWAY_AGENT_SERVICE_HOST: '10.96.0.12',
      PODWAY_AGENT_SERVICE_PORT: '10278',
      PODWAY_AGENT_PORT: 'tcp://10.96.0.12:10278',
      PODWAY_AGENT_PORT_10278_TCP_ADDR: '10.96.0.12',
    }
    expect(await warnings(environment)).toEqual([])
    const args = ['--from', 'a', '--to', 'b']
    expect((await told('doctor path', { args, environment })).agentPort).toBe(10_278)
    // Whoever says it all the same is heard.
    expect((await told('doctor path', { args, environment: { PODWAY_AGENT_PORT: '9' } })).agentPort).toBe(9)
  })
})
