import { formatCidr, parseCidr } from '../../net/cidr.ts'
import { isTargetProblem } from '../../providers/provider.ts'
import { formatTarget, sameTarget } from '../../providers/route.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { type DestinationKey, destinationKey, owns } from '../ledger/record.ts'
import type { FoundRoutes } from '../found-routes.ts'
import type { FullTables } from '../apply/full-tables.ts'
import { tableFullHold } from '../guard/guard.ts'
import type { Losses } from '../losses.ts'
import type { Claims } from '../plan/claims.ts'
import { isRouted } from '../plan/plan.ts'
import type { Planner } from '../planner.ts'
import type { TableCache } from '../table-cache.ts'
import type { Targets } from '../targets.ts'
import type { EventReason } from './event-reasons.ts'
import { failureReason, readFailureReason } from './failure-reason.ts'

/** Something that a person should know of a node's routes. */
export interface Trouble {
  /** `NoRouteCreated` is what is merely under way, and worth no Event. */
  readonly reason: EventReason | 'NoRouteCreated'
  readonly message: string
}

/** Whether all routes to a node are there, in words for its condition. */
export interface RouteVerdict {
  readonly routed: boolean
  readonly reason: string
  readonly message: string
  /** The node was routed and surely is not any more: it was missed twice, and could not be mended. */
  readonly lost: boolean
  /** What keeps it from being routed and will not go away by waiting a moment, and what is odd though it is routed. */
  readonly troubles: readonly Trouble[]
}

export interface VerdictParts {
  readonly claims: Claims
  readonly ledger: Ledger
  readonly tables: TableCache
  readonly targets: Targets
  readonly planner: Planner
  readonly losses: Pick<Losses, 'isLost'>
  readonly found: Pick<FoundRoutes, 'awaits'>
  readonly fullTables: Pick<FullTables, 'isFull'>
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
    const { claims, losses, tables } = this.#parts
    const destinations = claims.destinations(name).map(destinationKey)
    const warnings = destinations.flatMap((key) => this.#warnings(name, key))
    const troubles = [
      ...claims.problems(name).map(({ message }): Trouble => ({ reason: 'InvalidPodCIDR', message })),
      ...this.#tableTrouble(),
      ...destinations.flatMap((key) => this.#trouble(name, key) ?? []),
    ]
    const lost = destinations.some((key) => losses.isLost(key))
    const [first] = troubles
    if (first !== undefined) return { routed: false, ...first, lost, troubles: [...troubles, ...warnings] }
    const read = tables.discovered && tables.tables().every(({ id }) => tables.loaded(id))
    // What it claims without podCIDRs is yet to be written to it.
    const claimed = destinations.length > 0 && claims.node(name)?.podCIDRs.length !== 0
    const routed = read && claimed && destinations.every((key) => this.#isRouted(name, key))
    return routed
      ? {
          routed,
          reason: 'RouteCreated',
          message: 'all podCIDRs of the node are routed to it',
          lost: false,
          troubles: warnings,
        }
      : {
          routed,
          reason: 'NoRouteCreated',
          message: 'the routes to the node are not all there yet',
          lost,
          troubles: warnings,
        }
  }

  #tableTrouble(): readonly Trouble[] {
    const { tables } = this.#parts
    return tables.discovered && tables.tables().length === 0
      ? [{ reason: 'NoRouteTable', message: 'there is no route table to write to' }]
      : []
  }

  #isRouted(name: string, key: DestinationKey): boolean {
    const { claims, found, planner, tables, targets } = this.#parts
    const node = claims.node(name)
    const target = node === undefined ? undefined : targets.cached(node, parseCidr(key).family)
    return (
      tables.tables().every(({ id }) => tables.knows(id, key) && !found.awaits(id, key)) &&
      target !== undefined &&
      !isTargetProblem(target) &&
      targets.prepared(target) &&
      planner.tablesFor(key).length > 0 &&
      planner.inspect(key).every(({ item }) => isRouted(item))
    )
  }

  /** What keeps the destination from being routed to the node and will not go away by waiting a moment. */
  #trouble(name: string, key: DestinationKey): Trouble | undefined {
    const { fullTables, ledger, planner, tables, targets } = this.#parts
    const record = ledger.get(key)
    const holder = planner.holder(key)
    if (holder?.name !== name) {
      const message = `${key} belongs to node ${holder?.name ?? 'nobody'}, which claims it too`
      return { reason: 'PodCIDRConflict', message }
    }
    const contest = planner.contest(key)
    if (contest !== undefined) {
      const message = `${key} overlaps ${contest.destination} of node ${contest.node}, which goes first`
      return { reason: 'PodCIDROverlap', message }
    }
    if (tables.tables().length > 0 && planner.tablesFor(key).length === 0)
      return { reason: 'NoRouteTable', message: `there is no table to which ${key} belongs` }
    const target = targets.cached(holder, parseCidr(key).family)
    if (target !== undefined && isTargetProblem(target))
      return { reason: problemReasons[target.problem], message: target.message }
    for (const { table, item } of planner.inspect(key)) {
      if ('change' in item) {
        // What is said of the node that had it before is not said of this one.
        const state = record?.node.uid === holder.uid ? record.states.get(table.id) : undefined
        if (state?.state === 'Failed' || state?.reason === 'RouteTableFull')
          return {
            reason: readFailureReason(state.reason),
            message: `${key} in table ${table.id}: ${state.message}`,
          }
        // One that was never tried, since others were refused, has no record that could say so.
        if (item.op === 'create' && fullTables.isFull(table.id, parseCidr(key).family))
          return {
            reason: 'RouteTableFull',
            message: `${key} in table ${table.id}: ${tableFullHold.message}`,
          }
      } else if (item.op === 'disputed' || item.reason === 'Blackhole') {
        return {
          reason: item.op === 'disputed' ? 'ForeignRoute' : 'RouteBlackhole',
          message: `${key} in table ${table.id}: ${item.message}`,
        }
      }
    }
    const preparation = target === undefined ? undefined : targets.preparation(target)
    return preparation?.result === 'failed'
      ? { reason: failureReason(preparation.error.class), message: preparation.error.message }
      : undefined
  }

  /** Foreign routes inside of the destination, which take packets away from it. */
  #warnings(name: string, key: DestinationKey): readonly Trouble[] {
    const { claims, ledger, tables, targets } = this.#parts
    const node = claims.node(name)
    const destination = parseCidr(key)
    const target = node === undefined ? undefined : targets.cached(node, destination.family)
    return tables.tables().flatMap((table) =>
      tables
        .inside(table.id, destination)
        // Another node's is a contest, and told as one; one of ours that nobody needs any more is in the way all the same.
        .filter(({ destination: inner }) => {
          const innerKey = destinationKey(inner)
          return claims.claimants(innerKey).length === 0 || !owns(ledger.get(innerKey), table.id)
        })
        .filter(
          (route) => target === undefined || isTargetProblem(target) || !sameTarget(route.target, target),
        )
        .map((route) => ({
          reason: 'ForeignRouteInside',
          message: `${formatCidr(route.destination)} in table ${table.id}, which belongs to no Node, leads to ${formatTarget(route.target)}: packets to that part of ${key} don't reach the node`,
        })),
    )
  }
}

const problemReasons = {
  waiting: 'NoRouteCreated',
  gone: 'InstanceGone',
  invalid: 'InvalidTarget',
} as const
