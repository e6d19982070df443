import type { Address, Family } from '../net/address.ts'
import type { Cidr } from '../net/cidr.ts'
import type { DescribedTable } from './described-table.ts'
import type { ProviderError } from './errors.ts'
import type { ObservedRoute, Route, Table, Target } from './route.ts'

/**
 * The port to one cloud's route tables. A provider executes, it decides nothing: which routes there should be, what is
 * ours, when to retry are the reconciler's. It holds no state that a restart would miss, and never retries by itself.
 *
 * Every method rejects with a {@link ProviderError} and nothing else, except for an abort: then with the signal's reason.
 */
export interface RouteProvider {
  /** Short and stable: `aws`, `azure`, `memory`. */
  readonly name: string
  readonly capabilities: Capabilities

  /**
   * The tables of this cluster, sorted by id. None is no error: the caller decides what that means. `nodes`: all of the
   * cluster's, for a provider whose tables follow from where they are; it looks up those that it does not know. Without
   * them, it goes by those that {@link targets} was asked for. `fatal` if the configuration names a table that can't be
   * the cluster's.
   */
  tables(signal: AbortSignal, nodes?: readonly NodeView[]): Promise<readonly Table[]>

  /**
   * Whether {@link tables} would look for others than it last did, by what {@link targets} has shown of nodes since: it
   * is to be asked again, without waiting for its time. It asks nobody. Without it: never.
   */
  tablesOutdated?(): boolean

  /**
   * Everything in the table, foreign routes too, of both families, in no particular order, as it is at some moment after
   * the call. `not-found` if it is gone. Tables that are asked for together, and {@link tables} with them, may share one
   * call of the API.
   */
  list(table: Table, signal: AbortSignal): Promise<Snapshot>

  /**
   * What routes to these nodes have to point at. Every wanted pair has an entry in the answer; a node that can't be
   * resolved gets a {@link TargetProblem} and never spoils the others.
   */
  targets(
    wanted: readonly TargetQuery[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<TargetKey, Target | TargetProblem>>

  /** The route as {@link list} would give it back once written, so that a comparison with the observed never flaps. */
  canonical(route: Route): Route

  /**
   * Carries out the changes and answers one outcome a change, in the order of `batch.changes`, however many they are. A
   * change that fails never throws for the rest; only where one call carries several, and the cloud refuses them together
   * for what they say (`invalid`, `quota`), it rejects with that and nothing was written: the caller divides them. A `create` or `replace` whose target is already there, and a `delete` of
   * what is not there, are `done`; of such a `create` it is told, where the API lets it be known. Where `from` is no longer what the table holds, as far as the API can tell, the
   * outcome is `changed`, and nothing was written.
   */
  apply(table: Table, batch: Batch, signal: AbortSignal): Promise<readonly Outcome[]>

  /**
   * Resolves once packets follow changes that {@link apply} has called `done`, or that {@link list} has shown as carried
   * out, maybe just now and by somebody else; for a cloud where that is later. It is no part of `apply`, so that the
   * table's next batch need not wait for it. Rejects only with the signal's reason: what can't be found out is waited for
   * as long as it may take. Without it: at once.
   */
  untilEffective?(table: Table, changes: readonly Change[], signal: AbortSignal): Promise<void>

  /**
   * Puts into force what an unfinished table shows (see {@link Snapshot}), whoever has written it, and resolves when packets
   * follow it. Nothing is done to one that is finished. Without it: no table is ever unfinished.
   */
  readonly finish?: (table: Table, signal: AbortSignal) => Promise<void>

  /**
   * From what each node gets its podCIDR of one family, where the network delegates it to the node's target instead of
   * routing it; by name of the node, each of which has an entry. What the targets have by now is read, never remembered.
   * Without it: pools of the configuration alone say what nodes get.
   */
  pools?(
    nodes: readonly NodeView[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, NodePool | TargetProblem>>

  /**
   * Whether a running machine stands behind each target, in order. False only where the cloud says that it is terminated,
   * on its way to it, or unknown: a route to it leads nowhere. Of a stopped one too, which takes no packets.
   */
  running?(targets: readonly Target[], signal: AbortSignal): Promise<readonly boolean[]>
  /**
   * Makes the targets accept packets that are not addressed to them (source/destination check, IP forwarding).
   * Idempotent; answers one outcome a target, in order; writes nothing where nothing has to change.
   */
  prepare?(targets: readonly Target[], signal: AbortSignal): Promise<readonly PrepareOutcome[]>

  /**
   * In how many milliseconds a change of that kind that is handed over now could be under way, by the API's budget, if
   * `ahead` more are handed over before it; 0 is at once. `delegates`: in a table of what the network delegates, for which
   * a cloud may have other actions, and so another budget. Without it: always at once. {@link apply} waits for its turn by
   * itself, but what waits there can't be planned anew any more: whoever wants that asks first.
   */
  readyInMs?(op: Change['op'], ahead?: number, delegates?: boolean): number

  /**
   * Resolves when what was begun before has ended, as far as the cloud shows it: writes of the cluster's tables that a
   * program before this one has sent, to any of these targets where a cloud has to be asked by target. A new leader waits
   * for it, so that nothing takes effect behind what it reads. Not for ever: a few minutes at most. Without it: the cloud
   * shows nothing of the kind, or a reading waits for it anyway.
   */
  untilQuiet?(targets: readonly Target[], signal: AbortSignal): Promise<void>

  /**
   * How full the table is, from what {@link list} answered: it asks nobody. Undefined where no limit is known. It is for
   * a forecast; that a table is full is known when it refuses a route (`quota`).
   */
  quota?(table: Table, snapshot: Snapshot): Quota | undefined

  /**
   * The ranges of the cloud's own network whose packets follow one of these tables: with the routes in it, what stands
   * there answers pods under their own addresses. Of both families, each range once, in no particular order; those of a
   * table that {@link tables} or {@link list} has not shown yet may be missing. Where tables are per subnet (AWS, Azure)
   * the ranges of their subnets, where one is the network's (Google) those of all. Without it: none is known.
   */
  servedRanges?(tables: readonly Table[], signal: AbortSignal): Promise<readonly ServedRange[]>

  /**
   * The table in the cloud's own words: names of routes, and whatever else {@link list} leaves out because no plan depends
   * on it. `not-found` if it is gone. Without it: routes have no names, and everything is as `list` says.
   */
  describe?(table: Table, signal: AbortSignal): Promise<DescribedTable>
}

export interface ServedRange {
  readonly range: Cidr
  /** Id of the table by which packets leave the range. */
  readonly table: string
}

export interface Capabilities {
  readonly families: readonly Family[]
  /** How a destination changes hands: in one step, with two routes for a moment, or with a moment of none. */
  readonly replace: 'atomic' | 'make-before-break' | 'gap'
  /**
   * What one API call carries, and so what is done one at a time: a single change, all of one target, or of one table.
   * A longer batch is legal and takes several calls, one after the other.
   */
  readonly batch: { readonly scope: 'change' | 'target' | 'table'; readonly max: number }
}

/** A table at one moment. */
export interface Snapshot {
  readonly routes: readonly ObservedRoute[]
  /**
   * The last write to the table failed after it was taken on: what is shown is not what packets follow. Whoever may write
   * has it finished, see {@link RouteProvider.finish}, and lists again.
   */
  readonly isUnfinished?: true
}

/** Of one table. */
export interface Quota {
  /** Those with a limit of their own, each once; `both` where they have one together. */
  readonly families: readonly {
    readonly family: Family | 'both'
    /** Routes that count, whoever made them. */
    readonly used: number
    readonly limit: number
  }[]
}

/** What a provider needs to know of a Node to find its instance. */
export interface NodeView {
  readonly name: string
  /** `aws:///eu-central-1a/i-0abc…`, once the cloud's node controller has set it. */
  readonly providerID?: string
  /** status.addresses of type InternalIP. */
  readonly addresses: readonly Address[]
}

/** What one node's podCIDR of a family may be, by the cloud's own word. */
export interface NodePool {
  readonly family: Family
  /** Of the podCIDR, in bits. */
  readonly prefixLength: number
  /** Each block of these that is free can be delegated to the node's target. Sorted; they don't overlap. */
  readonly ranges: readonly Cidr[]
  /** What of them the network keeps for itself. */
  readonly reserved: readonly Cidr[]
  /** Blocks that the target has already, whoever gave them to it, in the ranges or not. Sorted. */
  readonly assigned: readonly Cidr[]
}

export interface TargetQuery {
  readonly node: NodeView
  readonly family: Family
}

/** `node-name/4` */
export type TargetKey = `${string}/${Family}`

export const targetKey = (query: {
  readonly node: { readonly name: string }
  readonly family: Family
}): TargetKey => `${query.node.name}/${query.family}`

/** Why a node has no target now. */
export interface TargetProblem {
  /**
   * `waiting`: not there yet (no providerID and no address that the cloud knows): no error, no back-off ·
   * `gone`: the cloud says that the instance is terminated or unknown · `invalid`: it can't be a target as it is.
   */
  readonly problem: 'waiting' | 'gone' | 'invalid'
  readonly message: string
}

export const isTargetProblem = (value: object): value is TargetProblem => 'problem' in value

/**
 * `from` is what the plan saw there. A provider whose tables have revisions holds it against the revision that it writes
 * upon: an edit elsewhere in the table is no reason to plan anew, one at the destination is.
 */
export type Change =
  | { readonly op: 'create'; readonly destination: Cidr; readonly target: Target }
  | { readonly op: 'replace'; readonly destination: Cidr; readonly from: Target; readonly target: Target }
  | { readonly op: 'delete'; readonly destination: Cidr; readonly from: Target }

export interface Batch {
  readonly changes: readonly Change[]
}

export type Outcome =
  /** `existed`: the route of a `create` was there already, as it was to be; nothing was written, so it is whose it was. */
  | { readonly result: 'done'; readonly existed?: true }
  | { readonly result: 'failed'; readonly error: ProviderError }

export type PrepareOutcome =
  | { readonly result: 'done'; readonly changed: boolean }
  | { readonly result: 'failed'; readonly error: ProviderError }
