import { parseCidr } from '../net/cidr.ts'
import { type TargetProblem, isTargetProblem } from '../providers/provider.ts'
import { type Table, type Target, belongs, sameTarget } from '../providers/route.ts'
import type { Ledger } from './ledger/ledger.ts'
import { type DestinationKey, type LedgerRecord, destinationKey } from './ledger/record.ts'
import { adoptable } from './plan/adoptable.ts'
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
    return this.plan(key, this.#wanted(key))
  }

  /** The tables in which the destination is to be, read or not. */
  tablesFor(key: DestinationKey): readonly Table[] {
    const destination = parseCidr(key)
    return this.#parts.tables.tables().filter((table) => belongs(table, destination))
  }

  /**
   * In every table in which it belongs, of which it is known what it holds there. What nobody wants is looked for in all
   * of them.
   */
  plan(key: DestinationKey, wanted: Wanted): readonly TableWork[] {
    const { ledger, tables } = this.#parts
    const destination = parseCidr(key)
    const record = ledger.get(key)
    const candidates = wanted.kind === 'nothing' ? tables.tables() : this.tablesFor(key)
    return candidates
      .filter((table) => tables.knows(table.id, key))
      .map((table) => ({
        table,
        item: plan({ destination, wanted, observed: tables.route(table.id, key), record, tableId: table.id }),
      }))
  }

  /** The tables in which a foreign route is what podway would write: by the rule of `podway adopt`, and no other. */
  adoptable(key: DestinationKey, wanted: Wanted = this.#wanted(key)): readonly string[] {
    const { claims, ledger, tables } = this.#parts
    if (wanted.kind !== 'target') return []
    const about = {
      destination: parseCidr(key),
      claimants: claims.claimants(key),
      target: wanted.target,
      record: ledger.get(key),
    }
    return tables.tables().flatMap(({ id }) => {
      const observed = tables.route(id, key)
      return observed !== undefined && adoptable({ ...about, observed, tableId: id }).adopt ? [id] : []
    })
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

  #wanted(key: DestinationKey): Wanted {
    const holder = this.holder(key)
    if (holder === undefined) return { kind: 'nothing' }
    if (this.contest(key) !== undefined) return { kind: 'unknown' }
    return wantedOf(this.#parts.targets.cached(holder, parseCidr(key).family))
  }
}

function wantedOf(target: Target | TargetProblem | undefined): Wanted {
  if (target === undefined || isTargetProblem(target)) return { kind: 'unknown' }
  return { kind: 'target', target }
}
