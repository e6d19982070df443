import { parseCidr } from '../net/cidr.ts'
import { type Target, formatTarget, sameTarget } from '../providers/route.ts'
import type { GuardedWork, TableChange, WrittenChange } from './guarded-work.ts'
import type { Ledger } from './ledger/ledger.ts'
import { type DestinationKey, type LedgerRecord, type TableState, owns, withState } from './ledger/record.ts'
import type { RoutedNode } from './plan/claims.ts'
import type { Planner } from './planner.ts'
import { tableState } from './report/table-states.ts'

export interface RouteRecordsParts {
  readonly ledger: Ledger
  readonly planner: Planner
  /** RFC 3339, seconds. */
  readonly now: () => string
}

/** What a destination's record says before its routes are written, and after. */
export class RouteRecords {
  readonly #parts: RouteRecordsParts

  constructor(parts: RouteRecordsParts) {
    this.#parts = parts
  }

  /** Before: whose the destination is, and in which tables its route is about to be ours. */
  async intend(
    key: DestinationKey,
    { name, uid, providerID }: RoutedNode,
    target: Target,
    changes: readonly TableChange[],
    adopted: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    const { ledger } = this.#parts
    const record = ledger.get(key)
    const tables = new Set([...(record?.tables ?? []), ...changes.map(({ table }) => table.id), ...adopted])
    if (record === undefined && tables.size === 0) return
    const intent: LedgerRecord = {
      destination: parseCidr(key),
      node: { name, uid, ...(providerID === undefined ? {} : { providerID }) },
      target,
      previousTargets: this.#leftBehind(record, target, changes),
      tables: [...tables].sort(),
      states: new Map(),
    }
    await ledger.intend(intent, signal)
  }

  /** Routes that were there become ours: recorded already, they count as written from now on, whatever they look like. */
  async adopt(key: DestinationKey, tables: readonly string[], signal: AbortSignal): Promise<void> {
    const { ledger, now } = this.#parts
    const adopted = { state: 'Programmed', reason: 'Adopted', message: '', written: true } as const
    const known = ledger.get(key)?.states ?? new Map<string, TableState>()
    await ledger.settle(
      key,
      tables.reduce((states, id) => withState(states, id, adopted, now()), known),
      signal,
    )
  }

  /**
   * After: takes back the intent for tables where the cloud refused to create the route, or had it already, so that what
   * stands there, or will, is not taken for ours. An unknown outcome keeps it: the route may be there, and then it is ours. A move that is
   * through drops the memory of the old targets.
   */
  async disown(
    key: DestinationKey,
    before: LedgerRecord | undefined,
    written: readonly WrittenChange[],
    signal: AbortSignal,
  ): Promise<void> {
    const { ledger, planner } = this.#parts
    const record = ledger.get(key)
    if (record === undefined) return
    const refused = written.filter(({ table, change, outcome }) => {
      const wroteNothing =
        outcome.result === 'failed' ? outcome.error.class !== 'unknown-outcome' : outcome.existed === true
      return change.op === 'create' && wroteNothing && !owns(before, table.id)
    })
    const ids = new Set(refused.map(({ table }) => table.id))
    // A table may have been read since the plan was made: what is in it then was not looked at.
    const moving = written.some(({ outcome }) => outcome.result === 'failed') || !planner.hasMoved(record)
    await ledger.intend(
      {
        ...record,
        previousTargets: moving ? record.previousTargets : [],
        tables: record.tables.filter((id) => !ids.has(id)),
      },
      signal,
    )
  }

  /** After: what became of it, in each table. */
  async settle(
    key: DestinationKey,
    work: readonly GuardedWork[],
    written: readonly WrittenChange[],
    signal: AbortSignal,
  ): Promise<void> {
    const { ledger, now, planner } = this.#parts
    const outcomes = new Map(written.map(({ table, outcome }) => [table.id, outcome]))
    const record = ledger.get(key)
    const known = record?.states ?? new Map<string, TableState>()
    // Of a table that was not read yet, nothing new is known. One that is no longer ours has nothing of ours.
    let states: ReadonlyMap<string, TableState> = new Map(
      [...known]
        .filter(([id]) => planner.counts(id))
        .map(([id, state]) => [id, owns(record, id) ? state : { ...state, written: false }]),
    )
    for (const { table, item, hold } of work) {
      // The cloud's own words for it say more than ours.
      if (hold?.reason === 'RouteTableFull' && states.get(table.id)?.reason === hold.reason) continue
      states = withState(states, table.id, tableState(item, hold, outcomes.get(table.id)), now())
    }
    await ledger.settle(key, states, signal)
  }

  /** What some table may still hold in place of the target: until none does, it is ours too. */
  #leftBehind(
    record: LedgerRecord | undefined,
    target: Target,
    changes: readonly TableChange[],
  ): readonly Target[] {
    if (record === undefined || (changes.length === 0 && this.#parts.planner.allRead(record))) return []
    // A claim names no target that was ever written.
    const all = [...record.previousTargets, record.target].filter(
      (one) => one.kind !== 'other' && !sameTarget(one, target),
    )
    const known = new Map(all.map((one) => [formatTarget(one), one]))
    return [...known].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one)
  }
}
