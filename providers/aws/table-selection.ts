import { ProviderError } from '../errors.ts'
import { literal } from './network-interfaces.ts'
import type { NodePlaces } from '../node-places.ts'
import { type RouteTable, type TableQuery, tablesById } from './route-table.ts'
import type { TablesRead } from './table-reads.ts'

/** Which tables are the cluster's. */
export interface TableSelection {
  readonly clusterName: string
  /**
   * `tag`, which is the default: those with the tag `kubernetes.io/cluster/<name>`, whatever its value (`owned`,
   * `shared`) · `auto`: those that the subnets of the cluster's nodes use · `vpc`: every one of the nodes' VPC, but for
   * those of gateways, which take no destination outside of it · ids: these.
   */
  readonly routeTables?: 'tag' | 'auto' | 'vpc' | readonly string[]
  /** These too: of a control plane, a NAT gateway, a database. */
  readonly extraRouteTableIds?: readonly string[]
}

/** Whether the answer depends on where the nodes are. */
export const followsNodes = ({ routeTables }: TableSelection): boolean =>
  routeTables === 'auto' || routeTables === 'vpc'

/** Those that somebody named: they are the cluster's even if they are not there. */
export const namedTables = ({ routeTables, extraRouteTableIds = [] }: TableSelection): readonly string[] => [
  ...new Set([...(typeof routeTables === 'object' ? routeTables : []), ...extraRouteTableIds]),
]

/** What to ask EC2 for. */
export function queriesFor(selection: TableSelection, places: NodePlaces): readonly TableQuery[] {
  const { clusterName, routeTables = 'tag' } = selection
  const named = tablesById(namedTables(selection))
  switch (routeTables) {
    case 'tag':
      return [[{ Name: 'tag-key', Values: [literal(clusterTag(clusterName))] }], ...named]
    case 'auto':
    case 'vpc': {
      const Values = [...places.vpcs]
      return Values.length === 0 ? named : [[{ Name: 'vpc-id', Values }], ...named]
    }
    default:
      return named
  }
}

/**
 * The cluster's tables among those read, in no particular order. A table with the tag that stands in a VPC without nodes
 * is not the cluster's: no route of it could lead to one.
 * @throws ProviderError `fatal` for a named table of another VPC than the cluster's
 */
export function select(
  read: TablesRead,
  selection: TableSelection,
  places: NodePlaces,
): readonly RouteTable[] {
  const named = namedTables(selection).flatMap((id) => read.get(id) ?? [])
  const isFound = finder(read, selection, places)
  const found = [...read.values()].filter(isFound)
  refuseOtherVpcs(named, found, places)
  return [...new Set([...found, ...named])]
}

function finder(
  read: TablesRead,
  { clusterName, routeTables = 'tag' }: TableSelection,
  places: NodePlaces,
): (table: RouteTable) => boolean {
  const { vpcs } = places
  const isOfNodes = ({ vpcId }: RouteTable): boolean => vpcId !== undefined && vpcs.has(vpcId)
  switch (routeTables) {
    case 'tag':
      return (table) =>
        (isOfNodes(table) || vpcs.size === 0) && table.tagKeys.includes(clusterTag(clusterName))
    case 'auto': {
      const isUsed = userOf(read, places)
      return (table) => isOfNodes(table) && isUsed(table)
    }
    case 'vpc':
      return (table) => isOfNodes(table) && !table.isOfGateway
    default:
      return () => false
  }
}

/** A subnet follows the table that it is associated with, else the main one of its VPC. */
function userOf(read: TablesRead, places: NodePlaces): (table: RouteTable) => boolean {
  const { subnets } = places
  const associated = new Set([...read.values()].flatMap((table) => table.subnets))
  return (table) =>
    table.subnets.some((subnet) => subnets.has(subnet)) ||
    (table.isMain && places.subnetsIn(table.vpcId).some((subnet) => !associated.has(subnet)))
}

/** EC2 would refuse every route in it: the interface must be of the table's own VPC. */
function refuseOtherVpcs(
  named: readonly RouteTable[],
  found: readonly RouteTable[],
  places: NodePlaces,
): void {
  const [reference, why] = referenceOf(named, found, places)
  const stray = named.find(({ vpcId }) => vpcId !== undefined && reference.size > 0 && !reference.has(vpcId))
  if (stray === undefined) return
  throw new ProviderError(
    'fatal',
    `route table ${stray.id} is of ${stray.vpcId ?? ''}, and ${why} ${[...reference].join(', ')}: a route can only lead to a network interface of the table's own VPC, so leave that table out`,
    { code: 'TableOfAnotherVpc', action: 'DescribeRouteTables' },
  )
}

function referenceOf(
  named: readonly RouteTable[],
  found: readonly RouteTable[],
  places: NodePlaces,
): [vpcs: ReadonlySet<string>, why: string] {
  if (places.vpcs.size > 0) return [places.vpcs, "the cluster's nodes are in"]
  const vpcsOf = (tables: readonly RouteTable[]): ReadonlySet<string> =>
    new Set(tables.flatMap(({ vpcId }) => vpcId ?? []))
  if (found.length > 0) return [vpcsOf(found), "the cluster's other tables are of"]
  const [first] = named
  return [vpcsOf(first === undefined ? [] : [first]), `route table ${first?.id ?? ''} is of`]
}

const clusterTag = (clusterName: string): string => `kubernetes.io/cluster/${clusterName}`
