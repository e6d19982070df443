import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import manifest from '../package.json' with { type: 'json' }
import { type Ended, runMain as run } from './testing/run-main.ts'

const program = fileURLToPath(new URL('../bin/podway.js', import.meta.url))

/** Runs the program as a person does, with nothing from this environment but what is given. */
async function podway(args: readonly string[], node = process.execPath): Promise<Ended> {
  try {
    const { stdout, stderr } = await promisify(execFile)(node, [program, ...args], {
      env: { HOME: '/nonexistent' },
      timeout: 20_000,
    })
    return { code: 0, stdout, stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return { code, stdout, stderr }
  }
}

beforeEach(() => {
  vi.stubEnv('HOME', '/nonexistent')
  vi.stubEnv('KUBECONFIG', undefined)
  vi.stubEnv('KUBERNETES_SERVICE_HOST', undefined)
})
afterEach(() => vi.unstubAllEnvs())

const controller = ['controller', '--provider', 'aws', '--cluster-name', 'prod']
const ranges = ['--cluster-cidr', '10.244.0.0/16,fd00:10:244::/48']

describe('help and version', () => {
  test.each<[args: readonly string[], texts: readonly string[]]>([
    [['--help'], ['Usage: podway', 'controller', 'agent', 'crds', 'adopt', 'release']],
    [['-h'], ['Usage: podway']],
    [
      ['controller', '--help'],
      ['--provider <name>', '--cluster-cidr', 'Exit codes: 0', '64 wrong usage'],
    ],
    [['help', 'controller'], ['--provider <name>']],
    [
      ['crds', '--help'],
      ['podway crds | kubectl apply -f -', 'Exit codes: 0'],
    ],
    [
      ['adopt', '--help'],
      ['--yes', '--table <tables>', '--state <file>', '$ podway adopt', 'Exit codes: 0'],
    ],
    [
      ['agent', '--help'],
      ['--node-name <name>', '--reachability <method>', 'uninstall', 'Exit codes: 0'],
    ],
    [
      ['agent', 'uninstall', '--help'],
      ['--socket <path>', '--stay', 'Exit codes: 0'],
    ],
    [
      ['release', '--help'],
      ['--all', '$ podway release --all --yes', 'Exit codes: 0'],
    ],
  ])('%j', async (args, texts) => {
    const { code, stdout, stderr } = await run(args)
    expect([code, stderr]).toEqual([0, ''])
    for (const text of texts) expect(stdout).toContain(text)
  })

  test('--version', async () => {
    expect(await run(['--version'])).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' })
  })
})

describe('wrong usage: exit code 64, and a sentence that names what is wrong', () => {
  test.each<[args: readonly string[], text: string]>([
    [[], 'Usage: podway'],
    [['routes'], "unknown command 'routes'"],
    [['--verbose'], "unknown option '--verbose'"],
    [['controller'], "required option '--provider <name>' not specified"],
    [['controller', '--provider', 'aws'], "required option '--cluster-name <name>' not specified"],
    [[...controller, 'extra'], 'too many arguments'],
    [[...controller, '--provider'], "option '--provider <name>' argument missing"],
    [[...controller, '--provider', 'nimbus'], '--provider=nimbus: expected one of aws, azure, gcp'],
    [controller, '--cluster-cidr is required'],
    [[...controller, '--cluster-cidr', '10.244.0.7/16'], 'the range is 10.244.0.0/16'],
    [[...controller, ...ranges, '--node-cidr-mask-size-ipv4', '99'], '--node-cidr-mask-size-ipv4=99'],
    [
      [...controller, ...ranges, '--route-reconciliation-period', 'soon'],
      '--route-reconciliation-period=soon',
    ],
    [[...controller, ...ranges, '--log-level', 'loud'], '--log-level=loud'],
    [
      [...controller, ...ranges, '--allocate-node-cidrs=maybe'],
      '--allocate-node-cidrs=maybe: expected true or false',
    ],
  ])('%j', async (args, text) => {
    const { code, stdout, stderr } = await run(args)
    expect(code).toBe(64)
    expect(stderr).toContain(text)
    expect(stderr).not.toContain('    at ')
    expect(stdout).toBe('')
  })
})

const adopt = ['adopt', '--provider', 'aws', '--cluster-name', 'prod']

describe('wrong usage of the other commands', () => {
  test.each<[args: readonly string[], text: string]>([
    [['crds', '--output', 'xml'], '--output=xml: expected one of yaml, json'],
    [['crds', 'noderoutes'], 'too many arguments'],
    [['adopt'], "required option '--provider <name>' not specified"],
    [[...adopt, '--provider', 'nimbus'], '--provider=nimbus: expected one of aws, azure, gcp'],
    [[...adopt, '--output', 'xml'], '--output=xml: expected one of table, json'],
    [[...adopt, '--state', ''], '--state is empty'],
    [[...adopt, '--table', ','], '--table is empty'],
    [[...adopt, '10.244.3.7/24'], 'destination: invalid address "10.244.3.7/24"'],
    [[...adopt, '--yes=true'], "unknown option '--yes=true'"],
    [['release', '--all', 'v4-10-244-3-0-24'], '--all releases everything'],
    [['release', '10.244.3.7/24'], 'the range is 10.244.3.0/24'],
    [['release', '--output', 'wide'], '--output=wide'],
  ])('%j', async (args, text) => {
    const { code, stdout, stderr } = await run(args)
    expect([code, stdout]).toEqual([64, ''])
    expect(stderr).toContain(text)
  })
})

describe('boolean flags in every form', () => {
  test.each<[form: readonly string[], allocates: boolean]>([
    [['--allocate-node-cidrs'], true],
    [['--allocate-node-cidrs=true'], true],
    [['--allocate-node-cidrs=1'], true],
    [['--allocate-node-cidrs=false'], false],
    [['--allocate-node-cidrs=F'], false],
    [['--no-allocate-node-cidrs'], false],
  ])('%j', async (form, allocates) => {
    // Without ranges it is wrong usage to allocate; else the next obstacle is the missing kubeconfig.
    const { code, stderr } = await run([...controller, ...form])
    expect(stderr).toContain(allocates ? '--cluster-cidr is required' : 'kubeconfig')
    expect(code).toBe(allocates ? 64 : 1)
  })
})

describe('what can’t be done: exit code 1', () => {
  test('no kubeconfig anywhere', async () => {
    const { code, stderr } = await run([...controller, ...ranges])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^podway: .*kubeconfig/s)
  })

  test('a kubeconfig that is not there, by --kubeconfig', async () => {
    const { code, stderr } = await run([...controller, ...ranges, '--kubeconfig', '/nonexistent/config'])
    expect([code, stderr]).toEqual([1, expect.stringContaining('/nonexistent/config')])
  })

  test('a kubeconfig that is not there, by KUBECONFIG', async () => {
    vi.stubEnv('KUBECONFIG', '/nonexistent/config')
    const { code, stderr } = await run([...controller, ...ranges])
    expect([code, stderr]).toEqual([1, expect.stringContaining('/nonexistent/config')])
  })
})

describe('the program itself', () => {
  /** `podway crds` into that, from which nobody reads. */
  async function crds(stdout: number | 'pipe'): Promise<Pick<Ended, 'code' | 'stderr'>> {
    const child = spawn(process.execPath, [program, 'crds'], { stdio: ['ignore', stdout, 'pipe'] })
    child.stdout?.destroy()
    let stderr = ''
    child.stderr?.on('data', (chunk) => (stderr += String(chunk)))
    await once(child, 'close')
    return { code: child.exitCode ?? -1, stderr }
  }

  test('a full disk is a failure', async ({ skip }) => {
    if (!existsSync('/dev/full')) skip('there is no /dev/full')
    const full = openSync('/dev/full', 'w')
    const { code, stderr } = await crds(full).finally(() => closeSync(full))
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^podway: ENOSPC/)])
  })

  test('a reader that goes away is none', async () => {
    expect(await crds('pipe')).toEqual({ code: 0, stderr: '' })
  })

  test.each<[what: string, args: readonly string[], code: number, stdout: RegExp, stderr: RegExp]>([
    ['--version', ['--version'], 0, /^\d+\.\d+\.\d+\n$/, /^$/],
    ['--help', ['--help'], 0, /^Usage: podway/, /^$/],
    ['missing flags', ['controller'], 64, /^$/, /--provider <name>' not specified/],
    [
      'a bad value',
      [...controller, '--cluster-cidr', 'x'],
      64,
      /^$/,
      /^podway: --cluster-cidr: invalid address "x".*\n$/,
    ],
    ['no kubeconfig', [...controller, '--no-allocate-node-cidrs'], 1, /^$/, /^podway: .*kubeconfig.*\n$/s],
  ])('%s', async (_what, args, code, stdout, stderr) => {
    const ended = await podway(args)
    expect(ended.code).toBe(code)
    expect(ended.stdout).toMatch(stdout)
    expect(ended.stderr).toMatch(stderr)
    expect(ended.stderr).not.toContain('    at ')
  })
})

const oldNode = '/usr/bin/node'

/** The major version of the system's Node; undefined if there is none. */
async function majorOf(node: string): Promise<number | undefined> {
  if (!existsSync(node)) return undefined
  const { stdout } = await promisify(execFile)(node, ['-p', 'process.versions.node'])
  return Number(stdout.split('.')[0])
}

test('an old Node gets one sentence', async ({ skip }) => {
  const major = await majorOf(oldNode)
  if (major === undefined || major >= 24) skip(`there is no Node older than 24 at ${oldNode}`)
  const { code, stdout, stderr } = await podway(['--version'], oldNode)
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/^podway needs Node\.js 24 or newer, and this is \d+\.\d+\.\d+\.\n$/)
})
