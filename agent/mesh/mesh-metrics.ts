import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { MeshObserver } from './mesh.ts'
import type { MeshStatus } from './mesh-status.ts'

/** What the mesh measures. No series is of a node. */
export class MeshMetrics implements MeshObserver {
  readonly #routes: Gauge<'state'>
  readonly #problems: Gauge<'reason'>
  readonly #changes: Counter<'op' | 'result'>
  readonly #repairs: Counter
  readonly #seconds: Histogram

  constructor(registry: Registry) {
    const registers = [registry]
    this.#routes = new Gauge({
      name: 'podway_mesh_routes',
      help: 'Routes to other nodes’ pods in this node’s kernel: wanted, programmed, and held by the brake though no Node wants them.',
      labelNames: ['state'],
      registers,
    })
    this.#problems = new Gauge({
      name: 'podway_mesh_problems',
      help: 'Destinations that are not routed as they should be, by reason; or why there is no mesh on this node at all.',
      labelNames: ['reason'],
      registers,
    })
    this.#changes = new Counter({
      name: 'podway_mesh_changes_total',
      help: 'Changes of this node’s routes, by result: done, or the class of the failure.',
      labelNames: ['op', 'result'],
      registers,
    })
    this.#repairs = new Counter({
      name: 'podway_mesh_repairs_total',
      help: 'How often a route was gone or changed that had been as it should be, and was written again.',
      registers,
    })
    this.#seconds = new Histogram({
      name: 'podway_mesh_pass_seconds',
      help: 'How long it took to look at all routes, and to bring them to what they should be.',
      buckets: [0.005, 0.025, 0.1, 0.5, 2.5],
      registers,
    })
  }

  status(status: MeshStatus): void {
    this.#problems.reset()
    if (status.state !== 'running') {
      this.#routes.reset()
      this.#problems.set({ reason: status.reason }, 1)
      return
    }
    const { held, problems, programmed, wanted } = status
    for (const [state, count] of Object.entries({ held, programmed, wanted }))
      this.#routes.set({ state }, count)
    for (const { reason } of problems) this.#problems.inc({ reason })
  }

  change(op: string, result: string, repair: boolean): void {
    this.#changes.inc({ op, result })
    if (repair && result === 'done') this.#repairs.inc()
  }

  pass(ms: number): void {
    this.#seconds.observe(ms / 1_000)
  }
}
