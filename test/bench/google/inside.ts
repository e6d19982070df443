import { monitorEventLoopDelay } from 'node:perf_hooks'
import { systemClock } from '../../../kube/clock.ts'
import { ampleBudget } from '../../conformance/ample-budget.ts'
import { createProgress } from '../../demo/progress.ts'
import { createGceSimulator } from '../../simulators/gce/gce-simulator.ts'
import { serve } from '../../simulators/http-server.ts'
import { conclude, mark, runTask } from '../task.ts'
import { googleMetrics, googleTable, refusals } from './report.ts'

/** The part of `bench google` that runs inside the world. The simulator works in the same process: it is in the figures. */
await runTask(async (task) => {
  const { rounds } = task.options
  const progress = createProgress(process.stderr, () => performance.now())
  const simulator = createGceSimulator({ rates: { mutation: 0 } })
  simulator.estate.addProject('p')
  const server = await serve(simulator)

  progress.step('The adapter and its SDK')
  const start = performance.now()
  const { createGceClient } = await import('../../../providers/gcp/client.ts')
  const { call } = await import('../../../providers/gcp/call.ts')
  const loadMs = performance.now() - start
  const client = await createGceClient({
    authorizer: {
      headers: () => Promise.resolve(new Map([['authorization', 'Bearer bench']])),
      refused: () => undefined,
    },
    endpoint: server.url,
  })
  const openMs = performance.now() - start - loadMs

  progress.step(`${refusals} calls at once that are refused for the rate`)
  // The next minute is always about to come: nothing waits for it.
  const clock = { ...systemClock, now: () => 59_999 }
  const gce = { api: client.api, budget: ampleBudget(), clock }
  const { signal } = new AbortController()
  const insert = (): Promise<unknown> =>
    call(gce, 'insertRoute', signal, (api, options) =>
      api.insertRoute({ project: 'p', routeResource: { name: 'r' } }, options),
    )
  await Promise.allSettled([insert()])
  const lagMs: number[] = []
  const refusedMs: number[] = []
  for (let round = 0; round < rounds; round++) {
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    const from = performance.now()
    const outcomes = await Promise.allSettled(Array.from({ length: refusals }, insert))
    refusedMs.push(performance.now() - from)
    delay.disable()
    lagMs.push(delay.max / 1e6)
    if (outcomes.some(({ status }) => status === 'fulfilled')) throw new Error('a call was not refused')
    progress.detail(`${round + 1} of ${rounds}`)
  }
  const rssBytes = process.memoryUsage().rss
  progress.end()
  await client.close()
  await server.close()

  const metrics = googleMetrics({ loadMs, openMs, lagMs, refusedMs, rssBytes })
  const heading = "podway's adapter of Google Cloud before the simulator of Compute Engine"
  return conclude(task, `${heading}\n\n${googleTable(metrics, mark)}`, metrics)
})
