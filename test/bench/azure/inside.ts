import { createProgress } from '../../demo/progress.ts'
import { conclude, runTask } from '../task.ts'
import { joinAtOnce } from './join.ts'
import { azureMetrics, azureTable } from './report.ts'

/** The part of `bench azure` that runs inside the world. */
await runTask(async (task) => {
  const { nodes } = task.options
  const progress = createProgress(process.stderr, () => performance.now())
  progress.step(`${nodes} Nodes at once, with Azure's limits`)
  const join = await joinAtOnce(nodes, (routed) => progress.detail(`${routed} routed`))
  progress.end()
  const heading = 'podway controller between the simulators of Azure Resource Manager and Kubernetes'
  return conclude(task, `${heading}\n\n${azureTable(join)}`, azureMetrics(join))
})
