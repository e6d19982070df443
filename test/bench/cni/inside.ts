import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createProgress } from '../../demo/progress.ts'
import { conclude, mark, runTask } from '../task.ts'
import type { Contender } from './contender.ts'
import { measure } from './measure.ts'
import { contestMetrics, contestTable } from './report.ts'
import { Stopwatch, compileKernel, compileNothing } from './stopwatch.ts'

/** The part of `bench cni` that runs inside the world, whose namespace is the node. */
await runTask(async (task, scratch) => {
  const { options, peer } = task
  const ours: Contender = {
    name: 'podway-cni',
    program: join(task.dist, 'podway-cni'),
    printsResult: true,
  }
  const theirs: readonly Contender[] =
    peer === undefined
      ? []
      : [{ name: 'ptp + host-local', program: join(peer.folder, 'ptp'), printsResult: true }]
  const progress = createProgress(process.stderr, () => performance.now())

  progress.step('Compiling the stopwatch')
  const stopwatch = await Stopwatch.start(join(scratch, 'stopwatch'))
  const nothing = join(scratch, 'nothing')
  await compileNothing(nothing)
  const kernel = { name: 'the kernel alone', program: join(scratch, 'kernel'), printsResult: false }
  await compileKernel(kernel.program)
  // What is there stays over a restart of the machine, so it is on a disk. The world's own folders are in memory.
  const disk = mkdtempSync('/var/tmp/podway-bench-')
  const measured = await measure({
    stopwatch,
    nothing,
    kernel,
    contenders: [ours, ...theirs],
    pluginFolder: peer?.folder ?? dirname(ours.program),
    scratch,
    disk,
    rounds: options.rounds,
    progress,
  }).finally(() => rmSync(disk, { recursive: true }))
  progress.end()
  await stopwatch.close()

  const size = (file: string): number => statSync(file).size
  const files = [
    [size(ours.program)],
    ...(peer === undefined ? [] : [['ptp', 'host-local'].map((name) => size(join(peer.folder, name)))]),
  ]
  const metrics = contestMetrics({ ...measured, files })
  const heading =
    peer === undefined
      ? `podway-cni, ${options.rounds} rounds`
      : `podway-cni against ptp + host-local ${peer.version} (${peer.compiler}), ${options.rounds} rounds in turns`
  return conclude(task, `${heading}\n\n${contestTable(metrics, theirs[0]?.name, mark)}`, metrics)
})
