import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, onTestFinished, test } from 'vitest'
import { processesOfWorld } from './leftovers.ts'
import { type Finished, run } from './run.ts'
import { commandToEnter, explainRefusal, inWorld, runInWorld } from './world.ts'

/** A program that enters a world, given its id and the command. */
const outer = `
const { runInWorld } = await import(${JSON.stringify(`${import.meta.dirname}/world.ts`)})
const [id, ...argv] = process.argv.slice(2)
process.exitCode = await runInWorld(argv, { id, env: process.env })
`

const folder = mkdtempSync(join(tmpdir(), 'world-'))
chmodSync(folder, 0o755)
const program = join(folder, 'outer.mjs')
writeFileSync(program, outer)

const enter = (id: string, argv: readonly string[]): readonly string[] => [program, id, ...argv]

const inNewWorld = (script: string): Promise<Finished> =>
  run({ file: process.execPath, args: enter('test', ['sh', '-c', script]) })

test('these tests run in a world, and a variable alone makes none', () => {
  expect(inWorld()).toBe(true)
  const id = process.env.PODWAY_WORLD
  process.env.PODWAY_WORLD = 'another'
  expect(inWorld()).toBe(false)
  process.env.PODWAY_WORLD = id
})

test('this system lets us make worlds', async () => {
  expect(await explainRefusal()).toBeUndefined()
})

describe('a world', () => {
  test('hands on the exit code', async () => {
    expect(await runInWorld(['sh', '-c', 'exit 7'], { stdio: 'ignore' })).toBe(7)
    expect(await runInWorld(['sh', '-c', 'kill -KILL $$'], { stdio: 'ignore' })).toBe(137)
  })

  test('has a network of its own with loopback up, no other processes and its own /run', async () => {
    const { stdout } = await inNewWorld(
      'ip -o link | wc -l; ip -o addr show lo | wc -l; ls /proc | grep -c "^[0-9]"; ls /run',
    )
    const [links, addresses, processes, ...names] = stdout.trim().split('\n')
    expect([links, addresses]).toEqual(['1', '2'])
    expect(Number(processes)).toBeLessThan(6)
    expect(names).toEqual(expect.arrayContaining(['netns', 'podway-world', 'tmp']))
    expect(names).not.toContain('machines')
  })

  test('keeps temporary files to itself', async () => {
    const { stdout } = await inNewWorld('mktemp')
    expect(stdout).toMatch(/^\/run\/tmp\//)
  })

  test('makes network namespaces that the caller does not see', async () => {
    expect((await inNewWorld('ip netns add inner && ip netns')).stdout).toContain('inner')
    expect((await run({ file: 'ip', args: ['netns'] })).stdout).not.toContain('inner')
  })

  test('can be entered from outside while it runs', async () => {
    const parent = spawn(
      process.execPath,
      enter('entered', ['sh', '-c', 'ip netns add inner; echo up; read -r _']),
      {
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    )
    await once(parent.stdout, 'readable')
    const command = commandToEnter('entered') ?? ''
    const { stdout, stderr } = await run({ file: 'sh', args: ['-c', `${command} -c 'ip netns; id -u'`] })
    expect({ stdout, stderr }).toEqual({ stdout: 'inner\n0\n', stderr: '' })
    parent.stdin.end()
    await once(parent, 'close')
    expect(commandToEnter('entered')).toBeUndefined()
  })

  test('dies with its parent, even by SIGKILL', async () => {
    const parent = spawn(
      process.execPath,
      enter('killed', ['sh', '-c', 'sleep 1000 & echo up; setsid sleep 1000 & wait']),
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    // Whatever fails here: this world, and all others around it, would wait for it.
    onTestFinished(() => void parent.kill('SIGKILL'))
    await once(parent.stdout, 'readable')
    // One that is just becoming another program has no environment to be known by.
    await expect.poll(() => processesOfWorld('killed').length).toBeGreaterThan(3)
    // Every process in the world holds the other end of this pipe, so it ends when the last one does.
    const everythingEnded = text(parent.stdout)
    parent.kill('SIGKILL')
    await everythingEnded
    expect(processesOfWorld('killed')).toEqual([])
  })
})

/** Inside a user's world only one user exists, so there is nobody to become. */
const canBecomeNobody =
  process.getuid?.() === 0 &&
  (await run({ file: 'setpriv', args: ['--reuid', '65534', '--clear-groups', 'true'] })).code === 0

test.runIf(canBecomeNobody)(
  'a user without rights gets a world too, with no home and elsewhere',
  async () => {
    const user = ['--reuid', '65534', '--regid', '65534', '--clear-groups']
    const script = 'id -u && ip netns add inner && ip netns && touch "$TMPDIR/x"'
    const { code, stdout, stderr } = await run(
      { file: 'setpriv', args: [...user, process.execPath, ...enter('nobody', ['sh', '-c', script])] },
      { env: { PATH: process.env.PATH, HOME: '' } },
    )
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '0\ninner\n', stderr: '' })
  },
)
