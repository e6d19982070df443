import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ip } from '../../../cni/testing/world.ts'
import { TestServer } from '../../../cni/testing/server.ts'
import { build } from 'esbuild'
import { createProgress } from '../../demo/progress.ts'
import { conclude, mark, runTask } from '../task.ts'
import type { HalfReport } from './half.ts'
import { meshMetrics, meshTable } from './report.ts'
import { measureWholeAgent } from './whole-agent.ts'

/** What the n-th peer's route of IPv4 leads to. */
const destination = '10.100.2.0/24'

/** The part of `bench mesh` that runs inside the world: one node with so many peers, and both halves of its agent. */
await runTask(async (task, scratch) => {
  const { nodes: peers, rounds } = task.options
  const progress = createProgress(process.stderr, () => performance.now())
  ip(undefined, 'link', 'add', 'up0', 'type', 'veth', 'peer', 'name', 'segment0')
  ip(undefined, 'link', 'set', 'segment0', 'up')
  ip(undefined, 'addr', 'add', '10.0.0.1/16', 'dev', 'up0')
  ip(undefined, '-6', 'addr', 'add', 'fd00::1/64', 'dev', 'up0', 'nodad')
  ip(undefined, 'link', 'set', 'up0', 'up')
  const server = new TestServer()
  await server.start()
  const serveCpuMs = (): number => {
    const fields = readFileSync(`/proc/${server.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    // Ticks of ten milliseconds: user, and in the kernel.
    return 10 * (Number(fields[11]) + Number(fields[12]))
  }

  progress.step(`${peers} peers of both families`)
  // As it is shipped, in one file of JavaScript: to read TypeScript costs Node more memory than the agent has.
  const program = join(scratch, 'half.mjs')
  await build({
    entryPoints: [join(import.meta.dirname, 'half.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  })
  const half = spawn(process.execPath, [program, server.socket, String(peers)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const reports = createInterface(half.stdout)[Symbol.asyncIterator]()
  const nextReport = async (): Promise<HalfReport> => {
    const { value } = await reports.next()
    if (value === undefined) throw new Error('the agent’s half has ended')
    return JSON.parse(value) as HalfReport
  }
  const first = await nextReport()
  if (first.programmed !== 2 * peers) throw new Error(`${first.programmed} routes, not ${2 * peers}`)
  const firstServeCpuMs = serveCpuMs()

  progress.step('Routes that somebody takes away')
  const monitor = spawn('stdbuf', ['-oL', 'ip', 'monitor', 'route'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const repairMs: number[] = []
  let goneAt: number | undefined
  let heard: (() => void) | undefined
  let lines = 0
  const listens = (): boolean => lines > 0
  createInterface(monitor.stdout).on('line', (line) => {
    lines++
    if (line.startsWith(`Deleted ${destination}`)) goneAt = performance.now()
    else if (line.startsWith(destination) && goneAt !== undefined) {
      repairMs.push(performance.now() - goneAt)
      goneAt = undefined
      heard?.()
    }
  })
  for (let n = 2; !listens(); n++) {
    ip(undefined, 'route', 'replace', '10.254.0.0/16', 'via', `10.0.0.${n}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  for (let round = 0; round < rounds; round++) {
    const repaired = new Promise<void>((resolve) => (heard = resolve))
    ip(undefined, 'route', 'del', destination, 'proto', '112')
    await repaired
    progress.detail(`${round + 1} of ${rounds}`)
  }

  progress.step('All routes at once')
  const flushedAt = performance.now()
  ip(undefined, 'route', 'flush', 'proto', '112')
  ip(undefined, '-6', 'route', 'flush', 'proto', '112')
  const ours = (): number =>
    ['-4', '-6'].reduce(
      (sum, family) => sum + ip(undefined, family, 'route', 'show', 'proto', '112').split('\n').length - 1,
      0,
    )
  while (ours() < 2 * peers) await new Promise((resolve) => setTimeout(resolve, 5))
  const flushMs = performance.now() - flushedAt

  half.stdin.write('report\n')
  const last = await nextReport()
  monitor.kill()
  half.stdin.end()

  progress.step(`The whole agent, and ${peers} Nodes as kubelets report them`)
  const { dist } = task
  const whole = await measureWholeAgent({ dist, scratch, socket: server.socket, peers })
  const serve = server.memory()
  progress.end()
  await server.remove()

  const metrics = meshMetrics({
    programMs: first.ms,
    agentCpuMs: first.cpuMs,
    serveCpuMs: firstServeCpuMs,
    repairMs,
    flushMs,
    meshRssBytes: last.rssBytes,
    agentRssBytes: whole.rssBytes,
    agentPeakBytes: whole.peakRssBytes,
    serveRssBytes: serve.now * 1024,
    servePeakBytes: serve.peak * 1024,
  })
  const heading = `One node with ${peers} peers of both families: both halves of its agent, and the kernel's own table`
  return conclude(task, `${heading}\n\n${meshTable(metrics, mark)}`, metrics)
})
