import { ProviderError } from '../errors.ts'
import {
  type Outcome,
  type RouteProvider,
  type TargetProblem,
  type TargetQuery,
  targetKey,
} from '../provider.ts'
import type { Target } from '../route.ts'
import type { MemoryCall, MemoryCloud } from './memory-cloud.ts'

/**
 * The port over a {@link MemoryCloud}: the smallest provider that is true to the contract. For tests, and to read beside
 * the port's comments.
 */
export function memoryProvider(cloud: MemoryCloud): RouteProvider {
  const arrive = async (call: MemoryCall, signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted()
    cloud.calls.push(call)
    await cloud.before(call, signal)
    signal.throwIfAborted()
  }

  /** One item of a batch: its own failure is its outcome. */
  const attempt = <T extends object>(
    work: () => T,
  ): (T & { readonly result: 'done' }) | { readonly result: 'failed'; readonly error: ProviderError } => {
    try {
      return { result: 'done', ...work() }
    } catch (error) {
      if (error instanceof ProviderError) return { result: 'failed', error }
      throw error
    }
  }

  return {
    name: 'memory',
    capabilities: { families: [4, 6], replace: 'atomic', batch: { scope: 'change', max: 1 } },

    async tables(signal) {
      await arrive({ method: 'tables' }, signal)
      cloud.strike('tables')
      return [...cloud.tables()].sort((a, b) => (a.id < b.id ? -1 : 1))
    },

    async list(table, signal) {
      await arrive({ method: 'list', table: table.id }, signal)
      cloud.strike('list', table.id)
      return { routes: cloud.routes(table.id) }
    },

    async targets(wanted, signal) {
      await arrive({ method: 'targets', wanted }, signal)
      cloud.strike('targets')
      return new Map(wanted.map((query) => [targetKey(query), targetOf(cloud, query)]))
    },

    canonical: (route) => route,

    async apply(table, { changes }, signal) {
      await arrive({ method: 'apply', table: table.id, changes }, signal)
      return changes.map((change): Outcome =>
        attempt(() => {
          const lost = cloud.strike(change.op, table.id, change.destination)
          cloud.write(table.id, change)
          if (lost !== undefined) throw lost
          return {}
        }),
      )
    },

    async prepare(targets, signal) {
      await arrive({ method: 'prepare', targets }, signal)
      return targets.map((target) =>
        attempt(() => {
          const lost = cloud.strike('prepare')
          const changed = cloud.letForward(target)
          if (lost !== undefined) throw lost
          return { changed }
        }),
      )
    },
  }
}

function targetOf(cloud: MemoryCloud, { node }: TargetQuery): Target | TargetProblem {
  const instance = cloud.instanceOf(node)
  if (instance?.running === true) return instance.target
  return node.providerID === undefined
    ? { problem: 'waiting', message: `no instance has an address of node ${node.name} yet` }
    : { problem: 'gone', message: `there is no running instance ${node.providerID}` }
}
