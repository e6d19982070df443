import { ProviderError } from '../../providers/errors.ts'
import type { Change, Outcome, RouteProvider } from '../../providers/provider.ts'
import { type Table, formatTarget } from '../../providers/route.ts'
import { Coalescer } from './coalesce.ts'

interface Work {
  readonly table: Table
  readonly change: Change
  readonly onSent: () => void
}

interface Answer {
  readonly outcome: Outcome
  /** When packets follow it. */
  readonly effective: Promise<void> | undefined
}

/** Also of what somebody else wrote, maybe just now. */
const isThere = (outcome: Outcome | undefined): boolean => outcome?.result === 'done'

/**
 * Hands changes to the provider in the portions that its API takes: one at a time in parallel lanes (AWS), all of one
 * target together (Google alias ranges), all of one table together (Azure). The caller keeps the order of what
 * concerns one destination: it submits the next change after the outcome of the last.
 */
export class Applier {
  readonly #scope: RouteProvider['capabilities']['batch']['scope']
  readonly #lanes: Coalescer<Work, Answer>
  #sequence = 0

  constructor(provider: RouteProvider, signal: AbortSignal) {
    this.#scope = provider.capabilities.batch.scope
    this.#lanes = new Coalescer(
      async (_lane, works) => {
        const [first] = works
        if (first === undefined) return []
        const changes = works.map((work) => work.change)
        const answer = applyInParts(provider, first.table, changes, signal)
        for (const { onSent } of works) onSent()
        const outcomes = await answer
        const there = changes.filter((_, index) => isThere(outcomes[index]))
        const effective =
          there.length === 0 ? undefined : provider.untilEffective?.(first.table, there, signal)
        // Whoever has written learns of an abort; nobody else waits for it.
        effective?.catch(() => undefined)
        return outcomes.map((outcome) => ({ outcome, effective: isThere(outcome) ? effective : undefined }))
      },
      { max: provider.capabilities.batch.max },
    )
  }

  /**
   * Resolves with the change's own outcome, and of one that is done not before packets follow it; others go on meanwhile.
   * Rejects only on abort. `onSent` is called when the change has left for the provider, whose budget counts it from then
   * on.
   */
  async submit(table: Table, change: Change, onSent: () => void = () => undefined): Promise<Outcome> {
    const { effective, outcome } = await this.#lanes.submit(this.#lane(table, change), {
      table,
      change,
      onSent,
    })
    await effective
    return outcome
  }

  #lane(table: Table, change: Change): string {
    switch (this.#scope) {
      case 'change':
        return `${table.id} ${this.#sequence++}`
      case 'target':
        return `${table.id} ${formatTarget(change.op === 'delete' ? change.from : change.target)}`
      case 'table':
        return table.id
    }
  }
}

/**
 * A batch that the cloud refuses as a whole is halved until the bad change is alone: one must not keep the others from
 * being made. Any other failure says nothing of the changes, and is the outcome of each.
 */
async function applyInParts(
  provider: RouteProvider,
  table: Table,
  changes: readonly Change[],
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  try {
    return await provider.apply(table, { changes }, signal)
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    if (changes.length < 2 || !isAboutTheChanges(error))
      return changes.map((): Outcome => ({ result: 'failed', error }))
  }
  const middle = Math.ceil(changes.length / 2)
  return [
    ...(await applyInParts(provider, table, changes.slice(0, middle), signal)),
    ...(await applyInParts(provider, table, changes.slice(middle), signal)),
  ]
}

const isAboutTheChanges = (error: ProviderError): boolean =>
  error.class === 'invalid' || error.class === 'quota' || error.class === 'not-found'
