import { parseCidr } from '../../net/cidr.ts'
import { isTargetProblem } from '../../providers/provider.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { type DestinationKey, destinationKey } from '../ledger/record.ts'
import type { Claims } from '../plan/claims.ts'
import type { RouteReconciler } from '../route-reconciler.ts'
import type { TableCache } from '../table-cache.ts'
import type { Targets } from '../targets.ts'

/** Whether all routes to a node are there, in words for its condition. */
export interface RouteVerdict {
  readonly routed: boolean
  readonly message: string
}

export interface VerdictParts {
  readonly claims: Claims
  readonly ledger: Ledger
  readonly tables: TableCache
  readonly targets: Targets
  readonly routes: Pick<RouteReconciler, 'inspect'>
}

/** Answers from what is known, without asking anybody. */
export class Verdicts {
  readonly #parts: VerdictParts

  constructor(parts: VerdictParts) {
    this.#parts = parts
  }

  /**
   * Whether every podCIDR of the node is routed to it in every table, and its target forwards. While that is under way
   * the message stays the same; it names what is wrong as soon as something is.
   */
  of(name: string): RouteVerdict {
    const { claims, tables } = this.#parts
    const problem = claims.problems(name)[0]
    if (problem !== undefined) return { routed: false, message: problem.message }
    if (tables.discovered && tables.tables().length === 0) {
      return { routed: false, message: 'there is no route table to write to' }
    }
    const destinations = claims.destinations(name).map(destinationKey)
    const troubles = destinations.flatMap((key) => this.#trouble(name, key) ?? [])
    if (troubles[0] !== undefined) return { routed: false, message: troubles[0] }
    const read = tables.discovered && tables.tables().every(({ id }) => tables.loaded(id))
    return read && destinations.length > 0 && destinations.every((key) => this.#isRouted(name, key))
      ? { routed: true, message: 'all podCIDRs of the node are routed to it' }
      : { routed: false, message: 'the routes to the node are not all there yet' }
  }

  #isRouted(name: string, key: DestinationKey): boolean {
    const { claims, routes, targets } = this.#parts
    const node = claims.node(name)
    const target = node === undefined ? undefined : targets.cached(node, parseCidr(key).family)
    return (
      target !== undefined &&
      !isTargetProblem(target) &&
      targets.prepared(target) &&
      routes.inspect(key).every(({ item }) => item.op === 'satisfied' || item.reason === 'Programmed')
    )
  }

  /** What keeps the destination from being routed to the node and will not go away by waiting a moment. */
  #trouble(name: string, key: DestinationKey): string | undefined {
    const { claims, ledger, routes, targets } = this.#parts
    const record = ledger.get(key)
    const holder = claims.holder(key, record?.node)
    if (holder?.name !== name)
      return `${key} belongs to node ${holder?.name ?? 'nobody'}, which claims it too`
    const target = targets.cached(holder, parseCidr(key).family)
    if (target !== undefined && isTargetProblem(target)) return target.message
    for (const { table, item } of routes.inspect(key)) {
      if ('change' in item) {
        const state = record?.states.get(table.id)
        if (state?.state === 'Failed') return `${key} in table ${table.id}: ${state.message}`
      } else if (item.op === 'disputed' || item.reason === 'Blackhole') {
        return `${key} in table ${table.id}: ${item.message}`
      }
    }
    const preparation = target === undefined ? undefined : targets.preparation(target)
    return preparation?.result === 'failed' ? preparation.error.message : undefined
  }
}
