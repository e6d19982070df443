import type { Filter, RouteTable as WireTable } from '@aws-sdk/client-ec2'
import type { Cidr } from '../../net/cidr.ts'
import type { ObservedRoute } from '../route.ts'
import { type Ec2, callForAll } from './call.ts'
import { chunks, maxFilterValues } from './chunks.ts'
import { observedRoute } from './routes.ts'

/** A route table as EC2 describes it, as far as podway needs it. */
export interface RouteTable {
  readonly id: string
  readonly name: string | undefined
  readonly vpcId: string | undefined
  readonly tagKeys: readonly string[]
  /** The subnets that are associated with it by name. */
  readonly subnets: readonly string[]
  /** Of the VPC: the table of every subnet that is associated with none. */
  readonly isMain: boolean
  /** For what enters the VPC by a gateway. Such a table takes no destination outside of the VPC. */
  readonly isOfGateway: boolean
  readonly routes: readonly ObservedRoute[]
}

/** Filters that must all pass; one call, or one for each page. */
export type TableQuery = readonly Filter[]

/**
 * How many tables a page holds. There is no way to ask for tables without their routes, and the SDK parses a page without
 * yielding: ten full tables of a thousand routes take it a third of a second.
 */
const pageSize = 10

/** By the names that the tables have, whichever of them exist: as an argument, an unknown one would fail the call for all. */
export const tablesById = (ids: readonly string[]): readonly TableQuery[] =>
  chunks([...new Set(ids)], maxFilterValues).map((Values) => [{ Name: 'route-table-id', Values }])

/** EC2 filters, not we: listing an account's every table costs its owner (https://github.com/ranchergovernment/rke2-aws-tf/issues/25). */
export async function describeTables(
  ec2: Ec2,
  query: TableQuery,
  signal: AbortSignal,
): Promise<readonly RouteTable[]> {
  const found = await callForAll(
    ec2,
    'DescribeRouteTables',
    signal,
    (api, page, options) =>
      api.describeRouteTables({ Filters: [...query], MaxResults: pageSize, ...page }, options),
    (answer) => answer.RouteTables,
  )
  return found.flatMap((wire) => routeTable(wire) ?? [])
}

function routeTable(wire: WireTable): RouteTable | undefined {
  const id = wire.RouteTableId
  if (id === undefined) return undefined
  const associations = wire.Associations ?? []
  return {
    id,
    name: wire.Tags?.find((tag) => tag.Key === 'Name')?.Value,
    vpcId: wire.VpcId,
    tagKeys: (wire.Tags ?? []).flatMap(({ Key }) => Key ?? []),
    subnets: associations.flatMap(({ SubnetId }) => SubnetId ?? []),
    isMain: associations.some(({ Main }) => Main === true),
    isOfGateway: associations.some(({ GatewayId }) => GatewayId !== undefined),
    routes: (wire.Routes ?? []).flatMap((route) => observedRoute(route) ?? []),
  }
}

/**
 * The ranges of the table's VPC: each has a local route in each table, which can be sent elsewhere but not removed. Told
 * by its origin, or by its target.
 */
export const rangesOfVpc = (table: RouteTable): readonly Cidr[] =>
  table.routes
    .filter(({ origin, target }) => origin === 'local' || target.id === 'local')
    .map(({ destination }) => destination)
