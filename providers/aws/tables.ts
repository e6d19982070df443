import type { DescribeRouteTablesCommandInput, RouteTable } from '@aws-sdk/client-ec2'
import { ProviderError } from '../errors.ts'
import type { ObservedRoute, Table } from '../route.ts'
import { type Ec2, callForAll } from './call.ts'
import { chunks, maxFilterValues } from './chunks.ts'
import { observedRoute } from './routes.ts'

/** Which tables are the cluster's: those named, if any are; else those with the tag `kubernetes.io/cluster/<name>`, whatever its value. */
export interface TableSelection {
  readonly clusterName: string
  readonly routeTableIds?: readonly string[]
}

/**
 * The tables, sorted by id. One that is named but not there is in the answer too: it shows as `not-found` when it is
 * read, where it harms no other.
 */
export async function findTables(
  ec2: Ec2,
  selection: TableSelection,
  signal: AbortSignal,
): Promise<readonly Table[]> {
  const tables = new Map<string, Table>((selection.routeTableIds ?? []).map((id) => [id, { id }]))
  for (const found of await selectedTables(ec2, selection, signal)) {
    const id = found.RouteTableId
    const name = found.Tags?.find((tag) => tag.Key === 'Name')?.Value
    if (id !== undefined) tables.set(id, { id, ...(name !== undefined && { name }) })
  }
  return [...tables.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
}

/** The VPCs that the tables belong to: an instance elsewhere can't be a target, whatever its address. */
export async function findVpcs(
  ec2: Ec2,
  selection: TableSelection,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const tables = await selectedTables(ec2, selection, signal)
  return [...new Set(tables.flatMap((table) => table.VpcId ?? []))]
}

/** @throws ProviderError `not-found` if there is no such table */
export async function readTable(
  ec2: Ec2,
  id: string,
  signal: AbortSignal,
): Promise<readonly ObservedRoute[]> {
  const found = await describe(ec2, { RouteTableIds: [id] }, signal)
  if (found.length === 0) {
    throw new ProviderError('not-found', `there is no route table ${id}`, {
      code: 'InvalidRouteTableID.NotFound',
      action: 'DescribeRouteTables',
    })
  }
  return found.flatMap((table) => table.Routes ?? []).flatMap((wire) => observedRoute(wire) ?? [])
}

/** EC2 filters, not we: listing an account's every table costs its owner (https://github.com/ranchergovernment/rke2-aws-tf/issues/25). */
async function selectedTables(
  ec2: Ec2,
  { clusterName, routeTableIds = [] }: TableSelection,
  signal: AbortSignal,
): Promise<readonly RouteTable[]> {
  if (routeTableIds.length === 0) {
    const Filters = [{ Name: 'tag-key', Values: [`kubernetes.io/cluster/${literal(clusterName)}`] }]
    return describe(ec2, { Filters, MaxResults: 100 }, signal)
  }
  const found: RouteTable[] = []
  // A filter, since one unknown id in RouteTableIds fails the whole call.
  for (const Values of chunks(routeTableIds, maxFilterValues))
    found.push(
      ...(await describe(ec2, { Filters: [{ Name: 'route-table-id', Values }], MaxResults: 100 }, signal)),
    )
  return found
}

/** Filters take `*` and `?` for wildcards: a name with one must not reach other clusters' tables. */
const literal = (text: string): string => text.replace(/[\\*?]/g, '\\$&')

function describe(
  ec2: Ec2,
  input: DescribeRouteTablesCommandInput,
  signal: AbortSignal,
): Promise<readonly RouteTable[]> {
  return callForAll(
    ec2,
    'DescribeRouteTables',
    signal,
    (api, page, options) => api.describeRouteTables({ ...input, ...page }, options),
    (answer) => answer.RouteTables,
  )
}
