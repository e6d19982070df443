import type { Cidr } from '../../net/cidr.ts'
import type { ServedRange } from '../provider.ts'
import type { Table } from '../route.ts'
import { networkOfAliasTable } from './alias-table.ts'
import type { Gce } from './call.ts'
import type { GcpMode } from './mode.ts'
import { rangesOf, subnetsOf } from './subnets.ts'

/**
 * The ranges of the networks' subnets, primary and secondary. A route holds in all of a network, whatever the subnet, and so
 * does an alias range: where pods have those in IPv4, that is the table that says whether they are answered. One reading of
 * the subnets a network. Of networks that this one is peered with nothing is said: whether they have our routes is theirs.
 */
export async function servedRanges(
  gce: Gce,
  mode: GcpMode,
  tables: readonly Pick<Table, 'id'>[],
  signal: AbortSignal,
): Promise<readonly ServedRange[]> {
  const networks = Map.groupBy(tables, ({ id }) => networkOfAliasTable(id) ?? id)
  const found = await Promise.all(
    [...networks].map(async ([network, ofNetwork]) => {
      const ranges = (await subnetsOf(gce, network, signal)).flatMap(rangesOf)
      return ofNetwork.flatMap(({ id }) =>
        ranges.filter(isServedBy(id, mode)).map((range): ServedRange => ({ range, table: id })),
      )
    }),
  )
  return found.flat()
}

const isServedBy =
  (tableId: string, mode: GcpMode) =>
  ({ family }: Cidr): boolean => {
    const isOfRoutes = networkOfAliasTable(tableId) === undefined
    return mode === 'routes' ? isOfRoutes : isOfRoutes === (family === 6)
  }
