import type { Subnet } from '@aws-sdk/client-ec2'
import type { Cidr } from '../../net/cidr.ts'
import type { ServedRange } from '../provider.ts'
import { byFilter } from './by-filter.ts'
import type { Ec2 } from './call.ts'
import { type RouteTable, describeTables } from './route-table.ts'
import { describeSubnets } from './subnets.ts'
import { wireRange } from './wire-range.ts'

/** By whom a table is used. */
export type TableUsers = Pick<RouteTable, 'id' | 'vpcId' | 'subnets' | 'isMain'>

/** What is known of which subnet has which table. */
export interface SubnetTables {
  /** Those that are asked about. */
  readonly tables: readonly TableUsers[]
  /** Every subnet of their VPC that has a table of its own; undefined if not all tables of the VPC were read. */
  readonly associated: ReadonlySet<string> | undefined
}

/**
 * The ranges of the subnets whose packets follow one of these tables: those that are associated with it, and for the main
 * table of a VPC those that are associated with none. Secondary ranges of the VPC and IPv6 need no look of their own: a
 * subnet says which parts of them it has. One reading of the VPC's subnets; for a main table another one, of who else has
 * them, unless `associated` tells which subnets of the VPC have a table of their own.
 */
export async function servedRanges(
  ec2: Ec2,
  { tables, associated }: SubnetTables,
  signal: AbortSignal,
): Promise<readonly ServedRange[]> {
  const vpcs = [...new Set(tables.flatMap(({ vpcId }) => vpcId ?? []))]
  if (vpcs.length === 0) return []
  const subnets = (await describeSubnets(ec2, vpcs, signal)).map(rangesOf)
  const tableOf = new Map(
    tables.flatMap(({ id, subnets: users }) => users.map((subnet) => [subnet, id] as const)),
  )
  const mainOf = new Map(
    tables.flatMap(({ id, isMain, vpcId }) => (isMain && vpcId !== undefined ? [[vpcId, id]] : [])),
  )
  const followers = subnets.filter(({ id, vpcId }) => !tableOf.has(id) && mainOf.has(vpcId))
  const others = associated ?? (await describeAssociated(ec2, followers, signal))
  return subnets.flatMap(({ id, ranges, vpcId }) => {
    const table = tableOf.get(id) ?? (others.has(id) ? undefined : mainOf.get(vpcId))
    return table === undefined ? [] : ranges.map((range): ServedRange => ({ range, table }))
  })
}

interface SubnetRanges {
  readonly id: string
  readonly vpcId: string
  readonly ranges: readonly Cidr[]
}

/** Those of the subnets that have a table of their own. The tables that say so may be nobody's that we read. */
async function describeAssociated(
  ec2: Ec2,
  subnets: readonly SubnetRanges[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const ids = subnets.map(({ id }) => id)
  const tables = await byFilter('association.subnet-id', ids, (filters) =>
    describeTables(ec2, filters, signal),
  )
  return new Set(tables.flatMap((table) => table.subnets))
}

/** A subnet may have one family or both. A range that comes or goes (`associating` …) leads nowhere. */
const rangesOf = (subnet: Subnet): SubnetRanges => ({
  id: subnet.SubnetId ?? '',
  vpcId: subnet.VpcId ?? '',
  ranges: [
    subnet.CidrBlock,
    ...(subnet.Ipv6CidrBlockAssociationSet ?? [])
      .filter(({ Ipv6CidrBlockState }) => Ipv6CidrBlockState?.State === 'associated')
      .map(({ Ipv6CidrBlock }) => Ipv6CidrBlock),
  ].flatMap((text) => wireRange(text) ?? []),
})
