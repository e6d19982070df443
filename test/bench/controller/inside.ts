import { createProgress } from '../../demo/progress.ts'
import { conclude, mark, runTask } from '../task.ts'
import { measureRow, measureStarts } from './latency.ts'
import { latencyMetrics, latencyTable } from './latency-report.ts'
import { type ScaleFigures, measureScale } from './scale.ts'
import { scaleMetrics, scaleTables } from './scale-report.ts'

/** The part of `bench controller` that runs inside the world. */
await runTask(async (task, scratch) => {
  const { clusters, rounds, steady } = task.options
  const progress = createProgress(process.stderr, () => performance.now())
  const place = { dist: task.dist, scratch }

  progress.step('First Node of a controller that has just started')
  const cold = await measureStarts(place, Math.min(10, Math.ceil(rounds / 5)))
  progress.step('Node after Node')
  const warm = await measureRow(place, rounds, (done) => progress.detail(`${done} of ${rounds}`))
  const all: ScaleFigures[] = []
  for (const cluster of clusters) {
    progress.step(`A cluster of ${cluster.name}`)
    all.push(
      await measureScale(cluster, { ...place, steadyMs: steady * 1_000 }, (what) => progress.detail(what)),
    )
  }
  progress.end()

  const latencies = latencyMetrics({ cold, warm })
  const metrics = [...latencies, ...scaleMetrics(all)]
  const tables = [latencyTable({ cold, warm }, latencies, mark), ...scaleTables(all, metrics, mark)]
  const heading = 'podway controller between the simulators of EC2 and Kubernetes'
  return conclude(task, [heading, ...tables].join('\n\n'), metrics)
})
