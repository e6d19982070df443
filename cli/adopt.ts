import { type LedgerStore, RecordChangedError } from '../reconciler/ledger/ledger.ts'
import {
  type LedgerRecord,
  type NodeRef,
  type TableState,
  destinationKey,
  withState,
} from '../reconciler/ledger/record.ts'
import { adoptable } from '../reconciler/plan/adoptable.ts'
import type { Target } from '../providers/route.ts'
import type { Finding } from './find-adoptable.ts'
import { inParallel } from './in-parallel.ts'
import { type Waits, withRetries } from './with-retries.ts'

export interface AdoptOptions {
  readonly store: Pick<LedgerStore, 'intend' | 'settle'>
  /** RFC 3339, seconds. */
  readonly now: () => string
  readonly waits: Waits
}

/** What became of one finding that may be adopted. */
export interface Adoption {
  readonly finding: Finding
  /** Why it could not be recorded; undefined if it is podway's now. */
  readonly failure: string | undefined
}

/** So many records at a time keep a connection pool, and a file's writes, busy. */
const atOnce = 64

/**
 * Records the routes as podway's: one record a destination, to which the tables are added; what it has is kept. A
 * destination that fails does not stop the others. Rejects only after an abort. The order is that of the findings.
 */
export async function adopt(
  findings: readonly Finding[],
  options: AdoptOptions,
  signal: AbortSignal,
): Promise<readonly Adoption[]> {
  const groups = Object.values(
    Object.groupBy(findings, ({ input }) => destinationKey(input.destination)),
  ).filter((group) => group !== undefined)
  const failures = new Map<Finding, string | undefined>()
  await inParallel(groups, atOnce, async (group) => {
    const failure = await adoptDestination(group, options, signal)
    for (const finding of group) failures.set(finding, failure)
  })
  return findings.map((finding) => ({ finding, failure: failures.get(finding) }))
}

/** Resolves with why it could not be done. */
async function adoptDestination(
  group: readonly Finding[],
  options: AdoptOptions,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    await writeUnlessChanged(group, options, signal)
    return undefined
  } catch (error) {
    signal.throwIfAborted()
    return error instanceof Error ? error.message : String(error)
  }
}

/** Once more if somebody else has changed the record since it was read: the controller is at work while we are. */
async function writeUnlessChanged(
  group: readonly Finding[],
  options: AdoptOptions,
  signal: AbortSignal,
): Promise<void> {
  try {
    await write(group, options, signal)
  } catch (error) {
    if (!(error instanceof RecordChangedError)) throw error
    const { record } = error.seen
    const again = group
      .map(({ table, input }) => ({ table, input: { ...input, record } }))
      .map((one) => ({ ...one, answer: adoptable(one.input) }))
    const refusal = again.find(({ answer }) => !answer.adopt && answer.reason !== 'Owned')?.answer
    if (refusal?.adopt === false) throw new Error(refusal.message, { cause: error })
    await write(
      again.filter(({ answer }) => answer.adopt),
      options,
      signal,
    )
  }
}

async function write(
  group: readonly Finding[],
  { store, now, waits }: AdoptOptions,
  signal: AbortSignal,
): Promise<void> {
  const [first] = group
  if (first?.answer.adopt !== true) return
  const { destination, record } = first.input
  const tables = group.map(({ table }) => table.id)
  const intent = withTables(destination, record, first.answer, tables)
  await withRetries(() => store.intend(intent, signal), waits, signal)
  const adopted = { state: 'Programmed', reason: 'Adopted', message: '', written: true } as const
  const states = tables.reduce<ReadonlyMap<string, TableState>>(
    (before, id) => withState(before, id, adopted, now()),
    intent.states,
  )
  await withRetries(() => store.settle(destination, states, signal), waits, signal)
}

/** Node and target are the record's own, unless it has no table and so says nothing of them. */
function withTables(
  destination: LedgerRecord['destination'],
  record: LedgerRecord | undefined,
  { holder, target }: { readonly holder: NodeRef; readonly target: Target },
  tables: readonly string[],
): LedgerRecord {
  return {
    previousTargets: [],
    states: new Map<string, TableState>(),
    ...record,
    destination,
    node: holder,
    target,
    tables: [...new Set([...(record?.tables ?? []), ...tables])].sort(),
  }
}
