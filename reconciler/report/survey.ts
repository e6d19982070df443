import type { Family } from '../../net/address.ts'
import { parseCidr } from '../../net/cidr.ts'
import type { GuardedWork } from '../guarded-work.ts'
import type { Hold } from '../guard/guard.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { type LedgerRecord, type TableState, destinationKey, owns } from '../ledger/record.ts'
import type { Claims } from '../plan/claims.ts'
import type { Planner } from '../planner.ts'
import type { RouteGuard } from '../route-guard.ts'
import type { TableCache } from '../table-cache.ts'
import { tableState } from './table-states.ts'

/** How many destinations of one table and family are in each state; a state of none is left out. */
export interface TableSurvey {
  readonly table: string
  readonly family: Family
  readonly states: ReadonlyMap<TableState['state'], number>
  /** Routes in the table that podway made. */
  readonly own: number
  /** Routes in the table that it did not make: defaults, the network's own, and all others. */
  readonly foreign: number
}

export interface Survey {
  /** Of the tables that were read, both families each. */
  readonly tables: readonly TableSurvey[]
  /** Changes that the plan wants and that are held, by reason. */
  readonly held: ReadonlyMap<Hold['reason'], number>
}

export interface SurveyParts {
  readonly claims: Claims
  readonly ledger: Ledger
  readonly tables: TableCache
  readonly planner: Planner
  readonly guard: Pick<RouteGuard, 'guarded'>
}

/** Counts how things stand, from what is known, without asking anybody: each destination is planned once in each table. */
export function survey({ claims, guard, ledger, planner, tables }: SurveyParts): Survey {
  const rows = new Map<string, Counts>()
  for (const { id } of tables.tables()) {
    if (!tables.loaded(id)) continue
    for (const family of [4, 6] as const)
      rows.set(rowOf(id, family), { table: id, family, states: new Map(), own: 0, foreign: 0 })
    for (const { destination } of tables.routes(id)) {
      const row = rows.get(rowOf(id, destination.family))
      if (row === undefined) continue
      if (owns(ledger.get(destinationKey(destination)), id)) row.own++
      else row.foreign++
    }
  }
  const held = new Map<Hold['reason'], number>()
  const recorded = ledger.all().map(({ destination }) => destinationKey(destination))
  for (const key of new Set([...claims.keys(), ...recorded])) {
    const { family } = parseCidr(key)
    for (const work of guard.guarded(key, planner.inspect(key))) {
      if (work.hold !== undefined) held.set(work.hold.reason, (held.get(work.hold.reason) ?? 0) + 1)
      const state = stateOf(work, ledger.get(key))
      const states = rows.get(rowOf(work.table.id, family))?.states
      if (state !== undefined) states?.set(state, (states.get(state) ?? 0) + 1)
    }
  }
  return { tables: [...rows.values()], held }
}

interface Counts extends TableSurvey {
  readonly states: Map<TableState['state'], number>
  own: number
  foreign: number
}

const rowOf = (table: string, family: Family): string => `${table} ${family}`

/** How the destination stands in the table now; undefined if nothing is there and nothing should be. */
function stateOf(
  { hold, item, table }: GuardedWork,
  record: LedgerRecord | undefined,
): TableState['state'] | undefined {
  if (hold === undefined && 'change' in item) {
    if (item.op === 'delete') return 'Deleting'
    return record?.states.get(table.id)?.state === 'Failed' ? 'Failed' : 'Pending'
  }
  return item.op === 'none' ? undefined : tableState(item, hold, undefined).state
}
