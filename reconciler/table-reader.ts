import type { Logger } from '../kube/log.ts'
import { ProviderError } from '../providers/errors.ts'
import type { RouteProvider } from '../providers/provider.ts'
import type { TableCache } from './table-cache.ts'

/** Keeps the {@link TableCache} true: finds the tables, and reads them. */
export class TableReader {
  readonly #provider: RouteProvider
  readonly #cache: TableCache
  readonly #log: Logger

  constructor(provider: RouteProvider, cache: TableCache, log: Logger) {
    this.#provider = provider
    this.#cache = cache
    this.#log = log
  }

  /** Finds the tables of the cluster. @throws ProviderError */
  async discover(signal: AbortSignal): Promise<void> {
    const tables = await this.#provider.tables(signal)
    const first = !this.#cache.discovered
    const fresh = this.#cache.discover(tables)
    if (fresh.length > 0) this.#log.info({ tables: fresh.map(({ id }) => id) }, 'route tables found')
    if (first && tables.length === 0)
      this.#log.warn({}, 'no route table belongs to the cluster: there is nothing to write to')
  }

  /** Reads one table; false if it is no longer there, and the tables have to be looked for again. @throws ProviderError */
  async read(id: string, signal: AbortSignal): Promise<boolean> {
    const table = this.#cache.tables().find((known) => known.id === id)
    if (table === undefined) return true
    const mark = this.#cache.mark()
    try {
      this.#cache.load(id, await this.#provider.list(table, signal), mark)
      return true
    } catch (error) {
      if (error instanceof ProviderError && error.class === 'not-found') return false
      throw error
    }
  }
}
