import type { Ec2 } from './call.ts'
import { type RouteTable, type TableQuery, describeTables, tablesById } from './route-table.ts'

/** What one of those who share a reading wants to know. */
interface Wish {
  /** Whatever these find. */
  readonly queries: readonly TableQuery[]
  /** These tables, whether or not a query finds them. */
  readonly ids: readonly string[]
}

/** By id. */
export type TablesRead = ReadonlyMap<string, RouteTable>

interface Waiting extends Wish {
  readonly signal: AbortSignal
  readonly resolve: (tables: TablesRead) => void
  readonly reject: (reason: unknown) => void
}

/**
 * Readings of route tables that are asked for in the same turn of the event loop are one: a hundred tables take a few
 * pages, not a hundred calls. A reading starts after everyone who shares it has asked, never before, so that each learns
 * of all that was written until then; whoever asks later gets one of their own: at once, or, of those that go one at a
 * time, together with all who ask until the one under way has ended.
 */
export class TableReads {
  readonly #ec2: Ec2
  readonly #oneAtATime: boolean
  #waiting: Waiting[] = []
  #isReading = false

  constructor(ec2: Ec2, { oneAtATime = false }: { readonly oneAtATime?: boolean } = {}) {
    this.#ec2 = ec2
    this.#oneAtATime = oneAtATime
  }

  /** The tables that there are. @throws ProviderError, or the signal's reason; others who share the reading get theirs */
  async read({ queries = [], ids = [] }: Partial<Wish>, signal: AbortSignal): Promise<TablesRead> {
    signal.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<TablesRead>()
    const isFirst = this.#waiting.length === 0
    this.#waiting.push({ queries, ids, signal, resolve, reject })
    if (isFirst && !(this.#oneAtATime && this.#isReading)) setImmediate(() => void this.#start())
    return promise
  }

  async #start(): Promise<void> {
    this.#isReading = true
    const sharing = this.#waiting
    this.#waiting = []
    const stop = new AbortController()
    let left = sharing.length
    const leaving = new AbortController()
    for (const { signal, reject } of sharing) {
      const leave = (): void => {
        reject(signal.reason)
        // Nobody is left to tell.
        if (--left === 0) stop.abort(signal.reason)
      }
      if (signal.aborted) leave()
      else signal.addEventListener('abort', leave, { once: true, signal: leaving.signal })
    }
    try {
      const tables = await this.#readAll(sharing, stop.signal)
      for (const { resolve } of sharing) resolve(tables)
    } catch (error) {
      for (const { reject } of sharing) reject(error)
    } finally {
      leaving.abort()
      this.#isReading = false
      if (this.#oneAtATime && this.#waiting.length > 0) void this.#start()
    }
  }

  async #readAll(wishes: readonly Wish[], signal: AbortSignal): Promise<TablesRead> {
    const found = new Map<string, RouteTable>()
    const run = async (queries: readonly TableQuery[]): Promise<void> => {
      for (const query of queries)
        for (const table of await describeTables(this.#ec2, query, signal)) found.set(table.id, table)
    }
    const queries = new Map(
      wishes.flatMap((wish) => wish.queries).map((query) => [JSON.stringify(query), query]),
    )
    await run([...queries.values()])
    await run(tablesById(wishes.flatMap(({ ids }) => ids).filter((id) => !found.has(id))))
    return found
  }
}
