import type { Action } from './action.ts'
import { AVAILABILITY_ZONE_ACTIONS } from './actions/availability-zones.ts'
import { INSTANCE_ACTIONS } from './actions/instances.ts'
import { INTERNET_GATEWAY_ACTIONS } from './actions/internet-gateways.ts'
import { IPV6_ADDRESS_ACTIONS } from './actions/ipv6-addresses.ts'
import { NETWORK_ACL_ACTIONS } from './actions/network-acls.ts'
import { NETWORK_INTERFACE_ATTRIBUTE_ACTIONS } from './actions/network-interface-attributes.ts'
import { NETWORK_INTERFACE_ACTIONS } from './actions/network-interfaces.ts'
import { ROUTE_TABLE_ACTIONS } from './actions/route-tables.ts'
import { ROUTE_ACTIONS } from './actions/routes.ts'
import { SECURITY_GROUP_RULE_ACTIONS } from './actions/security-group-rules.ts'
import { SECURITY_GROUP_ACTIONS } from './actions/security-groups.ts'
import { SUBNET_CIDR_RESERVATION_ACTIONS } from './actions/subnet-cidr-reservations.ts'
import { SUBNET_ACTIONS } from './actions/subnets.ts'
import { TAG_ACTIONS } from './actions/tags.ts'
import { PEERING_ACTIONS } from './actions/vpc-peerings.ts'
import { VPC_ACTIONS } from './actions/vpcs.ts'

/** Every call that the simulator answers, by name. */
export const ACTIONS: ReadonlyMap<string, Action> = new Map(
  [
    VPC_ACTIONS,
    SUBNET_ACTIONS,
    SUBNET_CIDR_RESERVATION_ACTIONS,
    ROUTE_TABLE_ACTIONS,
    ROUTE_ACTIONS,
    INTERNET_GATEWAY_ACTIONS,
    NETWORK_INTERFACE_ACTIONS,
    NETWORK_INTERFACE_ATTRIBUTE_ACTIONS,
    IPV6_ADDRESS_ACTIONS,
    INSTANCE_ACTIONS,
    TAG_ACTIONS,
    AVAILABILITY_ZONE_ACTIONS,
    SECURITY_GROUP_ACTIONS,
    SECURITY_GROUP_RULE_ACTIONS,
    NETWORK_ACL_ACTIONS,
    PEERING_ACTIONS,
  ]
    .flat()
    .map((action) => [action.name, action]),
)
