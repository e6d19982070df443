import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runMain } from '../testing/run-main.ts'

let folder = ''
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'podway-completion-'))
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stderr, stdout } = await runMain(['completion', shell])
    expect([code, stderr]).toEqual([0, ''])
    writeFileSync(join(folder, shell), stdout)
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

/** What bash offers behind these words, the last of which is being typed. */
function offered(...words: readonly string[]): readonly string[] {
  const script = `
    source "$1"; shift
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
    _podway
    printf '%s\\n' "\${COMPREPLY[@]}"`
  const ended = spawnSync('bash', ['--norc', '-c', script, 'bash', join(folder, 'bash'), ...words], {
    encoding: 'utf8',
    cwd: folder,
  })
  expect([ended.status, ended.stderr]).toEqual([0, ''])
  return ended.stdout.split('\n').filter((line) => line !== '')
}

describe('bash', () => {
  test('is asked as it asks: the function is bound to the command', () => {
    const { stdout } = spawnSync(
      'bash',
      ['--norc', '-c', `source ${join(folder, 'bash')}; complete -p podway`],
      {
        encoding: 'utf8',
      },
    )
    expect(stdout).toBe('complete -F _podway podway\n')
  })

  test.each<[words: readonly string[], expected: readonly string[]]>([
    [
      ['podway', 'con'],
      ['config', 'controller'],
    ],
    [
      ['podway', 'doctor', ''],
      ['aws', 'gcp', 'azure', 'path'],
    ],
    [
      ['podway', 'plan', '--clus'],
      ['--cluster-name', '--cluster-cidr'],
    ],
    [
      ['podway', 'plan', '--output', ''],
      ['table', 'json', 'yaml'],
    ],
    [['podway', 'plan', '-o', 'j'], ['json']],
    [['podway', 'plan', '--output', '=', 'y'], ['yaml']],
    [
      ['podway', 'plan', '--output', '='],
      ['table', 'json', 'yaml'],
    ],
    [
      ['podway', 'crds', '--output', ''],
      ['yaml', 'json'],
    ],
    [
      ['podway', 'apply', '--policy', 'sync', '--provider', ''],
      ['aws', 'azure', 'gcp'],
    ],
    [
      ['podway', 'migrate', '--from', 'k'],
      ['kubenet', 'kindnet'],
    ],
    [
      ['podway', 'migrate', '--do', ''],
      ['definitions', 'adopt'],
    ],
    [
      ['podway', 'config', 'agent', '--masquerade', 'ip'],
      ['ipv4', 'ipv6'],
    ],
    [
      ['podway', 'plan', '--route-tables', ''],
      ['tag', 'auto', 'vpc'],
    ],
    // The value of a flag is no command.
    [['podway', 'plan', '--cluster-name', 'apply', '--al'], ['--all']],
    [['podway', 'plan', '--cluster-name', ''], []],
    [
      ['podway', 'plan', '--nodes', ''],
      ['bash', 'fish', 'zsh'],
    ],
    [['podway', 'agent', 'uninstall', '--st'], ['--stay']],
    [['podway', 'nothing-of-ours', 'x'], []],
  ])('%j', (words, expected) => {
    const found = offered(...words)
    expect([...found].sort()).toEqual([...expected].sort())
  })

  test('every command', async () => {
    const { stdout } = await runMain(['--help'])
    const commands = [...stdout.matchAll(/^ {2}([a-z]+) .*\S {2,}\S/gm)].flatMap(([, name = '']) => name)
    expect(offered('podway', '')).toEqual(expect.arrayContaining(commands.filter((name) => name !== 'help')))
    expect(offered('podway', '')).toContain('completion')
  })
})

const has = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0

// Their syntax, by themselves, where they are: a machine that builds podway need not have them.
describe.each(['zsh', 'fish'] as const)('%s', (shell) => {
  test.skipIf(!has(shell))('takes the script', () => {
    const { status, stderr } = spawnSync(shell, ['-n', join(folder, shell)], { encoding: 'utf8' })
    expect([status, stderr]).toEqual([0, ''])
  })
})

test.each(['zsh', 'fish'])('%s: what it is to offer is in the script', async (shell) => {
  const { stdout } = await runMain(['completion', shell])
  for (const text of ['completion', 'table', 'yaml', 'upsert-only', 'podway agent uninstall'])
    expect(stdout).toContain(text)
})

test.each([
  [['completion'], "missing required argument 'shell'"],
  [['completion', 'tcsh'], 'shell "tcsh": expected one of bash, zsh, fish'],
])('%j: wrong usage', async (args, text) => {
  const { code, stderr } = await runMain(args)
  expect([code, stderr]).toEqual([64, expect.stringContaining(text)])
})
