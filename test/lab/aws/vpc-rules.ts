import { containsCidr, parseCidr } from '../../../net/cidr.ts'
import { type FabricRoute, type FabricState, type Port, gatewaysOf } from '../fabric-state.ts'
import { hostCidr } from '../host-cidr.ts'
import type { Eni, RouteTable, VpcRoute, VpcState } from './vpc-state.ts'

/**
 * How a VPC of AWS routes:
 *
 * - a packet follows the table of the subnet of the ENI that it comes from;
 * - VPC ranges are delivered by the local route, to the ENI that has the address or to which the range around it is
 *   delegated: a route for a part of them is left out, however specific it is;
 * - the source/destination check is made on the ENI that sends and on the one that receives.
 *
 * Source: https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html
 */
export function vpcFabric(state: VpcState): FabricState {
  return {
    ports: state.enis.map((eni) => portOf(state, eni)),
    tables: state.tables.map((table) => ({ id: table.id, routes: routesOf(state, table) })),
  }
}

function portOf({ subnets }: VpcState, eni: Eni): Port {
  const subnet = subnets.find(({ id }) => id === eni.subnetId)
  return {
    id: eni.id,
    addresses: eni.addresses,
    ranges: eni.prefixes,
    gateways: gatewaysOf(subnet?.cidrs ?? []),
    forwards: !eni.sourceDestCheck,
    table: eni.up ? subnet?.tableId : undefined,
  }
}

function routesOf({ cidrs, enis }: VpcState, table: RouteTable): readonly FabricRoute[] {
  const local = cidrs.map(parseCidr)
  const isLocal = ({ destination }: VpcRoute): boolean =>
    local.some((range) => containsCidr(range, parseCidr(destination)))
  return [
    ...table.routes
      .filter((route) => !isLocal(route))
      .map(({ destination, state, target }) => ({
        destination,
        ports: target.kind === 'eni' && state === 'active' ? [target.id] : [],
      })),
    ...cidrs.map((destination) => ({ destination, ports: [] })),
    ...enis.flatMap((eni) =>
      [...eni.addresses.map(hostCidr), ...eni.prefixes].map((destination) => ({
        destination,
        ports: [eni.id],
      })),
    ),
  ]
}
