import { createProgress } from '../../demo/progress.ts'
import { conclude, mark, runTask } from '../task.ts'
import {
  type ControllerFigures,
  type Passage,
  type Rush,
  controllerMetrics,
  controllerTable,
} from './report.ts'
import { Rig, type RigOptions } from './rig.ts'

/** The longest that many Nodes at once are waited for, in milliseconds. */
const rushTimeoutMs = 900_000

/** Writes that the default share of AWS's bucket of 50 lets through at once; then 4 follow in a second. */
const burst = 40

type Setting = Omit<RigOptions, 'nodes'>

/** The part of `bench controller` that runs inside the world. */
await runTask(async (task, scratch) => {
  const { rounds, nodes } = task.options
  const progress = createProgress(process.stderr, () => performance.now())
  const plain: Setting = { dist: task.dist, scratch, buckets: 'aws', clusterCidr: '10.244.0.0/16', tables: 1 }
  /** As a cluster of both families has it. */
  const usual: Setting = { ...plain, clusterCidr: '10.244.0.0/16,fd00:10:244::/48', tables: 2 }
  const told = (routed: number): void => progress.detail(`${routed} routed`)

  progress.step('First Node of a controller that has just started')
  const cold = await measureStarts(usual, Math.min(10, Math.ceil(rounds / 5)))
  progress.step('Node after Node')
  const row = Math.min(rounds, burst - 1)
  const warm = await measureRow(plain, row, (done) => progress.detail(`${done} of ${row}`))
  progress.step(`${burst} Nodes at once, as many as the budget lets through at once`)
  const free = await measureRush(plain, { nodes: burst, routesPerNode: 1, told })
  progress.step(`${nodes} Nodes at once, with AWS's token buckets`)
  const throttled = await measureRush(plain, { nodes, routesPerNode: 1, told })
  progress.end()

  const figures: ControllerFigures = { cold, warm, free, throttled }
  const metrics = controllerMetrics(figures)
  const heading = 'podway controller between the simulators of EC2 and Kubernetes'
  return conclude(task, `${heading}\n\n${controllerTable(figures, metrics, mark)}`, metrics)
})

async function measureStarts(setting: Setting, starts: number): Promise<readonly Passage[]> {
  const passages: Passage[] = []
  for (let start = 0; start < starts; start++) {
    const rig = await Rig.start({ ...setting, nodes: 1 })
    passages.push(await rig.routeNext())
    await rig.stop()
  }
  return passages
}

async function measureRow(
  setting: Setting,
  rounds: number,
  told: (done: number) => void,
): Promise<readonly Passage[]> {
  const rig = await Rig.start({ ...setting, nodes: rounds + 1 })
  // The first one is a cold one.
  await rig.routeNext()
  const passages: Passage[] = []
  for (let round = 0; round < rounds; round++) {
    passages.push(await rig.routeNext())
    told(round + 1)
  }
  await rig.stop()
  return passages
}

/** @param routesPerNode families times tables */
async function measureRush(
  setting: Setting,
  {
    nodes,
    routesPerNode,
    told,
  }: { readonly nodes: number; readonly routesPerNode: number; readonly told: (routed: number) => void },
): Promise<Rush> {
  const rig = await Rig.start({ ...setting, nodes })
  const ms = await rig.routeRest(rushTimeoutMs, told)
  const rush: Rush = {
    nodes,
    routes: nodes * routesPerNode,
    seconds: ms / 1000,
    calls: rig.calls(),
    rssBytes: rig.peakRss(),
  }
  await rig.stop()
  return rush
}
