import { type Cidr, containsCidr, equalCidrs, formatCidr, parseCidr } from '../../../../net/cidr.ts'
import { type Action, type Context, DONE } from '../action.ts'
import { readCidr } from '../cidr-parameters.ts'
import {
  Ec2Error,
  differentNetworks,
  invalidCombination,
  invalidParameter,
  invalidValue,
  severalInterfaces,
} from '../errors.ts'
import { GATEWAY, INSTANCE, NETWORK_INTERFACE, ROUTE_TABLE, lookUp } from '../ids.ts'
import type { Parameters } from '../parameters.ts'
import { type RouteTable, type RouteTarget, type State, interfacesOf, rangesOf } from '../state.ts'
import { routesOf } from '../views/route-table.ts'
import { subnetRanges } from './subnets.ts'

const DESTINATION_PARAMETERS = ['DestinationCidrBlock', 'DestinationIpv6CidrBlock'] as const
const TARGET_PARAMETERS = ['GatewayId', 'InstanceId', 'NetworkInterfaceId'] as const

/** Documented at https://docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html: the VPC's own services. */
const FORBIDDEN_DESTINATIONS = ['169.254.168.0/22', 'fd00:ec2::/32'].map(parseCidr)

const createRoute: Action = {
  name: 'CreateRoute',
  required: ['RouteTableId'],
  optional: [...DESTINATION_PARAMETERS, ...TARGET_PARAMETERS],
  prepare(parameters, context) {
    const { state } = context
    const table = readTable(parameters, state)
    const destination = readDestination(parameters)
    const target = readTarget(parameters, table, state)
    checkDestination(destination, target, table, state)
    if (routesOf(state, table).some((route) => equalCidrs(route.destination, destination)))
      throw new Ec2Error(
        'RouteAlreadyExists',
        `The route identified by ${formatCidr(destination)} already exists.`,
      )
    checkLimit(table, destination, context)
    return () => {
      putRoute(state, table, destination, target)
      return DONE
    }
  },
}

const replaceRoute: Action = {
  name: 'ReplaceRoute',
  required: ['RouteTableId'],
  optional: [...DESTINATION_PARAMETERS, ...TARGET_PARAMETERS, 'LocalTarget'],
  prepare(parameters, { state }) {
    const table = readTable(parameters, state)
    const destination = readDestination(parameters)
    const target = readTarget(parameters, table, state)
    if (target.kind === 'local' && !ofVpc(state, table, destination))
      throw invalidParameter('local-target only allowed with network local destination CIDRs')
    checkDestination(destination, target, table, state)
    // Not InvalidRoute.NotFound, which one would expect: seen on AWS, https://github.com/getmoto/moto/pull/6425
    if (!routesOf(state, table).some((route) => equalCidrs(route.destination, destination)))
      throw invalidParameter(
        `There is no route defined for '${formatCidr(destination)}' in the route table. Use CreateRoute instead.`,
      )
    return () => {
      putRoute(state, table, destination, target)
      return DONE
    }
  },
}

const deleteRoute: Action = {
  name: 'DeleteRoute',
  required: ['RouteTableId'],
  optional: DESTINATION_PARAMETERS,
  prepare(parameters, { state }) {
    const table = readTable(parameters, state)
    const destination = readDestination(parameters)
    const key = formatCidr(destination)
    if (ofVpc(state, table, destination))
      throw invalidParameter(`cannot remove local route ${key} in route table ${table.routeTableId}`)
    if (!table.routes.has(key)) {
      const parameter = destination.family === 4 ? 'destination-cidr-block' : 'destination-ipv6-cidr-block'
      throw new Ec2Error(
        'InvalidRoute.NotFound',
        `no route with ${parameter} ${key} in route table ${table.routeTableId}`,
      )
    }
    return () => {
      const routes = new Map(table.routes)
      routes.delete(key)
      state.routeTables.set(table.routeTableId, { ...table, routes })
      return DONE
    }
  },
}

const readTable = (parameters: Parameters, state: State): RouteTable =>
  lookUp(ROUTE_TABLE, state.routeTables, parameters.required('RouteTableId'))

/** Exactly one of the two families, in its own parameter. */
function readDestination(parameters: Parameters): Cidr {
  const v4 = parameters.text('DestinationCidrBlock')
  const v6 = parameters.text('DestinationIpv6CidrBlock')
  if (v4 !== undefined && v6 !== undefined)
    throw invalidCombination(
      'The parameter destinationCidrBlock cannot be used with the parameter destinationIpv6CidrBlock',
    )
  if (v4 !== undefined) return readCidr('DestinationCidrBlock', v4, 4)
  if (v6 !== undefined) return readCidr('DestinationIpv6CidrBlock', v6, 6)
  throw new Ec2Error(
    'MissingParameter',
    'The request must contain exactly one of: destinationCidrBlock, destinationIpv6CidrBlock, destinationPrefixListId',
  )
}

function readTarget(parameters: Parameters, table: RouteTable, state: State): RouteTarget {
  const local = parameters.flag('LocalTarget') ?? false
  const named = TARGET_PARAMETERS.filter((name) => parameters.has(name))
  if (named.length + (local ? 1 : 0) !== 1) {
    const message =
      'The request must contain exactly one of gatewayId, natGatewayId, networkInterfaceId, vpcPeeringConnectionId, egressOnlyInternetGatewayId, transitGatewayId or instanceId'
    throw named.length === 0 ? new Ec2Error('MissingParameter', message) : invalidCombination(message)
  }
  if (local) return { kind: 'local' }
  const { routeTableId, vpcId } = table
  const inTable = `route table ${routeTableId}`
  const gatewayId = parameters.text('GatewayId')
  if (gatewayId !== undefined) {
    const gateway = lookUp(GATEWAY, state.internetGateways, gatewayId)
    if (gateway.vpcId !== vpcId) throw differentNetworks(inTable, `network gateway ${gatewayId}`)
    return { kind: 'gateway', gatewayId }
  }
  const instanceId = parameters.text('InstanceId')
  const networkInterfaceId =
    instanceId === undefined ? parameters.required('NetworkInterfaceId') : onlyInterfaceOf(state, instanceId)
  const eni = lookUp(NETWORK_INTERFACE, state.networkInterfaces, networkInterfaceId)
  if (eni.vpcId !== vpcId) throw differentNetworks(inTable, `interface ${networkInterfaceId}`)
  return { kind: 'network-interface', networkInterfaceId }
}

function onlyInterfaceOf(state: State, instanceId: string): string {
  lookUp(INSTANCE, state.instances, instanceId)
  const [first, ...others] = interfacesOf(state, instanceId)
  if (others.length > 0) throw severalInterfaces(instanceId)
  if (first === undefined)
    throw new Ec2Error(
      'IncorrectInstanceState',
      `The instance '${instanceId}' is not in a state in which it can be the target of a route.`,
    )
  return first.networkInterfaceId
}

/**
 * What may lie where: the VPC's own services are out of bounds, and inside the VPC's ranges a route can only take a whole
 * subnet to an interface.
 */
function checkDestination(destination: Cidr, target: RouteTarget, table: RouteTable, state: State): void {
  const text = formatCidr(destination)
  const parameter = destination.family === 4 ? 'DestinationCidrBlock' : 'DestinationIpv6CidrBlock'
  if (FORBIDDEN_DESTINATIONS.some((range) => containsCidr(range, destination)))
    throw invalidValue(parameter, text, 'The destination is reserved for the services of the VPC.')
  const vpc = state.vpcs.get(table.vpcId)
  const inside = vpc !== undefined && rangesOf(vpc).some((range) => containsCidr(range, destination))
  if (!inside || target.kind === 'local') return
  if (target.kind !== 'network-interface')
    throw invalidParameter(
      `The destination CIDR block ${text} is equal to or more specific than one of this VPC's CIDR blocks. This route can target only an interface or an instance.`,
    )
  const ofSubnet = [...state.subnets.values()].some(
    (subnet) =>
      subnet.vpcId === table.vpcId && subnetRanges(subnet).some((range) => equalCidrs(range, destination)),
  )
  if (!ofSubnet && !ofVpc(state, table, destination))
    throw invalidParameter(`Route destination doesn't match any subnet CIDR blocks.`)
}

function ofVpc(state: State, table: RouteTable, destination: Cidr): boolean {
  const vpc = state.vpcs.get(table.vpcId)
  return vpc !== undefined && rangesOf(vpc).some((range) => equalCidrs(range, destination))
}

/**
 * Each family has its own quota. Local routes count: a VPC range can't be added where its route would exceed the quota
 * (https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html).
 */
function checkLimit(table: RouteTable, destination: Cidr, { state, routeLimits }: Context): void {
  const count = routesOf(state, table).filter(
    (route) => route.destination.family === destination.family,
  ).length
  if (count >= (destination.family === 4 ? routeLimits.v4 : routeLimits.v6))
    throw new Ec2Error('RouteLimitExceeded', 'The maximum number of routes has been reached.')
}

function putRoute(state: State, table: RouteTable, destination: Cidr, target: RouteTarget): void {
  const key = formatCidr(destination)
  const routes = new Map(table.routes)
  if (target.kind === 'local') routes.delete(key)
  else routes.set(key, { destination, target })
  state.routeTables.set(table.routeTableId, { ...table, routes })
}

export const ROUTE_ACTIONS: readonly Action[] = [createRoute, replaceRoute, deleteRoute]
