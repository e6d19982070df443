import { type Cidr, compareCidrs } from '../net/cidr.ts'
import type { ProviderError } from '../providers/errors.ts'
import {
  type RouteProvider,
  type TargetKey,
  type TargetProblem,
  type TargetQuery,
  targetKey,
} from '../providers/provider.ts'
import type { Table, Target } from '../providers/route.ts'
import {
  type DestinationKey,
  type LedgerRecord,
  destinationKey,
  isOurs,
} from '../reconciler/ledger/record.ts'
import { type Adoptable, type AdoptableInput, adoptable } from '../reconciler/plan/adoptable.ts'
import { Claims, type RoutedNode } from '../reconciler/plan/claims.ts'
import { findTables, readTables } from './survey/read-tables.ts'
import { type Waits, withRetries } from './with-retries.ts'

/** A route whose destination is a Node's podCIDR, or one that was asked for, and whether it may become podway's. */
export interface Finding {
  readonly table: Table
  /** What the answer rests on. */
  readonly input: AdoptableInput
  readonly answer: Adoptable
}

export interface Found {
  /** Sorted by table, then by destination. */
  readonly findings: readonly Finding[]
  /** Tables that could not be read: what is in them is not known. */
  readonly unread: readonly { readonly table: Table; readonly error: ProviderError }[]
  /** What was asked for, and no table has a route to. */
  readonly missing: readonly Cidr[]
}

export interface Search {
  readonly provider: RouteProvider
  readonly nodes: readonly RoutedNode[]
  readonly records: readonly LedgerRecord[]
  /** Only these destinations; those of all Nodes if there is none. */
  readonly destinations: readonly Cidr[]
  /** Only the tables of these ids or names; all of the cluster's if there is none. */
  readonly tables: readonly string[]
  readonly waits: Waits
}

/** What one look-up may ask for; DescribeInstances of AWS is slow beyond it. */
const targetsAtOnce = 200

/** Changes nothing. @throws ProviderError, and an Error if a table that was asked for is not the cluster's */
export async function findAdoptable(search: Search, signal: AbortSignal): Promise<Found> {
  const { destinations, provider, waits } = search
  const claims = new Claims()
  for (const node of search.nodes) claims.upsert(node)
  const records = new Map(search.records.map((record) => [destinationKey(record.destination), record]))
  const named = new Set(destinations.map(destinationKey))
  const isWanted = (key: DestinationKey): boolean =>
    named.size === 0 ? claims.claimants(key).length > 0 : named.has(key)

  const tables = await findTables(search, search.nodes, search.tables, signal)
  const read = await readTables(search, tables, signal)
  const observed = read.flatMap(({ table, snapshot }) =>
    (snapshot?.routes ?? [])
      .filter((route) => isWanted(destinationKey(route.destination)))
      .map((route) => ({ table, route })),
  )
  // Not more than is needed: a look-up takes of the account's budget.
  const queries = observed.flatMap(({ table, route }): readonly TargetQuery[] => {
    const key = destinationKey(route.destination)
    const [node, ...others] = claims.claimants(key)
    const undecided = route.origin === 'static' && !isOurs(records.get(key), table.id, route)
    if (node === undefined || others.length > 0 || !undecided) return []
    return [{ node, family: route.destination.family }]
  })
  const targets = await lookUp(provider, queries, waits, signal)

  const findings = observed.map(({ table, route }): Finding => {
    const key = destinationKey(route.destination)
    const claimants = claims.claimants(key)
    const [node] = claimants
    const input: AdoptableInput = {
      destination: route.destination,
      observed: route,
      claimants,
      target: node && targets.get(targetKey({ node, family: route.destination.family })),
      record: records.get(key),
      tableId: table.id,
    }
    return { table, input, answer: adoptable(input) }
  })
  const there = new Set(findings.map(({ input }) => destinationKey(input.destination)))
  return {
    findings: findings.sort(
      (a, b) =>
        compareTexts(a.table.id, b.table.id) || compareCidrs(a.input.destination, b.input.destination),
    ),
    unread: read.flatMap(({ table, error }) => (error === undefined ? [] : [{ table, error }])),
    missing: destinations.filter((destination) => !there.has(destinationKey(destination))),
  }
}

async function lookUp(
  provider: RouteProvider,
  queries: readonly TargetQuery[],
  waits: Waits,
  signal: AbortSignal,
): Promise<ReadonlyMap<TargetKey, Target | TargetProblem>> {
  const wanted = [...new Map(queries.map((query) => [targetKey(query), query])).values()]
  const targets = new Map<TargetKey, Target | TargetProblem>()
  for (let start = 0; start < wanted.length; start += targetsAtOnce) {
    const some = wanted.slice(start, start + targetsAtOnce)
    const answers = await withRetries(() => provider.targets(some, signal), waits, signal)
    for (const [key, answer] of answers) targets.set(key, answer)
  }
  return targets
}

const compareTexts = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1)
