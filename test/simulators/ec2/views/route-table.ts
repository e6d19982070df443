import { formatCidr } from '../../../../net/cidr.ts'
import type { Context } from '../action.ts'
import { type Route, type RouteTable, type RouteTableAssociation, type State, rangesOf } from '../state.ts'
import { tagSet } from '../tagging.ts'
import type { XmlFields } from '../xml.ts'

/** The routes that packets meet: a local one for each VPC range, unless it was replaced, then those made by call. */
export function routesOf(state: State, table: RouteTable): readonly Route[] {
  const vpc = state.vpcs.get(table.vpcId)
  const local = (vpc === undefined ? [] : rangesOf(vpc)).map(
    (destination): Route =>
      table.routes.get(formatCidr(destination)) ?? { destination, target: { kind: 'local' } },
  )
  const replaced = new Set(local.map(({ destination }) => formatCidr(destination)))
  return [...local, ...[...table.routes].filter(([key]) => !replaced.has(key)).map(([, route]) => route)]
}

export function associationsOf(state: State, table: RouteTable): readonly RouteTableAssociation[] {
  return [...state.associations.values()].filter(({ routeTableId }) => routeTableId === table.routeTableId)
}

export function viewRouteTable(table: RouteTable, context: Context): XmlFields {
  const { state, accountId } = context
  return {
    routeTableId: table.routeTableId,
    vpcId: table.vpcId,
    ownerId: accountId,
    routeSet: routesOf(state, table).map((route) => viewRoute(route, table, context)),
    associationSet: associationsOf(state, table).map((association) => ({
      routeTableAssociationId: association.associationId,
      routeTableId: association.routeTableId,
      subnetId: association.subnetId,
      main: association.subnetId === undefined,
      associationState: { state: 'associated' },
    })),
    propagatingVgwSet: [],
    tagSet: tagSet(state, table.routeTableId) ?? [],
  }
}

function viewRoute(route: Route, table: RouteTable, context: Context): XmlFields {
  const destination = formatCidr(route.destination)
  const vpc = context.state.vpcs.get(table.vpcId)
  const ofVpc = vpc !== undefined && rangesOf(vpc).some((range) => formatCidr(range) === destination)
  return {
    destinationCidrBlock: route.destination.family === 4 ? destination : undefined,
    destinationIpv6CidrBlock: route.destination.family === 6 ? destination : undefined,
    ...viewTarget(route, context),
    origin: ofVpc ? 'CreateRouteTable' : 'CreateRoute',
    state: isActive(route, table, context.state) ? 'active' : 'blackhole',
  }
}

function viewTarget({ target }: Route, { state, accountId }: Context): XmlFields {
  switch (target.kind) {
    case 'local':
      return { gatewayId: 'local' }
    case 'gateway':
      return { gatewayId: target.gatewayId }
    case 'network-interface': {
      const attachment = state.networkInterfaces.get(target.networkInterfaceId)?.attachment
      return {
        networkInterfaceId: target.networkInterfaceId,
        instanceId: attachment?.instanceId,
        instanceOwnerId: attachment === undefined ? undefined : accountId,
      }
    }
  }
}

/** A route is a blackhole while its target can't take packets: gone, detached, or its instance does not run. */
export function isActive({ target }: Route, table: RouteTable, state: State): boolean {
  switch (target.kind) {
    case 'local':
      return true
    case 'gateway':
      return state.internetGateways.get(target.gatewayId)?.vpcId === table.vpcId
    case 'network-interface': {
      const attachment = state.networkInterfaces.get(target.networkInterfaceId)?.attachment
      return attachment !== undefined && state.instances.get(attachment.instanceId)?.state === 'running'
    }
  }
}
