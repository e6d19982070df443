import { formatCidr } from '../net/cidr.ts'
import { ProviderError } from '../providers/errors.ts'
import type { Change, RouteProvider } from '../providers/provider.ts'
import { type ObservedRoute, formatTarget } from '../providers/route.ts'
import { Applier } from '../reconciler/apply/apply.ts'
import type { LedgerStore } from '../reconciler/ledger/ledger.ts'
import { type LedgerRecord, destinationKey } from '../reconciler/ledger/record.ts'
import { plan } from '../reconciler/plan/plan.ts'
import { changesAtOnce } from './changes-at-once.ts'
import type { CleanupFields } from './documents/list-documents.ts'
import { inParallel } from './in-parallel.ts'
import { type ListFormat, type Output, formatDocument, routesText } from './output.ts'
import { type Column, formatTable } from './table.ts'
import { type Asker, confirm } from './terminal/confirm.ts'
import { type Waits, withRetries } from './with-retries.ts'

export interface CleanupParts {
  readonly provider: RouteProvider
  readonly store: LedgerStore
  /** Tells agents that nothing is routed natively any more. Idempotent. */
  readonly withdraw: (signal: AbortSignal) => Promise<void>
  readonly output: Output
  readonly waits: Waits
  readonly asker: Asker
  /** Runs the work while no controller works; rejects if one does. */
  readonly alone: (work: (signal: AbortSignal) => Promise<void>, signal: AbortSignal) => Promise<void>
}

export interface CleanupRequest {
  readonly yes: boolean
  readonly output: ListFormat
}

/** A recorded destination, and what is to be deleted of it. */
interface Task {
  readonly record: LedgerRecord
  readonly deletes: readonly { readonly table: string; readonly change: Change & { readonly op: 'delete' } }[]
}

const tablesAtOnce = 8

/**
 * Lists every route that is podway's, and once somebody has said yes deletes them and then their records; foreign ones, and those that
 * others have changed since, stay. What could not be deleted stays recorded, and running it again is enough. Rejects, once
 * everything is reported, if a part could not be done.
 */
export async function runCleanup(
  request: CleanupRequest,
  parts: CleanupParts,
  signal: AbortSignal,
): Promise<void> {
  let shown: string | undefined
  if (!request.yes) {
    const tasks = await findTasks(parts, signal)
    await report(request, parts, tasks)
    const count = countOf(tasks)
    if (count === 0 || !parts.asker.isThere) {
      await parts.output.note(
        count === 0
          ? 'Nothing to delete.'
          : `${routesText(count)} would be deleted: stop the controller, and run the command again with --yes.`,
      )
      return
    }
    await confirm(`Do you want ${routesText(count)} to be deleted?`, { ...parts, yes: false }, signal)
    shown = textOf(tasks)
  }
  await parts.alone(async (term) => {
    const tasks = await findTasks(parts, term)
    if (shown === undefined) await report(request, parts, tasks)
    else if (textOf(tasks) !== shown)
      throw new Error(
        'nothing was deleted: what is there has changed since it was shown. Run the command again',
      )
    // Before the routes: what agents leave as it is would get no answer.
    await withRetries(() => parts.withdraw(term), parts.waits, term)
    const applier = new Applier(parts.provider, term)
    const atOnce = changesAtOnce(parts.provider.capabilities)
    const failures = (await inParallel(tasks, atOnce, (task) => carryOut(task, applier, parts, term))).flat()
    for (const failure of failures) await parts.output.note(failure)
    await parts.output.note(`${routesText(countOf(tasks) - failures.length)} deleted.`)
    if (failures.length > 0) throw new Error(`${routesText(failures.length)} could not be deleted`)
  }, signal)
}

async function findTasks(
  { provider, store, waits }: CleanupParts,
  signal: AbortSignal,
): Promise<readonly Task[]> {
  const records = await withRetries(() => store.load(signal), waits, signal)
  // Not those that the cluster's tag finds: a table may have lost it, and our routes are in it all the same.
  const ids = [...new Set(records.flatMap(({ tables }) => tables))].sort()
  const listed = await inParallel(ids, tablesAtOnce, (id) =>
    withRetries(() => routesOf(provider, id, signal), waits, signal),
  )
  const observed = new Map(ids.map((id, index) => [id, listed[index]]))
  return records.map((record) => ({
    record,
    deletes: record.tables.flatMap((table) => {
      const key = destinationKey(record.destination)
      const item = plan({
        destination: record.destination,
        wanted: { kind: 'nothing' },
        observed: observed.get(table)?.get(key),
        record,
        tableId: table,
      })
      return item.op === 'delete' && item.change.op === 'delete' ? [{ table, change: item.change }] : []
    }),
  }))
}

/** By destination; nothing of a table that is gone. */
async function routesOf(
  provider: RouteProvider,
  id: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ObservedRoute>> {
  try {
    const { routes: all } = await provider.list({ id }, signal)
    return new Map(
      all
        .filter(({ origin }) => origin === 'static')
        .map((route) => [destinationKey(route.destination), route]),
    )
  } catch (error) {
    if (error instanceof ProviderError && error.class === 'not-found') return new Map()
    throw error
  }
}

/** What could not be done, in words. */
async function carryOut(
  { record, deletes }: Task,
  applier: Applier,
  { store, waits }: CleanupParts,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const failures: string[] = []
  for (const { table, change } of deletes) {
    try {
      await withRetries(() => remove(applier, table, change), waits, signal)
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error
      failures.push(`${formatCidr(record.destination)} in table ${table}: ${error.message}`)
    }
  }
  if (failures.length === 0) await withRetries(() => store.forget(record.destination, signal), waits, signal)
  return failures
}

async function remove(applier: Applier, table: string, change: Change): Promise<void> {
  const outcome = await applier.submit({ id: table }, change)
  if (outcome.result === 'failed') throw outcome.error
}

interface Line {
  readonly table: string
  readonly destination: string
  readonly node: string
  readonly target: string
}

const columns: readonly Column<Line>[] = [
  { title: 'TABLE', of: ({ table }) => table },
  { title: 'DESTINATION', of: ({ destination }) => destination },
  { title: 'NODE', of: ({ node }) => node },
  { title: 'TARGET', of: ({ target }) => target },
]

const linesOf = (tasks: readonly Task[]): readonly Line[] =>
  tasks.flatMap(({ record, deletes }) =>
    deletes.map(({ table, change }): Line => ({
      table,
      destination: formatCidr(record.destination),
      node: record.node.name,
      target: formatTarget(change.from),
    })),
  )

async function report(
  { output: format }: CleanupRequest,
  { output }: CleanupParts,
  tasks: readonly Task[],
): Promise<void> {
  const lines = linesOf(tasks)
  if (format !== 'table')
    await output.result(
      formatDocument('CleanupRouteList', { routes: [...lines] } satisfies CleanupFields, format),
    )
  else if (lines.length > 0) await output.result(formatTable(columns, lines, output.columns))
}

/** Equal for what means the same to who has looked at it. */
const textOf = (tasks: readonly Task[]): string => JSON.stringify(linesOf(tasks))

const countOf = (tasks: readonly Task[]): number =>
  tasks.reduce((sum, { deletes }) => sum + deletes.length, 0)
