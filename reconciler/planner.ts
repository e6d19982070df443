import { parseCidr } from '../net/cidr.ts'
import { type TargetProblem, isTargetProblem } from '../providers/provider.ts'
import { type Table, type Target, sameTarget } from '../providers/route.ts'
import type { Ledger } from './ledger/ledger.ts'
import { type DestinationKey, type LedgerRecord, destinationKey } from './ledger/record.ts'
import type { Claims, RoutedNode } from './plan/claims.ts'
import { type Contest, contestOf } from './plan/contest.ts'
import { type PlanItem, type Wanted, plan } from './plan/plan.ts'
import type { TableCache } from './table-cache.ts'
import type { Targets } from './targets.ts'

/** What is to be done about one destination, in one table. */
export interface TableWork {
  readonly table: Table
  readonly item: PlanItem
}

export interface PlannerParts {
  readonly claims: Claims
  readonly ledger: Ledger
  readonly tables: TableCache
  readonly targets: Targets
}

/** The plan for a destination in all tables, from what is known, without asking anybody. */
export class Planner {
  readonly #parts: PlannerParts

  constructor(parts: PlannerParts) {
    this.#parts = parts
  }

  /** The node that the destination belongs to; undefined if no Node claims it. */
  holder(key: DestinationKey): RoutedNode | undefined {
    const { claims, ledger } = this.#parts
    return claims.holder(key, ledger.get(key)?.node)
  }

  /** What keeps the destination from being routed to its holder. */
  contest(key: DestinationKey): Contest | undefined {
    return contestOf(key, this.#parts)
  }

  /** What the plan says now. */
  inspect(key: DestinationKey): readonly TableWork[] {
    const holder = this.holder(key)
    const target =
      holder === undefined || this.contest(key) !== undefined
        ? undefined
        : this.#parts.targets.cached(holder, parseCidr(key).family)
    return this.plan(key, wantedOf(holder, target))
  }

  /** In every table of which it is known what it holds there. */
  plan(key: DestinationKey, wanted: Wanted): readonly TableWork[] {
    const { ledger, tables } = this.#parts
    const destination = parseCidr(key)
    const record = ledger.get(key)
    return tables
      .tables()
      .filter((table) => tables.knows(table.id, key))
      .map((table) => ({
        table,
        item: plan({ destination, wanted, observed: tables.route(table.id, key), record, tableId: table.id }),
      }))
  }

  /** Whether the table still counts: one that is no longer configured does not. */
  counts(tableId: string): boolean {
    const { tables } = this.#parts
    // No table at all is what a mistyped name or a lost tag looks like: no reason to forget whose routes they are.
    return !tables.discovered || tables.tables().length === 0 || tables.has(tableId)
  }

  /** Whether every table in which the route is ours, and that still counts, was read. */
  allRead(record: LedgerRecord): boolean {
    const key = destinationKey(record.destination)
    return record.tables.every((id) => !this.counts(id) || this.#parts.tables.knows(id, key))
  }

  /** Whether no table in which the route is ours, and that still counts, holds what it pointed at before, as far as was read. */
  hasMoved(record: LedgerRecord): boolean {
    const { tables } = this.#parts
    const key = destinationKey(record.destination)
    return (
      this.allRead(record) &&
      record.tables.every((id) => {
        const there = tables.route(id, key)
        return there === undefined || !record.previousTargets.some((one) => sameTarget(one, there.target))
      })
    )
  }
}

function wantedOf(holder: RoutedNode | undefined, target: Target | TargetProblem | undefined): Wanted {
  if (holder === undefined) return { kind: 'nothing' }
  if (target === undefined || isTargetProblem(target)) return { kind: 'unknown' }
  return { kind: 'target', target }
}
