import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Daemon, startDaemon } from './daemon.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'podway-daemon-'))
})
afterEach(() => rm(folder, { recursive: true }))

const logFile = () => join(folder, 'log')
const start = (script: string): Promise<Daemon> =>
  startDaemon({ program: '/bin/sh', args: ['-c', script], folder, logFile: logFile() })

test('runs until it is killed, with all that it has started', async () => {
  const daemon = await start('sleep 1000 & echo $! > child; wait')
  await expect.poll(() => readFile(join(folder, 'child'), 'utf8'), { interval: 5 }).toMatch(/\d/)
  const child = Number(await readFile(join(folder, 'child'), 'utf8'))
  await Promise.all([daemon.kill(), daemon.kill()])
  expect(await daemon.ended).toBe('it ended with SIGKILL')
  await expect.poll(() => stateOf(child), { interval: 5 }).toMatch(/^(gone|Z)$/)
})

test('that ends by itself tells how, and what it said last', async () => {
  const daemon = await start('echo one; echo two >&2; exit 3')
  expect(await daemon.ended).toBe('it ended with 3')
  await daemon.kill()
  expect(await daemon.lastWords()).toBe(`the end of its log, ${logFile()}:\n  one\n  two`)
})

test('adds to the log of an earlier run', async () => {
  await (
    await start('echo one')
  ).ended
  await (
    await start('echo two')
  ).ended
  expect(await readFile(logFile(), 'utf8')).toBe('one\ntwo\n')
})

test('inherits nothing of the environment but the way to programs', async () => {
  process.env.ETCD_NAME = 'somebody'
  await (
    await start('env | cut -d= -f1 | grep -vE "^(PWD|SHLVL|_|OLDPWD)$" | sort')
  ).ended
  delete process.env.ETCD_NAME
  expect(await readFile(logFile(), 'utf8')).toBe('HOME\nPATH\nTMPDIR\n')
})

test('a program that is not there', async () => {
  const daemon = await startDaemon({ program: '/nowhere/etcd', args: [], folder, logFile: logFile() })
  expect(await daemon.ended).toBe('it ended with 127')
  expect(await daemon.lastWords()).toContain('/nowhere/etcd: not found')
})

async function stateOf(pid: number): Promise<string> {
  try {
    return /\) (\w)/.exec(await readFile(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? '?'
  } catch {
    return 'gone'
  }
}
