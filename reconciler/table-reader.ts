import type { Logger } from '../kube/log.ts'
import { ProviderError } from '../providers/errors.ts'
import type { NodeView, RouteProvider } from '../providers/provider.ts'
import type { Table } from '../providers/route.ts'
import type { FoundRoutes } from './found-routes.ts'
import type { Capacity } from './report/capacity.ts'
import type { TableCache } from './table-cache.ts'

export interface TableReaderParts {
  readonly provider: RouteProvider
  readonly cache: TableCache
  readonly capacity: Capacity
  /** Told of what is in a table that was not known. */
  readonly found: Pick<FoundRoutes, 'found'>
  readonly log: Logger
}

/** Keeps the {@link TableCache} true: finds the tables, and reads them. */
export class TableReader {
  readonly #provider: RouteProvider
  readonly #cache: TableCache
  readonly #log: Logger
  readonly #capacity: Capacity
  readonly #found: TableReaderParts['found']

  constructor({ cache, capacity, found, log, provider }: TableReaderParts) {
    this.#provider = provider
    this.#cache = cache
    this.#capacity = capacity
    this.#found = found
    this.#log = log
  }

  /** Whether the nodes that were looked up meanwhile may have brought other tables. */
  get outdated(): boolean {
    return this.#provider.tablesOutdated?.() ?? false
  }

  /** Finds the tables of the cluster of these nodes; returns those that were not known before. @throws ProviderError */
  async discover(nodes: readonly NodeView[], signal: AbortSignal): Promise<readonly Table[]> {
    const tables = await this.#provider.tables(signal, nodes)
    const first = !this.#cache.discovered
    const known = this.#cache.tables().map(({ id }) => id)
    const fresh = this.#cache.discover(tables)
    const gone = known.filter((id) => !this.#cache.has(id))
    if (gone.length > 0)
      this.#log.warn(
        { tables: gone },
        'route tables belong to the cluster no more: what podway wrote there stays',
      )
    for (const id of gone) this.#capacity.forget(id)
    if (fresh.length > 0) this.#log.info({ tables: fresh.map(({ id }) => id) }, 'route tables found')
    if (first && tables.length === 0)
      this.#log.warn({}, 'no route table belongs to the cluster: there is nothing to write to')
    return fresh
  }

  /** Reads one table; false if it is no longer there, and the tables have to be looked for again. @throws ProviderError */
  async read(id: string, signal: AbortSignal): Promise<boolean> {
    const table = this.#cache.tables().find((known) => known.id === id)
    if (table === undefined) return true
    const mark = this.#cache.mark()
    try {
      const snapshot = await this.#provider.list(table, signal)
      this.#found.found(table, this.#cache.load(id, snapshot, mark))
      this.#capacity.read(table, this.#provider.quota?.(table, snapshot))
      return true
    } catch (error) {
      if (error instanceof ProviderError && error.class === 'not-found') return false
      throw error
    }
  }
}
