import { ProviderError } from '../../providers/errors.ts'
import type { Change, Outcome, RouteProvider } from '../../providers/provider.ts'
import { type Table, formatTarget } from '../../providers/route.ts'
import { Coalescer } from './coalesce.ts'

interface Work {
  readonly table: Table
  readonly change: Change
}

/**
 * Hands changes to the provider in the portions that its API takes: one at a time in parallel lanes (AWS), all of one
 * target together (Google alias ranges), all of one table together (Azure). The caller keeps the order of what
 * concerns one destination: it submits the next change after the outcome of the last.
 */
export class Applier {
  readonly #scope: RouteProvider['capabilities']['batch']['scope']
  readonly #lanes: Coalescer<Work, Outcome>
  #sequence = 0

  constructor(provider: RouteProvider, signal: AbortSignal) {
    this.#scope = provider.capabilities.batch.scope
    this.#lanes = new Coalescer(
      async (_lane, works) => {
        const [first] = works
        if (first === undefined) return []
        try {
          return await provider.apply(first.table, { changes: works.map((work) => work.change) }, signal)
        } catch (error) {
          if (!(error instanceof ProviderError)) throw error
          return works.map((): Outcome => ({ result: 'failed', error }))
        }
      },
      { max: provider.capabilities.batch.max },
    )
  }

  /** Resolves with the outcome, which a call that fails as a whole gives to each of its changes; rejects only on abort. */
  submit(table: Table, change: Change): Promise<Outcome> {
    return this.#lanes.submit(this.#lane(table, change), { table, change })
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
