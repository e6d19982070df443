import { type Finding, capital, someOf } from '../../finding.ts'
import type { RouteTable } from '../route-table.ts'
import { valueOf } from '../../reading.ts'
import { found } from './finding-codes.ts'
import { type AwsPicture, type ExaminedTables, placedNodes } from './picture.ts'

/** Which tables are the cluster's, and whether they are the ones that the subnets of the Nodes follow. */
export function checkTables(picture: AwsPicture): readonly Finding[] {
  const tables = valueOf(picture.tables)
  if (tables === undefined) return []
  const { chosen, missing, refused } = tables
  const cluster = { kind: 'cluster', name: picture.clusterName }
  if (refused !== undefined)
    return [found('RouteTableOfAnotherVpc', { object: cluster, message: `${capital(refused.message)}.` })]
  const findings = [
    ...missing.map((id) =>
      found('RouteTableNotFound', { object: tableObject(id), message: `There is no route table ${id}.` }),
    ),
    ...(chosen.length === 0
      ? [found('NoRouteTable', { object: cluster, message: 'No route table belongs to the cluster.' })]
      : [...unserved(picture, tables), ...unused(picture, tables)]),
  ]
  const placed = placedNodes(picture)
  if (findings.length > 0 || placed.length === 0) return findings
  const followed = someOf(
    'table',
    chosen.map(({ id }) => id),
  )
  const message = `The subnets of ${someOf(
    'Node',
    placed.map(({ node }) => node.name),
  )} follow ${followed}.`
  return [found('TablesServeNodes', { object: cluster, message })]
}

function unserved(picture: AwsPicture, { all, chosen }: ExaminedTables): readonly Finding[] {
  const ours = new Set(chosen.map(({ id }) => id))
  const vpcs = new Set(chosen.map(({ vpcId }) => vpcId))
  const nodesBySubnet = new Map<string, { readonly vpcId: string; readonly names: string[] }>()
  for (const { node, place } of placedNodes(picture)) {
    // Elsewhere, no table would do.
    if (!vpcs.has(place.vpcId)) continue
    for (const subnet of place.subnets) {
      const there = nodesBySubnet.get(subnet) ?? { vpcId: place.vpcId, names: [] }
      there.names.push(node.name)
      nodesBySubnet.set(subnet, there)
    }
  }
  return [...nodesBySubnet].flatMap(([subnet, { names, vpcId }]) => {
    const table = followedBy(all, subnet, vpcId)
    if (table === undefined || ours.has(table.id)) return []
    const how = table.subnets.includes(subnet) ? 'is associated with' : 'has no table of its own and follows'
    return [
      found('SubnetNotServed', {
        object: { kind: 'subnet', name: subnet },
        message: `The subnet of ${someOf('Node', names)} ${how} ${table.id}${table.isMain ? ', the main table,' : ''} which is not one of the cluster's tables.`,
        fix: `aws ec2 create-tags --resources ${table.id} --tags Key=kubernetes.io/cluster/${picture.clusterName},Value=shared (or name it with --extra-route-table-ids).`,
      }),
    ]
  })
}

/** A subnet follows the table that it is associated with, else the main one of its VPC. */
const followedBy = (all: readonly RouteTable[], subnet: string, vpcId: string): RouteTable | undefined =>
  all.find(({ subnets }) => subnets.includes(subnet)) ??
  all.find((table) => table.isMain && table.vpcId === vpcId)

function unused(picture: AwsPicture, { all, chosen }: ExaminedTables): readonly Finding[] {
  const subnets = valueOf(picture.subnets)
  return chosen.flatMap((table) => {
    const { id, isMain, vpcId } = table
    if (table.subnets.length > 0) return []
    // Whether a main table has subnets shows only where all of them are known.
    if (isMain && subnets === undefined) return []
    const follows = ({ id: subnet, vpcId: of }: { readonly id: string; readonly vpcId: string }): boolean =>
      of === vpcId && followedBy(all, subnet, of)?.id === id
    if (isMain && subnets?.some(follows) === true) return []
    const message = `No subnet follows ${id}: the routes in it are written for nobody.`
    return [found('TableWithoutSubnet', { object: tableObject(id), message })]
  })
}

const tableObject = (id: string): Finding['object'] => ({ kind: 'route-table', name: id })
