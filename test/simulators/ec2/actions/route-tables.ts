import { formatCidr } from '../../../../net/cidr.ts'
import { type Action, DONE } from '../action.ts'
import { Ec2Error, dependencyViolation, differentNetworks, invalidParameter } from '../errors.ts'
import { FILTER_PARAMETERS, type FilterTable, filterRecords } from '../filters.ts'
import { ASSOCIATION, ROUTE_TABLE, SUBNET, VPC, lookUp, lookUpAll } from '../ids.ts'
import { PAGE_PARAMETERS, pageOf } from '../paging.ts'
import type { RouteTable, State } from '../state.ts'
import { TAG_SPECIFICATION_PARAMETERS, putTags, readTagSpecifications } from '../tagging.ts'
import { associationsOf, isActive, routesOf, viewRouteTable } from '../views/route-table.ts'

const createRouteTable: Action = {
  name: 'CreateRouteTable',
  required: ['VpcId'],
  optional: ['ClientToken', ...TAG_SPECIFICATION_PARAMETERS],
  prepare(parameters, context) {
    const { state } = context
    const { vpcId } = lookUp(VPC, state.vpcs, parameters.required('VpcId'))
    const tags = readTagSpecifications(parameters, ['route-table']).get('route-table')
    return () => {
      const routeTableId = state.newId('rtb')
      const table: RouteTable = { routeTableId, vpcId, routes: new Map() }
      state.routeTables.set(routeTableId, table)
      putTags(state, routeTableId, tags)
      return { routeTable: viewRouteTable(table, context), clientToken: parameters.text('ClientToken') }
    }
  },
}

const deleteRouteTable: Action = {
  name: 'DeleteRouteTable',
  required: ['RouteTableId'],
  optional: [],
  prepare(parameters, { state }) {
    const table = lookUp(ROUTE_TABLE, state.routeTables, parameters.required('RouteTableId'))
    if (associationsOf(state, table).length > 0) throw dependencyViolation('routeTable', table.routeTableId)
    return () => {
      state.routeTables.delete(table.routeTableId)
      state.tags.delete(table.routeTableId)
      return DONE
    }
  },
}

const filtersOf = (state: State): FilterTable<RouteTable> => {
  const associations = (table: RouteTable) => associationsOf(state, table)
  const destinations = (table: RouteTable, family: 4 | 6) =>
    routesOf(state, table)
      .filter(({ destination }) => destination.family === family)
      .map(({ destination }) => formatCidr(destination))
  return {
    'route-table-id': ({ routeTableId }) => [routeTableId],
    'vpc-id': ({ vpcId }) => [vpcId],
    'association.route-table-association-id': (table) => associations(table).map((a) => a.associationId),
    'association.route-table-id': (table) => associations(table).map((a) => a.routeTableId),
    'association.subnet-id': (table) => associations(table).map((a) => a.subnetId),
    'association.main': (table) => associations(table).map((a) => String(a.subnetId === undefined)),
    'route.destination-cidr-block': (table) => destinations(table, 4),
    'route.destination-ipv6-cidr-block': (table) => destinations(table, 6),
    'route.state': (table) =>
      routesOf(state, table).map((route) => (isActive(route, table, state) ? 'active' : 'blackhole')),
  }
}

const describeRouteTables: Action = {
  name: 'DescribeRouteTables',
  required: [],
  optional: ['RouteTableId.#', ...FILTER_PARAMETERS, ...PAGE_PARAMETERS],
  prepare(parameters, context) {
    const { state } = context
    const idOf = (table: RouteTable): string => table.routeTableId
    const ids = parameters.list('RouteTableId')
    const named =
      ids.length > 0 ? lookUpAll(ROUTE_TABLE, state.routeTables, ids) : [...state.routeTables.values()]
    const found = filterRecords(named, parameters, filtersOf(state), { state, idOf })
    const page = pageOf(found, parameters, idOf, 100)
    return () => ({
      routeTableSet: page.records.map((table) => viewRouteTable(table, context)),
      nextToken: page.nextToken,
    })
  },
}

const associateRouteTable: Action = {
  name: 'AssociateRouteTable',
  required: ['RouteTableId', 'SubnetId'],
  optional: [],
  prepare(parameters, { state }) {
    const { routeTableId, vpcId } = lookUp(
      ROUTE_TABLE,
      state.routeTables,
      parameters.required('RouteTableId'),
    )
    const subnet = lookUp(SUBNET, state.subnets, parameters.required('SubnetId'))
    const { subnetId } = subnet
    if (subnet.vpcId !== vpcId) throw differentNetworks(`route table ${routeTableId}`, `subnet ${subnetId}`)
    if ([...state.associations.values()].some((association) => association.subnetId === subnetId))
      throw new Ec2Error(
        'Resource.AlreadyAssociated',
        `the specified association for route table ${routeTableId} conflicts with an existing association`,
      )
    return () => {
      const associationId = state.newId('rtbassoc')
      state.associations.set(associationId, { associationId, routeTableId, subnetId })
      return { associationId, associationState: { state: 'associated' } }
    }
  },
}

const disassociateRouteTable: Action = {
  name: 'DisassociateRouteTable',
  required: ['AssociationId'],
  optional: [],
  prepare(parameters, { state }) {
    const { associationId, subnetId } = lookUp(
      ASSOCIATION,
      state.associations,
      parameters.required('AssociationId'),
    )
    if (subnetId === undefined)
      throw invalidParameter(`cannot disassociate the main route table association ${associationId}`)
    return () => {
      state.associations.delete(associationId)
      return DONE
    }
  },
}

/** The association gets a new id; on the main one, it makes the table the VPC's main table. */
const replaceRouteTableAssociation: Action = {
  name: 'ReplaceRouteTableAssociation',
  required: ['AssociationId', 'RouteTableId'],
  optional: [],
  prepare(parameters, { state }) {
    const old = lookUp(ASSOCIATION, state.associations, parameters.required('AssociationId'))
    const { routeTableId, vpcId } = lookUp(
      ROUTE_TABLE,
      state.routeTables,
      parameters.required('RouteTableId'),
    )
    if (state.routeTables.get(old.routeTableId)?.vpcId !== vpcId)
      throw differentNetworks(`route table ${routeTableId}`, `association ${old.associationId}`)
    return () => {
      const associationId = state.newId('rtbassoc')
      state.associations.delete(old.associationId)
      state.associations.set(associationId, { ...old, associationId, routeTableId })
      return { newAssociationId: associationId, associationState: { state: 'associated' } }
    }
  },
}

export const ROUTE_TABLE_ACTIONS: readonly Action[] = [
  createRouteTable,
  deleteRouteTable,
  describeRouteTables,
  associateRouteTable,
  disassociateRouteTable,
  replaceRouteTableAssociation,
]
