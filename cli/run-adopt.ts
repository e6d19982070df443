import type { Node } from '../kube/objects.ts'
import type { Resource } from '../kube/resource.ts'
import { formatCidr } from '../net/cidr.ts'
import type { RouteProvider } from '../providers/provider.ts'
import type { LedgerRecord } from '../reconciler/ledger/record.ts'
import { routedNode } from '../reconciler/routed-node.ts'
import { type Adoption, adopt } from './adopt.ts'
import type { AdoptConfig } from './adopt-config.ts'
import { formatReport, reportLines } from './adopt-report.ts'
import { type Found, findAdoptable } from './find-adoptable.ts'
import { listAll } from './list-all.ts'
import { type Output, routesText } from './output.ts'
import type { LedgerSource } from './survey/ledger-source.ts'
import { type Waits, withRetries } from './with-retries.ts'

export interface AdoptParts {
  readonly provider: RouteProvider
  readonly nodes: Resource<Node>
  readonly ledger: LedgerSource
  readonly output: Output
  /** RFC 3339, seconds. */
  readonly now: () => string
  readonly waits: Waits
}

export type AdoptRequest = Pick<AdoptConfig, 'destinations' | 'tables' | 'yes' | 'output'>

/**
 * Lists what may be adopted, and with `yes` records it. Rejects, once everything is reported, if a part of what was asked
 * for could not be done.
 */
export async function runAdopt(request: AdoptRequest, parts: AdoptParts, signal: AbortSignal): Promise<void> {
  if (!request.yes) {
    const found = await find(request, parts, () => parts.ledger.read(signal), signal)
    await report(request, parts.output, found, [])
    return
  }
  await parts.ledger.write(async (store) => {
    const found = await find(request, parts, () => store.load(signal), signal)
    const wanted = found.findings.filter(({ answer }) => answer.adopt)
    const adoptions = await adopt(wanted, { ...parts, store }, signal)
    await report(request, parts.output, found, adoptions)
  })
}

async function find(
  request: AdoptRequest,
  { nodes, provider, waits }: AdoptParts,
  load: () => Promise<readonly LedgerRecord[]>,
  signal: AbortSignal,
): Promise<Found> {
  const [list, records] = await Promise.all([
    withRetries(() => listAll(nodes, signal), waits, signal),
    withRetries(load, waits, signal),
  ])
  const search = { ...request, provider, waits, nodes: list.map(routedNode), records }
  return findAdoptable(search, signal)
}

async function report(
  { destinations, output: format, yes }: AdoptRequest,
  output: Output,
  { findings, missing, unread }: Found,
  adoptions: readonly Adoption[],
): Promise<void> {
  const lines = reportLines(findings, adoptions)
  const count = (result: (typeof lines)[number]['result']): number =>
    lines.filter((line) => line.result === result).length
  await output.result(formatReport({ lines, unread }, format, output.columns))
  for (const destination of missing) await output.note(`No table has a route to ${formatCidr(destination)}.`)
  for (const { table, error } of unread)
    await output.note(`Table ${table.id} could not be read: ${error.message}`)

  const sums = {
    adopted: count('adopted'),
    adoptable: count('adoptable'),
    owned: findings.length - lines.length,
  }
  if (sums.adopted > 0 || count('failed') === 0) await output.note(summary(sums))

  // What was not asked for by name may well be somebody else's to keep.
  const refused = yes && destinations.length > 0 ? count('refused') + missing.length : 0
  const problems = [
    ...(count('failed') + refused > 0
      ? [`${routesText(count('failed') + refused)} could not be adopted`]
      : []),
    ...(unread.length > 0 ? [`${unread.length} of the tables could not be read`] : []),
  ]
  if (problems.length > 0) throw new Error(problems.join(', '))
}

/** One sentence. */
function summary(sums: {
  readonly adopted: number
  readonly adoptable: number
  readonly owned: number
}): string {
  if (sums.adopted > 0) return `${routesText(sums.adopted)} adopted.`
  if (sums.adoptable > 0)
    return `${routesText(sums.adoptable)} can be adopted: run the command again with --yes.`
  const already = sums.owned === 0 ? '' : ` (${routesText(sums.owned)} recorded as podway's already)`
  return `Nothing to adopt${already}.`
}
