import { ProviderError } from '../errors.ts'
import type { Change, Outcome } from '../provider.ts'
import { networkPath } from './arm-api.ts'
import { type Arm, callWith } from './call.ts'
import { untilDone } from './operations.ts'
import type { Polling } from './poller.ts'
import type { Leftovers } from './leftovers.ts'
import { editTable } from './table-edit.ts'
import { readTable } from './table-read.ts'

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
  { arm, leftovers, polling, routesPerTable, table: id }: Site,
  changes: readonly Change[],
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  if (changes.length === 0) return []
  using permit = await arm.budget.reserve('WriteRouteTable', signal)
  const current = await readTable(arm, id, polling, signal)
  const { added, outcomes, table } = editTable(current, changes, routesPerTable, leftovers.of(id))
  const settled = (written: Outcome): readonly Outcome[] =>
    outcomes.map((outcome) => (outcome === 'written' ? written : outcome))
  if (table === undefined) return settled({ result: 'done' })
  const { etag } = current
  if (etag === undefined)
    throw new ProviderError('transient', `route table ${id} was read without its revision`, {
      code: 'NoEtag',
      action: operation,
    })
  try {
    const request = { operation, method: 'PUT', path: networkPath(id), body: table, ifMatch: etag } as const
    const answer = await callWith(permit, arm, request, signal)
    leftovers.failed(id, added)
    await untilDone(arm, operation, answer, polling, signal)
    leftovers.done(id, added)
    return settled({ result: 'done' })
  } catch (error) {
    if (!(error instanceof ProviderError) || isAboutChanges(error)) throw error
    return settled({ result: 'failed', error })
  }
}

const isAboutChanges = ({ class: errorClass }: ProviderError): boolean =>
  errorClass === 'invalid' || errorClass === 'quota'
