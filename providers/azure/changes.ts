import type { Permit } from '../budget-lane.ts'
import { ProviderError } from '../errors.ts'
import type { Change, Outcome } from '../provider.ts'
import { networkPath } from './arm-api.ts'
import { type Arm, callWith } from './call.ts'
import { untilDone } from './operations.ts'
import type { Polling } from './poller.ts'
import type { Leftovers } from './leftovers.ts'
import { editTable, withoutLeftovers } from './table-edit.ts'
import { isUnfinished, readTable } from './table-read.ts'
import type { WireTable } from './wire.ts'

/** Where changes are made, and what is known there. */
export interface Site {
  readonly arm: Arm
  readonly polling: Polling
  readonly table: string
  readonly routesPerTable: number
  readonly leftovers: Leftovers
}

const operation = 'RouteTables_CreateOrUpdate'

/**
 * Carries out all changes by one write of the whole table, which is how Azure takes many at once: each route by itself is
 * a write of the table too, one at a time, and takes four calls (https://github.com/kubernetes/kubernetes/issues/88151).
 *
 * The table is read when it is the write's turn, each change is held against what is there then, and the write is for
 * that revision and no other (`If-Match`): what a person did to the table meanwhile is never undone
 * (https://github.com/kubernetes/kubernetes/issues/75582). Where it is no longer that revision, nothing is written, and
 * every change that the write was for is `changed`.
 *
 * @throws ProviderError if Azure refuses several changes together for what they say, at once or behind the write: which one
 * it is can't be told
 */
export async function applyChanges(
  site: Site,
  changes: readonly Change[],
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  try {
    return await write(site, changes, signal)
  } catch (error) {
    if (!(error instanceof ProviderError) || (changes.length > 1 && isAboutChanges(error))) throw error
    return changes.map(() => ({ result: 'failed', error }))
  }
}

async function write(
  site: Site,
  changes: readonly Change[],
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  if (changes.length === 0) return []
  const { arm, leftovers, polling, routesPerTable, table: id } = site
  using permit = await arm.budget.reserve('WriteRouteTable', signal)
  const current = await readTable(arm, id, polling, signal)
  const { added, outcomes, table } = editTable(current, changes, routesPerTable, leftovers.of(id))
  const settled = (written: Outcome): readonly Outcome[] =>
    outcomes.map((outcome) => (outcome === 'written' ? written : outcome))
  // What was to be deleted may be gone from a table whose last write failed, and still be in force.
  const body = table ?? (isUnfinished(current) ? withoutLeftovers(current, leftovers.of(id)) : undefined)
  if (body === undefined) return settled({ result: 'done' })
  const failed = (error: ProviderError): readonly Outcome[] =>
    outcomes.map((outcome) =>
      outcome === 'written' || (table === undefined && outcome.result === 'done')
        ? { result: 'failed', error }
        : outcome,
    )
  try {
    const late = await put(site, permit, { current, body, added }, signal)
    if (late === undefined) return settled({ result: 'done' })
    // One of them is to blame: each half is tried by itself.
    if (changes.length > 1 && isAboutChanges(late)) throw late
    return failed(takenOn(late))
  } catch (error) {
    if (!(error instanceof ProviderError) || isAboutChanges(error)) throw error
    return failed(error)
  }
}

/**
 * Writes a table again whose last write failed, without what this run knows to be what fails.
 * @throws ProviderError
 */
export async function finishTable(site: Site, signal: AbortSignal): Promise<void> {
  const { arm, leftovers, polling, table: id } = site
  using permit = await arm.budget.reserve('WriteRouteTable', signal)
  const current = await readTable(arm, id, polling, signal)
  if (!isUnfinished(current)) return
  const body = withoutLeftovers(current, leftovers.of(id))
  const late = await put(site, permit, { current, body, added: [] }, signal)
  if (late !== undefined) throw late
}

interface Body {
  /** As it was read. */
  readonly current: WireTable
  readonly body: WireTable
  /** Names of the routes that the body adds. */
  readonly added: readonly string[]
}

/** Resolves to how it failed, if it did after it was taken on. @throws ProviderError if it was not taken on */
async function put(
  { arm, leftovers, polling, table: id }: Site,
  permit: Permit,
  { added, body, current: { etag } }: Body,
  signal: AbortSignal,
): Promise<ProviderError | undefined> {
  if (etag === undefined)
    throw new ProviderError('transient', `route table ${id} was read without its revision`, {
      code: 'NoEtag',
      action: operation,
    })
  const request = { operation, method: 'PUT', path: networkPath(id), body, ifMatch: etag } as const
  const answer = await callWith(permit, arm, request, signal)
  try {
    await untilDone(arm, operation, answer, polling, signal)
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    // Whatever else makes a write fail is no fault of the routes: they are to come into force with the next one.
    if (isAboutChanges(error)) leftovers.failed(id, added)
    return error
  }
  leftovers.done(id, added)
  return undefined
}

/**
 * What fails after it was taken on is in the table all the same, marked as failed, and comes into force with the next write,
 * whoever makes it: it is ours as much as what was done.
 */
function takenOn(cause: ProviderError): ProviderError {
  const { action = operation, code, requestId } = cause
  const message = `the route table has it, and it is not in force: ${cause.message}`
  const id = requestId === undefined ? {} : { requestId }
  return new ProviderError('unknown-outcome', message, { code, action, cause, ...id })
}

const isAboutChanges = ({ class: errorClass }: ProviderError): boolean =>
  errorClass === 'invalid' || errorClass === 'quota'
