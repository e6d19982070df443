import type { Family } from '../../net/address.ts'
import { compareCidrs } from '../../net/cidr.ts'
import { ProviderError } from '../errors.ts'
import {
  type NodePool,
  type NodeView,
  type Outcome,
  type PrepareOutcome,
  type RouteProvider,
  type TargetProblem,
  type TargetQuery,
  isTargetProblem,
  targetKey,
} from '../provider.ts'
import type { Target } from '../route.ts'
import type { FaultPoint, MemoryCall, MemoryCloud, MemoryDelegation } from './memory-cloud.ts'

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

  /** One call of the API, when its turn comes. */
  const inTurn = <T>(action: FaultPoint, signal: AbortSignal, work: () => Promise<T>): Promise<T> =>
    cloud.budget?.run(action, signal, work) ?? work()

  /** One item of a batch: its own failure is its outcome. */
  const attempt = async <T extends object>(
    action: FaultPoint,
    signal: AbortSignal,
    work: () => T | Promise<T>,
  ): Promise<
    (T & { readonly result: 'done' }) | { readonly result: 'failed'; readonly error: ProviderError }
  > => {
    try {
      // A throw of the work is one of the call.
      return { result: 'done', ...(await inTurn(action, signal, () => Promise.try(work))) }
    } catch (error) {
      if (error instanceof ProviderError) return { result: 'failed', error }
      throw error
    }
  }

  const poolsOf =
    (delegation: MemoryDelegation): NonNullable<RouteProvider['pools']> =>
    (nodes, signal) =>
      inTurn('pools', signal, async () => {
        await arrive({ method: 'pools', nodes }, signal)
        cloud.strike('pools')
        return new Map(nodes.map((node) => [node.name, poolOf(cloud, delegation, node)]))
      })

  return {
    name: 'memory',
    capabilities: { families: [4, 6], replace: 'atomic', batch: { scope: 'change', max: 1 } },

    tables: (signal) =>
      inTurn('tables', signal, async () => {
        await arrive({ method: 'tables' }, signal)
        cloud.strike('tables')
        return [...cloud.tables()].sort((a, b) => (a.id < b.id ? -1 : 1))
      }),

    list: (table, signal) =>
      inTurn('list', signal, async () => {
        await arrive({ method: 'list', table: table.id }, signal)
        cloud.strike('list', table.id)
        return { routes: cloud.routes(table.id) }
      }),

    targets: (wanted, signal) =>
      inTurn('targets', signal, async () => {
        await arrive({ method: 'targets', wanted }, signal)
        cloud.strike('targets')
        return new Map(wanted.map((query) => [targetKey(query), targetOf(cloud, query)]))
      }),

    ...(cloud.delegation === undefined ? {} : { pools: poolsOf(cloud.delegation) }),

    canonical: (route) => route,

    async apply(table, { changes }, signal) {
      const outcomes: Outcome[] = []
      for (const [index, change] of changes.entries()) {
        // Its place in the line is taken before anything is waited for: who asks how long the line is knows of it.
        const outcome = await attempt(change.op, signal, async () => {
          if (index === 0) await arrive({ method: 'apply', table: table.id, changes }, signal)
          const lost = cloud.strike(change.op, table.id, change.destination)
          const written = cloud.write(table.id, change)
          if (lost !== undefined) throw lost
          return !written && change.op === 'create' ? { existed: true as const } : {}
        })
        outcomes.push(outcome)
      }
      return outcomes
    },

    async running(targets, signal) {
      await arrive({ method: 'running', targets }, signal)
      cloud.strike('running')
      return targets.map((target) => cloud.runs(target))
    },

    async prepare(targets, signal) {
      await arrive({ method: 'prepare', targets }, signal)
      const outcomes: PrepareOutcome[] = []
      for (const target of targets) {
        const outcome = await attempt('prepare', signal, () => {
          const lost = cloud.strike('prepare')
          const changed = cloud.letForward(target)
          if (lost !== undefined) throw lost
          return { changed }
        })
        outcomes.push(outcome)
      }
      return outcomes
    },

    servedRanges: (tables, signal) =>
      inTurn('servedRanges', signal, async () => {
        await arrive({ method: 'servedRanges' }, signal)
        cloud.strike('servedRanges')
        const ids = new Set(tables.map(({ id }) => id))
        return cloud.servedRanges().filter(({ table }) => ids.has(table))
      }),

    readyInMs: (op, ahead) => cloud.budget?.readyInMs(op, ahead) ?? 0,

    quota(table, { routes }) {
      const limit = cloud.routeLimit(table.id)
      if (limit === undefined) return undefined
      const usedBy = (family: Family): number =>
        routes.filter((route) => route.destination.family === family).length
      return { families: ([4, 6] as const).map((family) => ({ family, used: usedBy(family), limit })) }
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

function poolOf(cloud: MemoryCloud, delegation: MemoryDelegation, node: NodeView): NodePool | TargetProblem {
  const { family, prefixLength, reserved: ranges, table } = delegation
  const target = targetOf(cloud, { node, family })
  if (isTargetProblem(target)) return target
  const assigned = cloud
    .routes(table)
    .filter((route) => route.target.id === target.id)
    .map(({ destination }) => destination)
    .sort(compareCidrs)
  return ranges.length === 0 && assigned.length === 0
    ? { problem: 'invalid', message: 'nothing is reserved for nodes: reserve a part of the network' }
    : { family, prefixLength, ranges, reserved: [], assigned }
}
