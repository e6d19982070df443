import { type Cidr, formatCidr } from '../../net/cidr.ts'
import type { ServedRange } from '../provider.ts'
import { cidrOnWire } from '../wire-addresses.ts'
import type { Arm } from './call.ts'
import { networkOf } from './resource-ids.ts'
import { subnetsOfNetwork } from './subnets.ts'
import type { WireSubnet } from './wire.ts'

/** Which subnets follow a table. Both are ids in lower case. */
export interface TableUsers {
  readonly id: string
  readonly subnets: readonly string[]
}

/**
 * The ranges of the subnets that are associated with one of these tables. There is no main table here: a subnet without one
 * follows none of ours. One reading for each network that has subnets which the tables name as their
 * users; what the subnets say themselves counts. A table may serve subnets of several networks, also of one that is peered
 * with the nodes' own.
 */
export async function servedRanges(
  arm: Arm,
  tables: readonly TableUsers[],
  signal: AbortSignal,
): Promise<readonly ServedRange[]> {
  const ours = new Set(tables.map(({ id }) => id))
  const networks = [...new Set(tables.flatMap((table) => table.subnets.map(networkOf)))].sort()
  const subnets = await Promise.all(networks.map((network) => subnetsOfNetwork(arm, network, signal)))
  const served = new Map<string, ServedRange>()
  for (const subnet of subnets.flat()) {
    const table = (subnet.properties?.routeTable?.id ?? '').toLowerCase()
    if (!ours.has(table)) continue
    // Two networks that are not peered may have the same range.
    for (const range of rangesOfSubnet(subnet)) served.set(`${table} ${formatCidr(range)}`, { range, table })
  }
  return [...served.values()]
}

/** Of both families; a subnet tells them by one of two names. */
export const rangesOfSubnet = ({ properties = {} }: WireSubnet): readonly Cidr[] =>
  [...new Set([...(properties.addressPrefixes ?? []), properties.addressPrefix ?? ''])].flatMap(
    (text) => cidrOnWire(text) ?? [],
  )
