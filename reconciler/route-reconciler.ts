import { parseCidr } from '../net/cidr.ts'
import type { ProviderError } from '../providers/errors.ts'
import { type Change, type Outcome, type TargetProblem, isTargetProblem } from '../providers/provider.ts'
import type { Table, Target } from '../providers/route.ts'
import { sameTarget } from '../providers/route.ts'
import type { Applier } from './apply/apply.ts'
import { type Retry, retryOf } from './apply/retry.ts'
import type { Ledger } from './ledger/ledger.ts'
import {
  type DestinationKey,
  type LedgerRecord,
  type NodeRef,
  type TableState,
  owns,
  withState,
} from './ledger/record.ts'
import type { Claims, RoutedNode } from './plan/claims.ts'
import { type PlanItem, type Wanted, plan } from './plan/plan.ts'
import type { TableCache } from './table-cache.ts'
import type { Targets } from './targets.ts'

/** How long a node whose target the cloud does not know yet is left alone, unless it changes. */
const waitingMs = 5_000

export interface RouteReconcilerParts {
  readonly claims: Claims
  readonly ledger: Ledger
  readonly tables: TableCache
  readonly targets: Targets
  readonly applier: Applier
  /** Whether the cluster has said that this very node is gone: its watch, or a live read. */
  readonly nodeGone: (node: NodeRef, signal: AbortSignal) => Promise<boolean>
  /** RFC 3339, seconds. */
  readonly now: () => string
  /** Told of every change that a cloud has answered. */
  readonly onOutcome: (table: Table, change: Change, outcome: Outcome, holder: RoutedNode | undefined) => void
}

/** What is to be done about one destination, in one table. */
export interface TableWork {
  readonly table: Table
  readonly item: PlanItem
}

/**
 * Brings one destination to what it should be, in all tables: look, intend, write, settle. The caller never runs it twice
 * at a time for one destination; different destinations run in parallel. Every step may be the last one before a crash:
 * the next run starts from the ledger and the tables alone.
 */
export class RouteReconciler {
  readonly #parts: RouteReconcilerParts

  constructor(parts: RouteReconcilerParts) {
    this.#parts = parts
  }

  /** What the plan says now, without asking anybody: from what is known of tables and targets. */
  inspect(key: DestinationKey): readonly TableWork[] {
    const { claims, ledger } = this.#parts
    const record = ledger.get(key)
    const holder = claims.holder(key, record?.node)
    const target =
      holder === undefined ? undefined : this.#parts.targets.cached(holder, parseCidr(key).family)
    return this.#plan(key, wantedOf(holder, target), record)
  }

  /** Whether nothing is left to do about the destination, and the ledger says so: a crash may have come in between. */
  atRest(key: DestinationKey): boolean {
    const record = this.#parts.ledger.get(key)
    const holder = this.#parts.claims.holder(key, record?.node)
    if (record !== undefined && (record.node.uid !== holder?.uid || record.previousTarget !== undefined))
      return false
    return this.inspect(key).every(
      ({ table, item }) =>
        !('change' in item) && (record === undefined || says(record.states.get(table.id), item)),
    )
  }

  /** Returns when to come again by itself; undefined if only a change is a reason to. @throws ProviderError, KubeError */
  async reconcile(key: DestinationKey, signal: AbortSignal): Promise<Retry | undefined> {
    const { claims, ledger, targets } = this.#parts
    const record = ledger.get(key)
    const holder = claims.holder(key, record?.node)
    if (holder === undefined && record === undefined) return undefined

    const handedOver = record !== undefined && record.tables.length > 0 && record.node.uid !== holder?.uid
    if (handedOver && !(await this.#mayTake(record, signal))) return { kind: 'after', ms: waitingMs }
    // Whatever changed the holder meanwhile has brought the key back: to take away what the next one gets would be a gap.
    const stillTrue = (): boolean => claims.holder(key, record?.node) === holder
    if (!stillTrue()) return undefined

    if (holder === undefined) return record === undefined ? undefined : this.#withdraw(key, record, signal)

    const target = await targets.resolve(holder, parseCidr(key).family)
    if (!stillTrue()) return undefined
    if (isTargetProblem(target))
      return target.problem === 'waiting' ? { kind: 'after', ms: waitingMs } : { kind: 'soon' }
    return this.#provide(key, holder, target, record, signal)
  }

  /** A destination that a node holds. */
  async #provide(
    key: DestinationKey,
    holder: RoutedNode,
    target: Target,
    record: LedgerRecord | undefined,
    signal: AbortSignal,
  ): Promise<Retry | undefined> {
    const { ledger, targets } = this.#parts
    const work = this.#plan(key, { kind: 'target', target }, record)
    const changes = changesOf(work)
    const intended = this.#kept(record).union(new Set(changes.map(({ table }) => table.id)))
    const preparing = targets.prepare(target)
    // The caller learns of a failed preparation below; until then nobody waits for the promise.
    preparing.catch(() => undefined)
    if (record !== undefined || intended.size > 0) {
      const previousTarget = this.#leftBehind(record, target, changes)
      await ledger.intend(
        {
          destination: parseCidr(key),
          node: { name: holder.name, uid: holder.uid },
          target,
          ...(previousTarget === undefined ? {} : { previousTarget }),
          tables: [...intended].sort(),
          states: new Map(),
        },
        signal,
      )
    }
    const outcomes = await this.#apply(changes, holder)
    await this.#disown(key, record, changes, outcomes, signal)
    await this.#settle(key, work, changes, outcomes, signal)
    // The target itself may be what is gone: look the instance up afresh.
    if (failures(outcomes).some((error) => error.class === 'not-found')) targets.forget(holder.name)
    const prepared = await preparing
    return soonest([...failures(outcomes), ...(prepared.result === 'failed' ? [prepared.error] : [])])
  }

  /** A destination that nobody holds any more. */
  async #withdraw(
    key: DestinationKey,
    record: LedgerRecord,
    signal: AbortSignal,
  ): Promise<Retry | undefined> {
    const { ledger, tables } = this.#parts
    const work = this.#plan(key, { kind: 'nothing' }, record)
    const changes = changesOf(work)
    const outcomes = await this.#apply(changes, undefined)
    const undone = new Set(
      changes.filter((_, i) => outcomes[i]?.result !== 'done').map(({ table }) => table.id),
    )
    // A table is done with when it was read and holds nothing of ours, or when it is no longer configured.
    const left = record.tables.filter((id) => undone.has(id) || (this.#counts(id) && !tables.loaded(id)))
    if (left.length === 0) {
      await ledger.forget(key, signal)
      return undefined
    }
    await ledger.intend({ ...record, tables: left }, signal)
    await this.#settle(key, work, changes, outcomes, signal)
    // A table that was not read yet brings the key back when it is.
    return soonest(failures(outcomes))
  }

  /** Whether what the record's node held may be given to another, or taken away. */
  async #mayTake(record: LedgerRecord, signal: AbortSignal): Promise<boolean> {
    const current = this.#parts.claims.node(record.node.name)
    // The same Node is there and says by itself that it does not hold the destination.
    if (current?.uid === record.node.uid) return true
    return this.#parts.nodeGone(record.node, signal)
  }

  #plan(key: DestinationKey, wanted: Wanted, record: LedgerRecord | undefined): readonly TableWork[] {
    const { tables } = this.#parts
    const destination = parseCidr(key)
    return tables
      .tables()
      .filter((table) => tables.loaded(table.id))
      .map((table) => ({
        table,
        item: plan({ destination, wanted, observed: tables.route(table.id, key), record, tableId: table.id }),
      }))
  }

  /** The tables of the record that still count: a table that is no longer configured does not. */
  #kept(record: LedgerRecord | undefined): Set<string> {
    return new Set(record?.tables.filter((id) => this.#counts(id)))
  }

  /** No table at all is what a mistyped name or a lost tag looks like: no reason to forget whose routes they are. */
  #counts(tableId: string): boolean {
    const { tables } = this.#parts
    return !tables.discovered || tables.tables().length === 0 || tables.has(tableId)
  }

  /** Whether every table in which the route is ours was read. */
  #allRead(record: LedgerRecord): boolean {
    return [...this.#kept(record)].every((id) => this.#parts.tables.loaded(id))
  }

  /** What some table may still hold in place of the target: until none does, it is ours too. */
  #leftBehind(
    record: LedgerRecord | undefined,
    target: Target,
    changes: readonly TableChange[],
  ): Target | undefined {
    if (record === undefined || (changes.length === 0 && this.#allRead(record))) return undefined
    return sameTarget(record.target, target) ? record.previousTarget : record.target
  }

  async #apply(changes: readonly TableChange[], holder: RoutedNode | undefined): Promise<readonly Outcome[]> {
    const { applier, tables, onOutcome } = this.#parts
    return Promise.all(
      changes.map(async ({ table, change }) => {
        const outcome = await applier.submit(table, change)
        if (outcome.result === 'done') tables.record(table.id, change)
        onOutcome(table, change, outcome, holder)
        return outcome
      }),
    )
  }

  /**
   * Takes back the intent for tables where the cloud refused to create the route, so that what stands there, or will, is
   * not taken for ours. An unknown outcome keeps it: the route may be there, and then it is ours. A move that is through
   * drops the memory of the old target.
   */
  async #disown(
    key: DestinationKey,
    before: LedgerRecord | undefined,
    changes: readonly TableChange[],
    outcomes: readonly Outcome[],
    signal: AbortSignal,
  ): Promise<void> {
    const { ledger } = this.#parts
    const record = ledger.get(key)
    if (record === undefined) return
    const refused = changes.filter(({ table, change }, index) => {
      const outcome = outcomes[index]
      const wroteNothing = outcome?.result === 'failed' && outcome.error.class !== 'unknown-outcome'
      return change.op === 'create' && wroteNothing && !owns(before, table.id)
    })
    const ids = new Set(refused.map(({ table }) => table.id))
    const { previousTarget, ...rest } = record
    const moving = outcomes.some((outcome) => outcome.result === 'failed') || !this.#allRead(record)
    await ledger.intend(
      {
        ...rest,
        ...(previousTarget !== undefined && moving ? { previousTarget } : {}),
        tables: record.tables.filter((id) => !ids.has(id)),
      },
      signal,
    )
  }

  async #settle(
    key: DestinationKey,
    work: readonly TableWork[],
    changes: readonly TableChange[],
    outcomes: readonly Outcome[],
    signal: AbortSignal,
  ): Promise<void> {
    const { ledger, now } = this.#parts
    const outcomeOf = new Map(changes.map(({ table }, index) => [table.id, outcomes[index]]))
    const record = ledger.get(key)
    const known = record?.states ?? new Map<string, TableState>()
    // Of a table that was not read yet, nothing new is known. One that is no longer ours has nothing of ours.
    let states: ReadonlyMap<string, TableState> = new Map(
      [...known]
        .filter(([id]) => this.#counts(id))
        .map(([id, state]) => [id, owns(record, id) ? state : { ...state, written: false }]),
    )
    for (const { table, item } of work)
      states = withState(states, table.id, stateOf(item, outcomeOf.get(table.id)), now())
    await ledger.settle(key, states, signal)
  }
}

interface TableChange {
  readonly table: Table
  readonly change: Change
}

function changesOf(work: readonly TableWork[]): readonly TableChange[] {
  return work.flatMap(({ table, item }) => ('change' in item ? [{ table, change: item.change }] : []))
}

const failures = (outcomes: readonly Outcome[]): readonly ProviderError[] =>
  outcomes.flatMap((outcome) => (outcome.result === 'failed' ? [outcome.error] : []))

function wantedOf(holder: RoutedNode | undefined, target: Target | TargetProblem | undefined): Wanted {
  if (holder === undefined) return { kind: 'nothing' }
  if (target === undefined || isTargetProblem(target)) return { kind: 'unknown' }
  return { kind: 'target', target }
}

function says(state: TableState | undefined, item: PlanItem): boolean {
  const wanted = stateOf(item, undefined)
  return state?.state === wanted.state && state.reason === wanted.reason && state.message === wanted.message
}

function stateOf(item: PlanItem, outcome: Outcome | undefined): Omit<TableState, 'since'> {
  if (outcome?.result === 'failed') {
    return {
      written: false,
      state: item.op === 'delete' ? 'Deleting' : 'Failed',
      reason: outcome.error.code,
      message: outcome.error.message,
    }
  }
  switch (item.op) {
    case 'create':
    case 'replace':
      return { state: 'Programmed', reason: 'Programmed', message: '', written: true }
    case 'keep':
      return {
        state: item.reason === 'Programmed' ? 'Programmed' : 'Pending',
        reason: item.reason,
        message: item.message,
        written: item.reason === 'Programmed' || item.reason === 'Blackhole',
      }
    case 'satisfied':
      return { state: 'Satisfied', reason: item.reason, message: item.message, written: false }
    case 'disputed':
      return { state: 'Disputed', reason: item.reason, message: item.message, written: false }
    case 'delete':
    case 'none':
      return { state: 'Deleting', reason: item.reason, message: '', written: false }
  }
}

/**
 * The retry that comes first: one table's slow trouble must not delay another's quick one.
 * @throws ProviderError the one that no retry can mend
 */
function soonest(errors: readonly ProviderError[]): Retry | undefined {
  const hopeless = errors.find((error) => retryOf(error).kind === 'never')
  if (hopeless !== undefined) throw hopeless
  const rank = (retry: Retry): number => {
    switch (retry.kind) {
      case 'never':
        return -1
      case 'reread':
        return 0
      case 'soon':
        return 1
      case 'after':
        return 2 + retry.ms
    }
  }
  return errors.map(retryOf).sort((a, b) => rank(a) - rank(b))[0]
}
