import { type Cidr, formatCidr } from '../../net/cidr.ts'
import { type ObservedRoute, type Target, sameTarget } from '../../providers/route.ts'

/** The canonical text of a destination: what records, claims and observed routes are keyed by. */
export type DestinationKey = string

export const destinationKey = (destination: Cidr): DestinationKey => formatCidr(destination)

/** What podway knows of one destination that it has written, or is about to write, somewhere. */
export interface LedgerRecord {
  readonly destination: Cidr
  /** The node that holds the destination now. `uid` tells it from a later node of the same name. */
  readonly node: NodeRef
  /** What the route points at, or will once the change in flight is through. */
  readonly target: Target
  /**
   * While a move is in flight: what the route pointed at before, and still may in some table. Several where the next move
   * came before the last was through. Sorted by {@link formatTarget}.
   */
  readonly previousTargets: readonly Target[]
  /** Ids of the tables in which the route is ours: written by us, or intended and perhaps written. Sorted. */
  readonly tables: readonly string[]
  /** What became of it, by table id: for people, but for {@link TableState.written}. */
  readonly states: ReadonlyMap<string, TableState>
  /** The uid of the node whose routes a person has let go (`podway release`), though the brake holds them. */
  readonly released?: string
}

export interface NodeRef {
  readonly name: string
  readonly uid: string
  /** The node's machine, if it was known then: it may come back as another Node. */
  readonly providerID?: string
}

export interface TableState {
  readonly state: 'Pending' | 'Programmed' | 'Satisfied' | 'Disputed' | 'Failed' | 'Held' | 'Deleting'
  /** One CamelCase word for machines. */
  readonly reason: string
  /** A sentence for people; empty where the state says it all. */
  readonly message: string
  /** RFC 3339, seconds: when the state or the reason last changed. */
  readonly since: string
  /**
   * Whether our route was ever seen to be there. An intent alone is no proof: a crash may have come before the call, and
   * somebody else's route since. Only where this is set do we put right what others changed.
   */
  readonly written: boolean
}

/**
 * The record of a destination that is about to be given to the node, before there is a route to it: nobody else may have
 * it. `pending` is nothing that a route could point at; the first intent to write one names its target.
 */
export const claimOf = (destination: Cidr, node: NodeRef): LedgerRecord => ({
  destination,
  node,
  target: { kind: 'other', id: 'pending' },
  previousTargets: [],
  tables: [],
  states: new Map(),
})

/** Whether our route was ever seen in the table. */
export function wasWritten(record: LedgerRecord | undefined, tableId: string): boolean {
  return owns(record, tableId) && record?.states.get(tableId)?.written === true
}

/** Whether the route at the record's destination in this table is ours, given what is observed there. */
export function owns(record: LedgerRecord | undefined, tableId: string): boolean {
  return record?.tables.includes(tableId) ?? false
}

/**
 * Whether the route that is observed at the record's destination in this table is ours. Where it does not look as podway
 * makes them, an intent is no proof: a person may have made the same route before the call.
 */
export function isOurs(
  record: LedgerRecord | undefined,
  tableId: string,
  { isForeign, isUnmarked, origin }: Pick<ObservedRoute, 'isForeign' | 'isUnmarked' | 'origin'>,
): boolean {
  const looksForeign = isForeign === true || isUnmarked === true
  return origin === 'static' && (looksForeign ? wasWritten(record, tableId) : owns(record, tableId))
}

/** Whether we have written, or may have written, a route to this target. */
export function wroteTarget(record: LedgerRecord | undefined, target: Target): boolean {
  if (record === undefined) return false
  return sameTarget(record.target, target) || record.previousTargets.some((one) => sameTarget(one, target))
}

/** The states with one table's replaced; `since` moves only if the state or the reason does, and `written` stays once set. */
export function withState(
  states: ReadonlyMap<string, TableState>,
  tableId: string,
  next: Omit<TableState, 'since'>,
  now: string,
): ReadonlyMap<string, TableState> {
  const before = states.get(tableId)
  const since = before?.state === next.state && before.reason === next.reason ? before.since : now
  return new Map(states).set(tableId, { ...next, since, written: next.written || before?.written === true })
}
