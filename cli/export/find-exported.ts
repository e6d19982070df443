import { equalCidrs, formatCidr } from '../../net/cidr.ts'
import type { DescribedRoute, DescribedTable } from '../../providers/described-table.ts'
import type { RouteProvider } from '../../providers/provider.ts'
import {
  type ObservedRoute,
  type Table,
  type Target,
  delegates,
  formatTarget,
  sameTarget,
} from '../../providers/route.ts'
import { destinationKey } from '../../reconciler/ledger/record.ts'
import type { PlanItem } from '../../reconciler/plan/plan.ts'
import { type RouteSurvey, type SurveyedDestination, hasTarget } from '../survey/survey.ts'
import { type Waits, withRetries } from '../with-retries.ts'
import type { ExportedRoute, Standing } from './exported-route.ts'

export interface Exportable {
  /** One for each destination and table where it is wanted. */
  readonly routes: readonly ExportedRoute[]
  /** What is no route, or is none that can be told of. One sentence each. */
  readonly notes: readonly string[]
}

export interface Describer {
  readonly provider: Pick<RouteProvider, 'describe'>
  readonly waits: Waits
  /** Whether a route can be written down that leads there: not one to a gateway. */
  readonly canLeadTo: (target: Target) => boolean
}

/**
 * The routes that the Nodes want, as they are where they are there, and as podway would lead them where they are not. What
 * is not in an export Terraform would delete, so a table of which nothing is known is an error.
 *
 * @throws Error if a table could not be read, or changed meanwhile; ProviderError
 */
export async function findExported(
  survey: RouteSurvey,
  { canLeadTo, provider, waits }: Describer,
  signal: AbortSignal,
): Promise<Exportable> {
  const unread = survey.tables.find(({ error }) => error !== undefined)
  if (unread?.error !== undefined)
    throw new Error(`table ${unread.table.id} could not be read: ${unread.error.message}`, {
      cause: unread.error,
    })
  const observed = observedRoutes(survey)
  const wanted = survey.destinations.flatMap((one) =>
    one.holder === undefined ? [] : one.work.map(({ item, table }) => ({ ...one, item, table })),
  )
  const found = wanted
    .filter(({ table }) => !delegates(table))
    .flatMap((one) => look(one, observed, canLeadTo))
  const tables = [...new Map(found.map(({ table }) => [table.id, table])).values()]
  const described = new Map<string, DescribedTable | undefined>()
  for (const table of tables)
    described.set(table.id, await withRetries(async () => provider.describe?.(table, signal), waits, signal))
  return {
    routes: found.map((one) => exported(one, described.get(one.table.id))),
    notes: [
      ...survey.troubles.map(({ message, node }) => `Node ${node}: ${message}`),
      ...found.flatMap(noteOn),
      ...delegated(wanted),
      ...leftOver(survey),
    ],
  }
}

interface Wanted extends SurveyedDestination {
  readonly table: Table
  readonly item: PlanItem
}

interface Found extends Pick<Wanted, 'destination' | 'item' | 'table'> {
  readonly node: string
  readonly standing: Standing
  readonly target: Target
  /** Where it leads now, if it is there. */
  readonly leadsTo: Target | undefined
}

type Observed = (table: Table, one: SurveyedDestination) => ObservedRoute | undefined

function observedRoutes({ tables }: RouteSurvey): Observed {
  const byTable = new Map(
    tables.map(({ routes, table }) => [
      table.id,
      new Map(
        routes
          .filter(({ origin }) => origin === 'static')
          .map((route) => [destinationKey(route.destination), route]),
      ),
    ]),
  )
  return (table, { key }) => byTable.get(table.id)?.get(key)
}

/** Nothing where neither a route nor a target is known. */
function look(one: Wanted, observed: Observed, canLeadTo: Describer['canLeadTo']): readonly Found[] {
  const { destination, item, table } = one
  const leadsTo = observed(table, one)?.target
  const wanted = hasTarget(one) ? one.target : undefined
  const standing = standingOf(one, leadsTo)
  const isKept = leadsTo !== undefined && standing !== 'disputed' && canLeadTo(leadsTo)
  const target = isKept ? leadsTo : wanted
  if (standing === undefined || target === undefined) return []
  const node = one.holder?.name ?? ''
  return [{ destination, item, table, node, standing, target, leadsTo }]
}

function standingOf({ item, record, table }: Wanted, leadsTo: Target | undefined): Standing | undefined {
  switch (item.op) {
    case 'create':
      return 'missing'
    case 'keep':
      // Of a node whose target is not known now, too: to leave it out would be to delete it.
      if (leadsTo === undefined) return undefined
      return record?.tables.includes(table.id) === true ? 'owned' : 'foreign'
    case 'replace':
      return 'owned'
    case 'satisfied':
      return 'foreign'
    case 'disputed':
      return 'disputed'
    case 'delete':
    case 'none':
      return undefined
  }
}

function exported({ leadsTo, table, ...one }: Found, described: DescribedTable | undefined): ExportedRoute {
  const { destination, node, standing, target } = one
  const route = { table: described?.id ?? table.id, destination, target, node, standing }
  if (described === undefined || leadsTo === undefined) return route
  const there = described.routes.filter(
    (other) => equalCidrs(other.destination, destination) && sameTarget(other.target, leadsTo),
  )
  const [first] = there.toSorted(byUse)
  if (first === undefined)
    throw new Error(
      `${formatCidr(destination)} in table ${table.id} has changed meanwhile: run the command again`,
    )
  const isElsewhere = !sameTarget(leadsTo, target)
  return { ...route, described: isElsewhere ? { ...first, target, nextHop: target.id } : first }
}

/** Of several that lead to the same place, the one that is used first. */
const byUse = (a: DescribedRoute, b: DescribedRoute): number =>
  (a.priority ?? 0) - (b.priority ?? 0) || (a.name < b.name ? -1 : 1)

function noteOn({ destination, item, table, target }: Found): readonly string[] {
  if (item.op !== 'replace' || item.change.op !== 'replace') return []
  return sameTarget(item.change.target, target)
    ? []
    : [
        `${formatCidr(destination)} in ${table.id} is exported as it is, and podway is to lead it from ${formatTarget(target)} to ${formatTarget(item.change.target)}: export again when it has.`,
      ]
}

/** What the network delegates has no route, and nothing that Terraform could manage one by one. */
function delegated(wanted: readonly Wanted[]): readonly string[] {
  const count = wanted.filter(({ table }) => delegates(table)).length
  const [what, are] = count === 1 ? ['podCIDR', 'is'] : ['podCIDRs', 'are']
  return count === 0
    ? []
    : [
        `${count} ${what} ${are} not exported: as alias IP ranges or delegated prefixes they are part of the Nodes’ network interfaces, and no routes.`,
      ]
}

function leftOver({ destinations }: RouteSurvey): readonly string[] {
  const left = destinations.filter(
    ({ holder, work }) => holder === undefined && work.some(({ item }) => item.op === 'delete'),
  )
  return left.map(
    ({ destination }) =>
      `${formatCidr(destination)} is not exported: podway made it, no Node wants it any more, and podway is to delete it.`,
  )
}
