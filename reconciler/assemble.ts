import type { Clock } from '../kube/clock.ts'
import { isNotFound } from '../kube/errors.ts'
import type { Logger } from '../kube/log.ts'
import type { Node } from '../kube/objects.ts'
import type { Reflector } from '../kube/reflector.ts'
import type { Resource } from '../kube/resource.ts'
import { WorkQueue } from '../kube/work-queue.ts'
import type { RouteProvider } from '../providers/provider.ts'
import { Applier } from './apply/apply.ts'
import { Allocator } from './ipam/allocator.ts'
import type { Pool } from './ipam/pool.ts'
import { Ledger, type LedgerStore } from './ledger/ledger.ts'
import type { NodeRef } from './ledger/record.ts'
import { NodeReconciler } from './node-reconciler.ts'
import { Claims } from './plan/claims.ts'
import { outcomeLog } from './report/outcome-log.ts'
import { Verdicts } from './report/verdict.ts'
import { RouteReconciler } from './route-reconciler.ts'
import { TableCache } from './table-cache.ts'
import { TableReader } from './table-reader.ts'
import { Targets } from './targets.ts'
import type { WorkKey } from './work-key.ts'

export interface ControllerOptions {
  readonly provider: RouteProvider
  readonly nodes: Resource<Node>
  readonly reflector: Reflector<Node>
  readonly store: LedgerStore
  /** From which nodes get their podCIDRs; undefined if somebody else allocates them. */
  readonly pools: readonly Pool[] | undefined
  /** How often, in milliseconds, tables and instances are looked at though nothing is known to have changed. */
  readonly driftMs: number
  /** How many things are worked on at a time. */
  readonly workers: number
  readonly clock: Clock
  /** A number from 0 to below 1. */
  readonly random: () => number
  readonly log: Logger
}

/** The controller's state and hands, each made once and shared. */
export interface ControllerParts {
  readonly queue: WorkQueue<WorkKey>
  readonly claims: Claims
  readonly ledger: Ledger
  readonly allocator: Allocator | undefined
  readonly tables: TableCache
  readonly reader: TableReader
  readonly targets: Targets
  readonly routes: RouteReconciler
  readonly nodes: NodeReconciler
}

/** Under which name the ledger holds its destinations, so that they are not given to another node (quarantine). */
const ledgerOwner = 'ledger'

export function assemble(options: ControllerOptions, signal: AbortSignal): ControllerParts {
  const { clock, log, nodes, pools, provider, random, reflector, store } = options
  const now = (): string => new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z')
  const queue = new WorkQueue<WorkKey>({ clock, random, backoff: { baseMs: 200, maxMs: 60_000 } })
  const allocator = pools === undefined ? undefined : new Allocator(pools)
  const ledger = new Ledger(store, {
    held: (destination) => allocator?.occupy(destination, ledgerOwner),
    released: (destination) => allocator?.release(destination, ledgerOwner),
  })
  const claims = new Claims()
  const tables = new TableCache()
  const targets = new Targets(provider, log, signal)
  const known = { claims, ledger, tables, targets }
  const routes = new RouteReconciler({
    ...known,
    now,
    applier: new Applier(provider, signal),
    nodeGone: (node, abort) => nodeGone(nodes, node, abort),
    onOutcome: outcomeLog(log),
  })
  return {
    queue,
    claims,
    ledger,
    allocator,
    tables,
    reader: new TableReader(provider, tables, log),
    targets,
    routes,
    nodes: new NodeReconciler({
      nodes,
      node: (name) => reflector.get(name),
      verdicts: new Verdicts({ ...known, routes }),
      allocator,
      log,
      now,
    }),
  }
}

/**
 * Asks the API server itself: a cache that lags or lost an event is no evidence for taking a node off the net. A node of
 * that name with another uid is another node.
 */
async function nodeGone(nodes: Resource<Node>, node: NodeRef, signal: AbortSignal): Promise<boolean> {
  try {
    return (await nodes.get(node.name, { signal })).metadata.uid !== node.uid
  } catch (error) {
    if (isNotFound(error)) return true
    throw error
  }
}
