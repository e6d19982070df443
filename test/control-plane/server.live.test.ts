import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { run } from '../lab/run.ts'
import { explainRefusal, worldCommand, worldEnvironment } from '../lab/world.ts'
import { buildTimeout, describeWithGo, installForTests } from './describe-control-plane.ts'
import type { ControlPlaneInstall } from './install.ts'

/** Starts a cluster, says which processes that are, and stops it, or stays. */
const program = (end: string): string => `
import { startControlPlane } from ${JSON.stringify(new URL('server.ts', import.meta.url).href)}
import { otherProcesses } from ${JSON.stringify(new URL('../lab/leftovers.ts', import.meta.url).href)}
const [, install, dataDir] = process.argv
const cluster = await startControlPlane(JSON.parse(install), { dataDir })
console.log(JSON.stringify(cluster.pids))
${end}`

await describeWithGo('a control plane', () => {
  let install: ControlPlaneInstall
  let dataDir: string

  beforeAll(async () => {
    install = await installForTests()
  }, buildTimeout)
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'podway-control-plane-'))
  })
  afterEach(() => rm(dataDir, { recursive: true }))

  const node = (end: string): readonly string[] => [
    ...[process.execPath, '--input-type=module', '--eval', program(end)],
    ...[JSON.stringify(install), dataDir],
  ]

  test('starts where there is no network but loopback, and leaves its logs and nothing else', async () => {
    expect(await explainRefusal()).toBeUndefined()
    const end = 'await cluster.stop(); console.log(JSON.stringify(otherProcesses([])))'
    const finished = await run(worldCommand(node(end), { asUser: process.getuid?.() !== 0 }), {
      env: worldEnvironment(randomUUID(), process.env),
    })
    expect(finished).toMatchObject({ code: 0, stderr: '' })
    expect(finished.stdout).toMatch(/^\[\d+,\d+\]\n\[\]\n$/)
    expect((await readdir(dataDir)).sort()).toEqual(['etcd.log', 'kube-apiserver.log'])
  })

  test('ends when the program that started it is killed', async () => {
    const [file = '', ...args] = node('setInterval(() => undefined, 1e9)')
    const parent = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string]
    const pids = JSON.parse(line) as readonly number[]
    expect(pids.filter(isRunning)).toHaveLength(2)
    parent.kill('SIGKILL')
    await once(parent, 'exit')
    await expect.poll(() => pids.filter(isRunning), { interval: 5, timeout: 10_000 }).toEqual([])
  })
})

/** A zombie is none that runs: whether somebody collects it is not ours to see to. */
function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
