import type { Logger } from '../kube/log.ts'
import { type Cidr, formatCidr, parseCidr } from '../net/cidr.ts'
import type { ProviderError } from '../providers/errors.ts'
import { isTargetProblem } from '../providers/provider.ts'
import type { Target } from '../providers/route.ts'
import type { Absences } from './absences.ts'
import { type Retry, retryOf, soonest } from './apply/retry.ts'
import type { Brake } from './guard/brake.ts'
import type { Policy } from './guard/policy.ts'
import { type GuardedWork, type WrittenChange, changesOf, failuresOf } from './guarded-work.ts'
import type { Ledger } from './ledger/ledger.ts'
import { type DestinationKey, type LedgerRecord, type NodeRef, wasWritten } from './ledger/record.ts'
import type { Claims, RoutedNode } from './plan/claims.ts'
import type { Planner } from './planner.ts'
import type { EventSink } from './report/events.ts'
import { tableState } from './report/table-states.ts'
import type { RouteGuard } from './route-guard.ts'
import type { RouteRecords } from './route-records.ts'
import type { RouteWriter } from './route-writer.ts'
import type { TableCache } from './table-cache.ts'
import type { Targets } from './targets.ts'

/** How long a node whose target the cloud does not know yet is left alone, unless it changes. */
const waitingMs = 5_000
/** How often it is asked whether the instance of a held route still runs. */
const heldMs = 60_000

export interface RouteReconcilerParts {
  readonly claims: Claims
  readonly ledger: Ledger
  readonly tables: TableCache
  readonly targets: Targets
  readonly planner: Planner
  readonly guard: RouteGuard
  readonly writer: RouteWriter
  readonly records: RouteRecords
  /** Whether routes are written at all. */
  readonly configureRoutes: boolean
  readonly policy: Policy
  /** Whether foreign routes that say what we would write become ours. */
  readonly adopt: 'matching' | 'none'
  readonly brake: Brake<DestinationKey>
  readonly absences: Absences
  /** Whether the cluster has said that this very node has the destination no more, being gone: its watch, or a live read. */
  readonly nodeGone: (node: NodeRef, key: DestinationKey, signal: AbortSignal) => Promise<boolean>
  /** The destination may be given to another node though its routes are still there. */
  readonly onReusable: (destination: Cidr) => void
  readonly events: EventSink
  readonly log: Logger
}

/**
 * Brings one destination to what it should be, in all tables: look, plan, guard, intend, write, settle. The caller never
 * runs it twice at a time for one destination; different destinations run in parallel. Every step may be the last one
 * before a crash: the next run starts from the ledger and the tables alone.
 */
export class RouteReconciler {
  readonly #parts: RouteReconcilerParts
  /** Under `observe`: what was last said of each destination. */
  readonly #told = new Map<DestinationKey, string>()

  constructor(parts: RouteReconcilerParts) {
    this.#parts = parts
  }

  get #adopts(): boolean {
    return this.#parts.adopt === 'matching' && this.#parts.policy !== 'observe'
  }

  /** Whether nothing is left to do about the destination, and the ledger says so: a crash may have come in between. */
  atRest(key: DestinationKey): boolean {
    const { guard, ledger, planner, policy } = this.#parts
    const work = guard.guarded(key, planner.inspect(key))
    if (policy === 'observe') return work.every(({ item }) => !('change' in item))
    if (this.#adopts && planner.adoptable(key).length > 0) return false
    const record = ledger.get(key)
    if (record !== undefined) {
      if (ledger.damaged(key) || record.previousTargets.length > 0) return false
      if (record.node.uid !== planner.holder(key)?.uid) return work.every((one) => isHeldForGood(one, record))
    }
    return work.every((one) => !('change' in one.item) && (record === undefined || isSettled(one, record)))
  }

  /** What is to be done about the destination, as a text: equal as long as nothing new is known. */
  outlook(key: DestinationKey): string {
    const { guard, planner } = this.#parts
    const work = guard.guarded(key, planner.inspect(key))
    return work.map(({ table, item, hold }) => `${table.id} ${item.op} ${item.reason} ${hold?.reason}`).join()
  }

  /** Returns when to come again by itself; undefined if only a change is a reason to. @throws ProviderError, KubeError */
  async reconcile(key: DestinationKey, signal: AbortSignal): Promise<Retry | undefined> {
    let retry: Retry | undefined
    try {
      retry = await this.#reconcile(key, signal)
    } finally {
      if (retry?.kind !== 'turn') this.#parts.writer.drop(key)
    }
    return retry
  }

  async #reconcile(key: DestinationKey, signal: AbortSignal): Promise<Retry | undefined> {
    const { brake, ledger, planner, policy, targets } = this.#parts
    const record = ledger.get(key)
    const holder = planner.holder(key)
    if (holder === undefined && record === undefined) return undefined
    // Somebody else routes it: only the claim of a Node that is gone is ours to withdraw.
    if (!this.#parts.configureRoutes && holder !== undefined) return undefined

    const handedOver = record !== undefined && record.tables.length > 0 && record.node.uid !== holder?.uid
    if (handedOver && !(await this.#mayTake(key, record, signal))) return { kind: 'after', ms: waitingMs }
    // Whatever changed the holder meanwhile has brought the key back: to take away what the next one gets would be a gap.
    const stillTrue = (): boolean => planner.holder(key) === holder
    if (!stillTrue()) return undefined

    if (holder === undefined) {
      if (policy === 'observe') this.#observe(key, undefined)
      if (record === undefined || policy === 'observe' || this.#isAwaited(record)) return undefined
      return this.#withdraw(key, record, signal)
    }
    brake.drop(key)
    if (planner.contest(key) !== undefined) return undefined

    const target = await targets.resolve(holder, parseCidr(key).family)
    // From here to the intent nobody else has a say.
    if (!stillTrue() || planner.contest(key) !== undefined) return undefined
    if (isTargetProblem(target))
      return target.problem === 'waiting' ? { kind: 'after', ms: waitingMs } : { kind: 'soon' }
    if (policy === 'observe') {
      this.#observe(key, holder)
      return undefined
    }
    return this.#provide(key, holder, target, signal)
  }

  /** A destination that a node holds. */
  async #provide(
    key: DestinationKey,
    holder: RoutedNode,
    target: Target,
    signal: AbortSignal,
  ): Promise<Retry | undefined> {
    const { guard, ledger, log, planner, records, targets, writer } = this.#parts
    const before = ledger.get(key)
    const wanted = { kind: 'target', target } as const
    const look = (): readonly GuardedWork[] => guard.guarded(key, planner.plan(key, wanted))
    let work = look()
    const changes = changesOf(work)
    if (!writer.mayWrite(key, changes)) return { kind: 'turn' }

    const preparing = targets.prepare(target)
    // The caller learns of a failed preparation below; until then nobody waits for the promise.
    preparing.catch(() => undefined)
    const adopted = this.#adopts ? planner.adoptable(key, wanted) : []
    await records.intend(key, holder, target, changes, adopted, signal)
    if (adopted.length > 0) {
      await records.adopt(key, adopted, signal)
      for (const table of adopted) log.info({ table, destination: key, node: holder.name }, 'route adopted')
      work = look()
    }
    const written = await writer.write(key, changes, holder)
    await records.disown(key, before, written, signal)
    // What was there already is whose it was: the plan says so now.
    if (written.some(({ outcome }) => outcome.result === 'done' && outcome.existed === true)) work = look()
    await records.settle(key, work, written, signal)
    this.#tellRepairs(before, holder, written)
    const failures = failuresOf(written)
    // The target itself may be what is gone: look the instance up afresh.
    if (failures.some((error) => error.class === 'not-found')) targets.doubt(holder.name)
    const prepared = await preparing
    return soonest([
      ...retriesOf([...failures, ...(prepared.result === 'failed' ? [prepared.error] : [])]),
      ...guard.untilRoom(key, work),
    ])
  }

  /** What was ours and had to be written again was undone by somebody: whoever that is, people should know. */
  #tellRepairs(
    before: LedgerRecord | undefined,
    { name, uid }: RoutedNode,
    written: readonly WrittenChange[],
  ): void {
    for (const { table, change, outcome, reason } of written) {
      const undone = change.op === 'create' || reason === 'Drifted'
      // A reading that had nothing, where the cloud then says that it was there, was wrong.
      const wrote = outcome.result === 'done' && outcome.existed !== true
      if (!undone || !wrote || !wasWritten(before, table.id)) continue
      const what = change.op === 'create' ? 'removed' : 'changed'
      this.#parts.events.record({
        regarding: { apiVersion: 'v1', kind: 'Node', name, uid },
        type: 'Warning',
        reason: 'RouteChangedByOthers',
        action: 'ProgramRoutes',
        note: `the route to ${formatCidr(change.destination)} in table ${table.id} was ${what} by somebody else: it is written again`,
      })
    }
  }

  /** A destination that nobody holds any more. */
  async #withdraw(
    key: DestinationKey,
    record: LedgerRecord,
    signal: AbortSignal,
  ): Promise<Retry | undefined> {
    const { brake, guard, ledger, onReusable, planner, records, writer } = this.#parts
    const plan = planner.plan(key, { kind: 'nothing' })
    // Of a table that is read only from here on, the plan says nothing.
    const verified = record.tables.filter((id) => this.#isVerified(id, key))
    const answer = await guard.askBrake(record, key, plan)
    if (answer.answer === 'wait') return { kind: 'after', ms: answer.ms }
    if (planner.holder(key) !== undefined) return undefined
    const work = guard.guarded(key, plan, answer.answer === 'held')
    const changes = changesOf(work)
    if (!writer.mayWrite(key, changes)) return { kind: 'turn' }
    const written = await writer.write(key, changes, record.node)

    const undone = new Set([
      ...written.filter(({ outcome }) => outcome.result !== 'done').map(({ table }) => table.id),
      ...work.filter(({ hold }) => hold !== undefined).map(({ table }) => table.id),
    ])
    const done = new Set(verified.filter((id) => !undone.has(id)))
    // Somebody may have added to it meanwhile: only what is done with is taken out.
    const current = ledger.get(key) ?? record
    const left = current.tables.filter((id) => !done.has(id))
    if (left.length === 0) {
      await ledger.forget(key, signal)
      brake.drop(key)
      return undefined
    }
    await ledger.intend({ ...current, tables: left }, signal)
    await records.settle(key, work, written, signal)
    if (work.some(({ hold }) => hold?.reason === 'PolicyUpsertOnly')) onReusable(record.destination)
    // A table that was not read yet brings the key back when it is.
    return soonest([
      ...retriesOf(failuresOf(written)),
      ...(answer.answer === 'held' ? [{ kind: 'after', ms: heldMs } as const] : []),
    ])
  }

  /** Says what would be done, once, and does nothing. */
  #observe(key: DestinationKey, holder: RoutedNode | undefined): void {
    const { log, planner } = this.#parts
    const node = holder === undefined ? {} : { node: holder.name }
    const wishes = planner
      .inspect(key)
      .flatMap(({ table, item }) =>
        'change' in item
          ? [{ op: item.op, reason: item.reason, table: table.id, destination: key, ...node }]
          : [],
      )
    const text = JSON.stringify(wishes)
    if (this.#told.get(key) !== text) for (const wish of wishes) log.info(wish, 'would change a route')
    this.#told.set(key, text)
  }

  /** A claim of a Node that has no podCIDRs yet, delegated to it or not: whatever it gets brings the key back. */
  #isAwaited({ node }: LedgerRecord): boolean {
    const current = this.#parts.claims.node(node.name)
    return current?.uid === node.uid && current.podCIDRs.length === 0
  }

  /** Whether what the record's node held may be given to another, or taken away. */
  async #mayTake(key: DestinationKey, record: LedgerRecord, signal: AbortSignal): Promise<boolean> {
    const { absences } = this.#parts
    for (const node of absences.of(key)) {
      if (!(await this.#letsGo(node, key, signal))) return false
      absences.settle(key, node)
    }
    return this.#letsGo(record.node, key, signal)
  }

  #letsGo(node: NodeRef, key: DestinationKey, signal: AbortSignal): Promise<boolean> {
    // The same Node is there and says by itself that it does not hold the destination.
    if (this.#parts.claims.node(node.name)?.uid === node.uid) return Promise.resolve(true)
    return this.#parts.nodeGone(node, key, signal)
  }

  /** The table was read and what it holds there is known, or it is no longer configured. */
  #isVerified(tableId: string, key: DestinationKey): boolean {
    const { planner, tables } = this.#parts
    return !planner.counts(tableId) || tables.knows(tableId, key)
  }
}

/** @throws ProviderError the one that no retry can mend */
function retriesOf(errors: readonly ProviderError[]): readonly Retry[] {
  const hopeless = errors.find((error) => retryOf(error).kind === 'never')
  if (hopeless !== undefined) throw hopeless
  return errors.map(retryOf)
}

/** The record says of the table what is so. */
function isSettled({ table, item, hold }: GuardedWork, record: LedgerRecord): boolean {
  const state = record.states.get(table.id)
  const wanted = tableState(item, hold, undefined)
  return state?.state === wanted.state && state.reason === wanted.reason && state.message === wanted.message
}

/** By policy: nothing but a change of the configuration ends it. */
const isHeldForGood = ({ table, hold }: GuardedWork, record: LedgerRecord): boolean =>
  hold?.reason === 'PolicyUpsertOnly' && record.states.get(table.id)?.reason === 'PolicyUpsertOnly'
