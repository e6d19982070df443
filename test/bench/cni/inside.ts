import { statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createProgress } from '../../demo/progress.ts'
import { conclude, mark, runTask } from '../task.ts'
import type { Contender } from './contender.ts'
import { measure } from './measure.ts'
import { contestMetrics, contestTable } from './report.ts'
import { Stopwatch, compileNothing } from './stopwatch.ts'

/** The part of `bench cni` that runs inside the world, whose namespace is the node. */
await runTask(async (task, scratch) => {
  const { options, peer } = task
  const ours: Contender = { name: 'podway-cni', program: join(task.dist, 'podway-cni') }
  const theirs: readonly Contender[] =
    peer === undefined ? [] : [{ name: 'ptp + host-local', program: join(peer.folder, 'ptp') }]
  const progress = createProgress(process.stderr, () => performance.now())

  progress.step('Compiling the stopwatch')
  const stopwatch = await Stopwatch.start(join(scratch, 'stopwatch'))
  const nothing = join(scratch, 'nothing')
  await compileNothing(nothing)
  const measured = await measure({
    stopwatch,
    nothing,
    contenders: [ours, ...theirs],
    pluginFolder: peer?.folder ?? dirname(ours.program),
    scratch,
    rounds: options.rounds,
    progress,
  })
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
