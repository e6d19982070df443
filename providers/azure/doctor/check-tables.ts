import { type Finding, someOf } from '../../finding.ts'
import { valueOf } from '../../reading.ts'
import { hasFailed } from '../routes.ts'
import { networkOf } from '../resource-ids.ts'
import { found } from './finding-codes.ts'
import {
  type AzurePicture,
  type ExaminedNetwork,
  type ExaminedTable,
  placedNodes,
  shortName,
  subnetsById,
} from './picture.ts'

/** Which tables are the cluster's, and whether they are the ones that the subnets of the Nodes follow. */
export function checkTables(picture: AzurePicture): readonly Finding[] {
  const tables = valueOf(picture.tables)
  if (tables === undefined) return []
  const { chosen, missing } = tables
  const cluster = { kind: 'cluster', name: picture.clusterName }
  const findings = [
    ...missing.map((id) =>
      found('RouteTableNotFound', {
        object: { kind: 'route-table', name: shortName(id) },
        message: `There is no route table ${id}.`,
      }),
    ),
    ...(chosen.length === 0 && missing.length === 0
      ? [found('NoRouteTable', { object: cluster, message: 'No route table belongs to the cluster.' })]
      : []),
    ...unserved(picture, chosen),
    ...chosen.flatMap((table) => ofTable(table, picture)),
  ]
  const placed = placedNodes(picture)
  if (findings.length > 0 || placed.length === 0 || 'unread' in picture.networks) return findings
  const message = `The subnets of ${someOf(
    'Node',
    placed.map(({ node }) => node.name),
  )} follow ${someOf(
    'table',
    chosen.map(({ name }) => name),
  )}.`
  return [found('TablesServeNodes', { object: cluster, message })]
}

function unserved(picture: AzurePicture, chosen: readonly ExaminedTable[]): readonly Finding[] {
  const ours = new Set(chosen.map(({ id }) => id))
  const subnets = subnetsById(picture)
  const nodes = Map.groupBy(
    placedNodes(picture).flatMap(({ node, place }) => place.subnets.map((subnet) => ({ node, subnet }))),
    ({ subnet }) => subnet,
  )
  return [...nodes].flatMap(([id, there]) => {
    const subnet = subnets.get(id)
    if (subnet === undefined || (subnet.table !== undefined && ours.has(subnet.table))) return []
    const object = { kind: 'subnet', name: shortName(id) }
    const of = `The subnet ${shortName(id)} of ${someOf(
      'Node',
      there.map(({ node }) => node.name),
    )}`
    if (subnet.table === undefined) {
      const fix = `az network vnet subnet update --ids ${id} --route-table ${chosen[0]?.id ?? 'TABLE'}`
      return [found('SubnetWithoutTable', { object, message: `${of} has no route table.`, fix })]
    }
    return [
      found('SubnetNotServed', {
        object,
        message: `${of} follows ${shortName(subnet.table)}, which is not one of the cluster's tables.`,
        fix: `az tag update --resource-id ${subnet.table} --operation merge --tags kubernetes.io_cluster_${picture.clusterName}=shared (or name it with --extra-route-table-ids)`,
      }),
    ]
  })
}

function ofTable(table: ExaminedTable, picture: AzurePicture): readonly Finding[] {
  const { name, wire } = table
  const object = { kind: 'route-table', name }
  const { provisioningState, routes = [], subnets = [] } = wire.properties ?? {}
  const failed = routes.filter(hasFailed).map((route) => route.name ?? '')
  const what =
    failed.length > 0
      ? `${someOf('route', failed)} of ${name}`
      : provisioningState === 'Failed'
        ? name
        : undefined
  return [
    ...(subnets.length === 0
      ? [
          found('TableWithoutSubnet', {
            object,
            message: `No subnet follows ${name}: the routes in it are written for nobody.`,
          }),
        ]
      : []),
    ...(what === undefined
      ? []
      : [found('RouteTableFailed', { object, message: `The last write of ${what} has failed.` })]),
    ...gateways(table, picture),
  ]
}

/** A route that is learnt counts less than one of the table to the same range, and more than one to a wider range. */
function gateways({ name, wire }: ExaminedTable, { networks }: AzurePicture): readonly Finding[] {
  const { disableBgpRoutePropagation, subnets = [] } = wire.properties ?? {}
  if (disableBgpRoutePropagation === true) return []
  const followers = new Set(subnets.map(({ id }) => networkOf(id ?? '')))
  return (valueOf(networks) ?? [])
    .filter((network) => followers.has(network.id))
    .flatMap((network) => {
      const gateway = gatewayOf(network)
      if (gateway === undefined) return []
      return [
        found('GatewayRoutesPropagated', {
          object: { kind: 'route-table', name },
          message: `The subnets of ${name} also follow the routes that ${gateway} has learnt.`,
        }),
      ]
    })
}

/** By the subnet that each has, and that has no other use. */
function gatewayOf({ id, peers, subnets }: ExaminedNetwork): string | undefined {
  if (subnets.some((subnet) => subnet.id.endsWith('/subnets/gatewaysubnet')))
    return `the gateway of ${shortName(id)}`
  const peer = peers.find(({ usesItsGateway }) => usesItsGateway)
  return peer === undefined
    ? undefined
    : `the gateway of ${shortName(peer.network)}, by the peering ${peer.peering},`
}
