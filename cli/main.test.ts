import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import manifest from '../package.json' with { type: 'json' }
import { main } from './main.ts'

const program = fileURLToPath(new URL('../bin/podway.js', import.meta.url))

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

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

/** The same command line in this process, where starting takes no time. */
async function run(args: readonly string[]): Promise<Ended> {
  const written = { stdout: '', stderr: '' }
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      written[name] += String(text)
      return true
    }),
  )
  try {
    return { code: await main(args), ...written }
  } finally {
    for (const spy of spies) spy.mockRestore()
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
    [['--help'], ['Usage: podway', 'controller']],
    [['-h'], ['Usage: podway']],
    [
      ['controller', '--help'],
      ['--provider <name>', '--cluster-cidr', 'Exit codes: 0', '64 wrong usage'],
    ],
    [['help', 'controller'], ['--provider <name>']],
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
    [[...controller, '--provider', 'gcp'], '--provider=gcp: expected one of aws'],
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
