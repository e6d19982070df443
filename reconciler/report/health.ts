import type { WorkQueue } from '../../kube/work-queue.ts'
import type { TableCache } from '../table-cache.ts'
import type { WorkKey } from '../work-key.ts'

/** Longer than the slowest thing that is no fault: 1000 interfaces at 80 % of EC2's 5 calls a second take four minutes. */
export const stuckMs = 900_000

/** What is asked of a controller that runs. */
export interface HealthSources {
  readonly queue: Pick<WorkQueue<WorkKey>, 'idle' | 'oldestReady' | 'oldestInWork'>
  readonly tables: Pick<TableCache, 'discovered' | 'tables' | 'loaded'>
  /** Whether all Nodes were listed. */
  readonly nodesSynced: () => boolean
  /** Whether all NodeRoutes were listed. */
  readonly recordsSynced: () => boolean
}

/** Whether this controller works, for whoever restarts it, and whether it is ready, for whoever waits for it. */
export class ControllerHealth {
  readonly #identity: string
  #leader = ''
  #running: HealthSources | undefined

  /** @param identity of this one among those that may lead */
  constructor(identity: string) {
    this.#identity = identity
  }

  /** Who leads as far as is known; '' is nobody. */
  sees(leader: string): void {
    this.#leader = leader
  }

  /** The controller runs here, and not only waits. */
  watch(sources: HealthSources): void {
    this.#running = sources
  }

  /** What keeps it from doing its work, and will not go away by itself; nothing while it only waits to lead. */
  faults(): readonly string[] {
    if (this.#running === undefined) return []
    const { queue } = this.#running
    const inWork = queue.oldestInWork()
    const ready = queue.oldestReady()
    return [
      ...(inWork !== undefined && inWork.ms > stuckMs
        ? [`"${inWork.key}" is in work for ${seconds(inWork.ms)} s`]
        : []),
      ...(ready !== undefined && ready.ms > stuckMs && queue.idle > 0
        ? [`"${ready.key}" is due for ${seconds(ready.ms)} s though ${queue.idle} workers are free`]
        : []),
    ]
  }

  /** What is yet to come before it is ready. One that waits behind another leader is. */
  missing(): readonly string[] {
    if (this.#running === undefined) {
      if (this.#leader === '') return ['it is not known yet who leads']
      return this.#leader === this.#identity ? ['the controller starts'] : []
    }
    const { nodesSynced, recordsSynced, tables } = this.#running
    const unread = tables.tables().filter(({ id }) => !tables.loaded(id))
    return [
      ...(nodesSynced() ? [] : ['the Nodes are not listed yet']),
      ...(recordsSynced() ? [] : ['the NodeRoutes are not listed yet']),
      ...(tables.discovered ? [] : ['the route tables are not found yet']),
      ...unread.map(({ id }) => `route table ${id} is not read yet`),
    ]
  }
}

const seconds = (ms: number): number => Math.round(ms / 1000)
