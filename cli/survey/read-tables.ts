import { ProviderError } from '../../providers/errors.ts'
import type { NodeView, RouteProvider, Snapshot } from '../../providers/provider.ts'
import type { Table } from '../../providers/route.ts'
import { inParallel } from '../in-parallel.ts'
import { type Waits, withRetries } from '../with-retries.ts'

/** A table as it was read, or why it could not be. */
export type TableReading =
  | { readonly table: Table; readonly snapshot: Snapshot; readonly error?: undefined }
  | { readonly table: Table; readonly snapshot?: undefined; readonly error: ProviderError }

export interface TableReader {
  readonly provider: Pick<RouteProvider, 'tables' | 'list'>
  readonly waits: Waits
}

const tablesAtOnce = 8

/**
 * The tables of the cluster of these nodes, sorted by id; only those of these ids or names, unless there is none.
 * @throws ProviderError, and an Error if the cluster has no table, or one that was asked for is not the cluster's
 */
export async function findTables(
  { provider, waits }: TableReader,
  nodes: readonly NodeView[],
  wanted: readonly string[],
  signal: AbortSignal,
): Promise<readonly Table[]> {
  const tables = await withRetries(() => provider.tables(signal, nodes), waits, signal)
  if (tables.length === 0)
    throw new Error('no route table belongs to the cluster: are its name and the region right?')
  const unknown = wanted.find((one) => !tables.some(({ id, name }) => id === one || name === one))
  if (unknown !== undefined) {
    const known = tables.map(({ id, name }) => (name === undefined ? id : `${id} (${name})`))
    throw new Error(`${JSON.stringify(unknown)} is no table of the cluster, which has ${known.join(', ')}`)
  }
  const isWanted = ({ id, name }: Table): boolean => wanted.some((one) => one === id || one === name)
  return wanted.length === 0 ? tables : tables.filter(isWanted)
}

/** In the order of the tables. One that can't be read is no reason not to tell of the others. */
export function readTables(
  { provider, waits }: TableReader,
  tables: readonly Table[],
  signal: AbortSignal,
): Promise<readonly TableReading[]> {
  return inParallel(tables, tablesAtOnce, async (table): Promise<TableReading> => {
    try {
      return { table, snapshot: await withRetries(() => provider.list(table, signal), waits, signal) }
    } catch (error) {
      if (error instanceof ProviderError) return { table, error }
      throw error
    }
  })
}
