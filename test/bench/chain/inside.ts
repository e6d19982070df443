import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createProgress } from '../../demo/progress.ts'
import { findRuntimes, programsOf } from '../../runtimes/install.ts'
import { createPods, deletePods } from '../cni/pods.ts'
import { Stopwatch } from '../cni/stopwatch.ts'
import { conclude, mark, runTask } from '../task.ts'
import { type Pod, podway, reference } from './contender.ts'
import { type MeasureOptions, measureFullNode, measureScenario, podsNeeded } from './measure.ts'
import { chainMetrics, chainTable } from './report.ts'
import { chainScenarios } from './scenario.ts'

/** The part of `bench chain` that runs inside the world, whose namespace is the node. */
await runTask(async (task, scratch) => {
  const { options, peer } = task
  const runtimes = await findRuntimes(process.env)
  if (typeof runtimes === 'string' && peer !== undefined)
    process.stderr.write(`Measuring podway-cni alone. ${runtimes}\n`)
  const theirs = peer === undefined || typeof runtimes === 'string' ? undefined : { ...peer, runtimes }
  const dataDir = join(scratch, 'networks')
  const contenders = [
    podway(join(task.dist, 'podway-cni'), dataDir),
    ...(theirs === undefined ? [] : [reference(theirs.folder, dataDir)]),
  ]
  const scenarios = chainScenarios(options.rounds)
  const progress = createProgress(process.stderr, () => performance.now())

  progress.step('Compiling the stopwatch, and network namespaces for the pods')
  const stopwatch = await Stopwatch.start(join(scratch, 'stopwatch'))
  const pods = Array.from({ length: podsNeeded(scenarios, contenders.length) }, (_, index): Pod => ({
    name: `pod-${index}`,
    hostPort: 30_000 + index,
  }))
  await createPods(pods.map(({ name }) => name))
  const files = join(scratch, 'configurations')
  mkdirSync(files)
  const environment = theirs === undefined ? {} : programsOf(theirs.runtimes)
  const all: MeasureOptions = { stopwatch, contenders, pods, scratch: files, dataDir, environment, progress }
  const measured = []
  for (const scenario of scenarios) {
    progress.step(scenario.title)
    measured.push({ scenario, measured: await measureScenario(all, scenario) })
  }
  progress.step('A node full of pods with ports')
  const [, withPort] = scenarios
  if (withPort === undefined) throw new Error('no scenario with a port')
  const fullNode = await measureFullNode(all, withPort, options.rounds)
  await deletePods(pods.map(({ name }) => name))
  progress.end()
  await stopwatch.close()

  const metrics = chainMetrics({ scenarios: measured, fullNode })
  const heading =
    theirs === undefined
      ? `podway-cni, ${options.rounds} rounds`
      : `podway-cni against ptp + host-local + portmap + bandwidth ${theirs.version} (${theirs.compiler}), ${options.rounds} rounds in turns`
  return conclude(task, `${heading}\n\n${chainTable(scenarios, metrics, contenders[1]?.name, mark)}`, metrics)
})
