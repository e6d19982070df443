import type { Node } from '../../kube/objects.ts'
import { silentLogger } from '../../kube/log.ts'
import { type Cidr, compareCidrs, parseCidr } from '../../net/cidr.ts'
import type { ProviderError } from '../../providers/errors.ts'
import {
  type Quota,
  type RouteProvider,
  type TargetProblem,
  type TargetQuery,
  isTargetProblem,
  targetKey,
} from '../../providers/provider.ts'
import type { ObservedRoute, Table, Target } from '../../providers/route.ts'
import { FullTables } from '../../reconciler/apply/full-tables.ts'
import { Brake, conditionBrake, deleteBrake } from '../../reconciler/guard/brake.ts'
import type { Policy } from '../../reconciler/guard/policy.ts'
import type { GuardedWork } from '../../reconciler/guarded-work.ts'
import type { Pool } from '../../reconciler/ipam/pool.ts'
import { Ledger, type LedgerStore } from '../../reconciler/ledger/ledger.ts'
import { type DestinationKey, type LedgerRecord, destinationKey } from '../../reconciler/ledger/record.ts'
import { Claims, type RoutedNode } from '../../reconciler/plan/claims.ts'
import { Planner } from '../../reconciler/planner.ts'
import { restoreBrakes } from '../../reconciler/restore-brakes.ts'
import { RouteGuard } from '../../reconciler/route-guard.ts'
import { routedNode } from '../../reconciler/routed-node.ts'
import { TableCache } from '../../reconciler/table-cache.ts'
import { Targets } from '../../reconciler/targets.ts'
import { inParallel } from '../in-parallel.ts'
import { type Waits, withRetries } from '../with-retries.ts'
import { type PlannedCidrs, planCidrs } from './planned-cidrs.ts'
import { findTables, readTables } from './read-tables.ts'
import { type NodeTrouble, nodeTroubles } from './troubles.ts'

/**
 * Everything that routes depend on, looked at once: Nodes, ledger, tables and targets, and what the controller would do
 * about each destination in each table. What `plan`, `apply` and `export` say rests on this one look, by the controller's
 * own code. Nothing is written anywhere, neither to a cloud nor to a cluster nor to a file.
 */
export interface RouteSurvey {
  /** As the API server or the file has them, in its order. */
  readonly nodes: readonly Node[]
  /** Sorted by id, those too that could not be read. */
  readonly tables: readonly SurveyedTable[]
  /** Claimed by a Node or recorded, sorted by {@link compareCidrs}. */
  readonly destinations: readonly SurveyedDestination[]
  /** Of each Node without podCIDRs, where there are pools to give it some: the oldest first. */
  readonly planned: readonly PlannedCidrs[]
  /** What keeps Nodes from being routed, in the controller's own words, and what is odd; sorted by name of the Node. */
  readonly troubles: readonly NodeTrouble[]
  /** What it was made with, for whoever carries it out. */
  readonly state: SurveyState
}

export interface SurveyedTable {
  readonly table: Table
  /** Everything in it, foreign routes too; nothing if it could not be read. */
  readonly routes: readonly ObservedRoute[]
  /** How full it is, where the cloud has a limit that is known. */
  readonly quota?: Quota
  /** Why it could not be read: nothing is planned for it. */
  readonly error?: ProviderError
}

export interface SurveyedDestination {
  readonly key: DestinationKey
  readonly destination: Cidr
  /** To which it is to be routed; undefined if no Node claims it. */
  readonly holder: RoutedNode | undefined
  /** What podway has recorded of it; undefined if it has never written it. */
  readonly record: LedgerRecord | undefined
  /** Of the holder, for the destination's family; undefined without a holder. */
  readonly target: Target | TargetProblem | undefined
  /** What is to be done in each table that was read and to which it belongs, sorted by id of the table. */
  readonly work: readonly GuardedWork[]
  /** Tables in which a foreign route says what podway would write: it could be adopted. Sorted ids. */
  readonly adoptable: readonly string[]
}

/** The controller's own state, filled by one look. */
export interface SurveyState {
  readonly claims: Claims
  readonly ledger: Ledger
  readonly tables: TableCache
  readonly targets: Targets
  readonly planner: Planner
  readonly fullTables: FullTables
  readonly brake: Brake<DestinationKey>
  readonly guard: RouteGuard
}

export interface SurveyParts {
  readonly provider: RouteProvider
  readonly nodes: (signal: AbortSignal) => Promise<readonly Node[]>
  /** Only its `load` is called. */
  readonly store: LedgerStore
  readonly waits: Waits
  /** Told what is read next: `3 tables`. */
  readonly progress?: (what: string) => void
}

export interface SurveyRequest {
  readonly policy: Policy
  /** From which Nodes without podCIDRs would get some; undefined if that is not to be planned. */
  readonly pools?: readonly Pool[] | undefined
  readonly serviceRanges?: readonly Cidr[]
  /** Whether targets may be made to forward later on, by {@link SurveyState.targets}. */
  readonly mayPrepare?: boolean
}

/** How many answers are waited for at a time: they travel together, as many as fit into a call. */
const lookUpsAtOnce = 400

/** @throws ProviderError, KubeError, StateFileError, NodeFileError; an Error if the cluster has no table */
export async function surveyRoutes(
  { mayPrepare = false, policy, pools, serviceRanges = [] }: SurveyRequest,
  { nodes: readNodes, progress = () => undefined, provider, store, waits }: SurveyParts,
  signal: AbortSignal,
): Promise<RouteSurvey> {
  // The brake looks at a time that stands still, but for its grace: a wave is one here, whatever the look takes.
  let time = 0
  const monotonic = (): number => time
  const claims = new Claims()
  const ledger = new Ledger(store)
  const tables = new TableCache()
  const targets = new Targets(provider, silentLogger, signal, mayPrepare)
  const planner = new Planner({ claims, ledger, tables, targets })
  const fullTables = new FullTables(monotonic)
  const brake = new Brake<DestinationKey>({ ...deleteBrake, monotonic })
  const known = { claims, ledger, tables, targets, planner }
  const guard = new RouteGuard({ ...known, fullTables, brake, policy, onHeld: () => undefined })

  progress('Nodes and the ledger')
  const [nodes] = await Promise.all([
    withRetries(() => readNodes(signal), waits, signal),
    withRetries(() => ledger.open(signal), waits, signal),
  ])
  const routed = nodes.map(routedNode)
  for (const node of routed) claims.upsert(node)
  restoreBrakes({ brake, ledger, nodeBrake: new Brake({ ...conditionBrake, monotonic }) }, nodes)

  progress('the tables')
  const found = await findTables({ provider, waits }, routed, [], signal)
  tables.discover(found)
  const readings = await readTables({ provider, waits }, found, signal)
  const surveyed = readings.map(({ error, snapshot, table }): SurveyedTable => {
    if (snapshot === undefined) return { table, routes: [], error }
    tables.load(table.id, snapshot, tables.mark())
    const quota = provider.quota?.(table, snapshot)
    return { table, routes: snapshot.routes, ...(quota === undefined ? {} : { quota }) }
  })

  const planned =
    pools === undefined
      ? []
      : planCidrs({ nodes, records: ledger.all(), tables: readings, pools, serviceRanges })
  const byName = new Map(routed.map((node) => [node.name, node]))
  for (const one of planned) {
    const node = byName.get(one.node)
    if (one.result === 'allocated' && node !== undefined) claims.promise(node, one.cidrs)
  }

  const keys = keysOf(claims, ledger)
  progress('the Nodes’ targets')
  await inParallel(wantedTargets(keys, known), lookUpsAtOnce, ({ node, family }) =>
    withRetries(() => targets.resolve(node, family), waits, signal),
  )
  const unwanted = new Set(keys.filter((key) => isUnwanted(key, known)))
  const held = new Set<DestinationKey>()
  // All ask before the first may pass, as the controller's grace has it.
  for (const at of [0, deleteBrake.graceMs]) {
    time = at
    await inParallel([...unwanted], lookUpsAtOnce, async (key) => {
      const record = ledger.get(key)
      if (record === undefined) return
      const work = planner.plan(key, { kind: 'nothing' })
      const answer = await withRetries(() => guard.askBrake(record, key, work), waits, signal)
      if (answer.answer === 'held') held.add(key)
    })
  }

  const workOf = (key: DestinationKey): readonly GuardedWork[] => {
    if (planner.holder(key) !== undefined) return guard.guarded(key, planner.inspect(key))
    return unwanted.has(key) ? guard.guarded(key, planner.plan(key, { kind: 'nothing' }), held.has(key)) : []
  }
  const destinations = keys.map((key): SurveyedDestination => {
    const holder = planner.holder(key)
    const destination = parseCidr(key)
    return {
      key,
      destination,
      holder,
      record: ledger.get(key),
      target: holder && targets.cached(holder, destination.family),
      work: workOf(key),
      adoptable: planner.adoptable(key),
    }
  })
  return {
    nodes,
    tables: surveyed,
    destinations,
    planned,
    troubles: nodeTroubles({ ...known, fullTables }, planned),
    state: { ...known, fullTables, brake, guard },
  }
}

type Known = Pick<SurveyState, 'claims' | 'ledger' | 'planner'>

/** All that a Node claims or the ledger has. */
function keysOf(claims: Claims, ledger: Ledger): readonly DestinationKey[] {
  const all = [
    ...claims.nodes().flatMap(({ name }) => claims.destinations(name)),
    ...ledger.all().map(({ destination }) => destination),
  ]
  const unique = new Map(all.map((destination) => [destinationKey(destination), destination]))
  return [...unique].sort(([, a], [, b]) => compareCidrs(a, b)).map(([key]) => key)
}

/** Each holder once in each family. */
function wantedTargets(keys: readonly DestinationKey[], { planner }: Known): readonly TargetQuery[] {
  const queries = keys.flatMap((key): readonly TargetQuery[] => {
    const node = planner.holder(key)
    return node === undefined ? [] : [{ node, family: parseCidr(key).family }]
  })
  return [...new Map(queries.map((query) => [targetKey(query), query])).values()]
}

/** Recorded, and nobody's any more: the Node is gone, or it has other podCIDRs. One that has none yet may be given them back. */
function isUnwanted(key: DestinationKey, { claims, ledger, planner }: Known): boolean {
  const record = ledger.get(key)
  if (record === undefined || planner.holder(key) !== undefined) return false
  const node = claims.node(record.node.name)
  return node?.uid !== record.node.uid || node.podCIDRs.length > 0
}

export const hasTarget = (
  one: SurveyedDestination,
): one is SurveyedDestination & { readonly target: Target } =>
  one.target !== undefined && !isTargetProblem(one.target)
