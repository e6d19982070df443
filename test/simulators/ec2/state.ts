import type { Address } from '../../../net/address.ts'
import type { Cidr } from '../../../net/cidr.ts'

/** Records are never changed, only replaced: whoever holds one holds a snapshot. */
export interface Vpc {
  readonly vpcId: string
  /** The first one is the primary one. */
  readonly cidrBlocks: readonly CidrAssociation[]
  readonly ipv6CidrBlocks: readonly CidrAssociation[]
}

export interface CidrAssociation {
  readonly associationId: string
  readonly cidr: Cidr
}

export interface Subnet {
  readonly subnetId: string
  readonly vpcId: string
  readonly availabilityZone: string
  readonly cidr: Cidr
  readonly ipv6?: CidrAssociation
}

/** A part of a subnet from which AWS gives no single address by itself. */
export interface CidrReservation {
  readonly subnetCidrReservationId: string
  readonly subnetId: string
  readonly cidr: Cidr
  /** `prefix`: AWS takes prefixes from it · `explicit`: nothing but what is named. */
  readonly reservationType: ReservationType
  readonly description: string | undefined
}

export type ReservationType = 'prefix' | 'explicit'

export interface RouteTable {
  readonly routeTableId: string
  readonly vpcId: string
  /**
   * What was written by call, keyed by the destination's text. A key that is a VPC range overrides the local route of
   * that range; the other local routes are not here, they follow from the VPC.
   */
  readonly routes: ReadonlyMap<string, Route>
}

export interface Route {
  readonly destination: Cidr
  readonly target: RouteTarget
}

export type RouteTarget =
  | { readonly kind: 'local' }
  | { readonly kind: 'gateway'; readonly gatewayId: string }
  | { readonly kind: 'network-interface'; readonly networkInterfaceId: string }

/** A VPC has exactly one main association; a subnet has one or none, and follows the main one without. */
export interface RouteTableAssociation {
  readonly associationId: string
  readonly routeTableId: string
  /** None for the main association. */
  readonly subnetId?: string
}

export interface InternetGateway {
  readonly internetGatewayId: string
  readonly vpcId?: string
}

export interface NetworkInterface {
  readonly networkInterfaceId: string
  readonly subnetId: string
  readonly vpcId: string
  readonly availabilityZone: string
  readonly description: string
  readonly macAddress: string
  /** The first one is the primary one. */
  readonly privateIpAddresses: readonly Address[]
  readonly ipv6Addresses: readonly Address[]
  /** Each a /80 that the VPC delivers to the interface as a whole. */
  readonly ipv6Prefixes: readonly Cidr[]
  readonly sourceDestCheck: boolean
  /** At least one. */
  readonly groupIds: readonly string[]
  readonly attachment?: Attachment
}

export interface Attachment {
  readonly attachmentId: string
  readonly instanceId: string
  readonly deviceIndex: number
  readonly deleteOnTermination: boolean
  /** Milliseconds since the epoch. */
  readonly attachTime: number
}

export type InstanceStateName =
  'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped'

/** Its interfaces are those with an attachment that names it. */
export interface Instance {
  readonly instanceId: string
  readonly reservationId: string
  readonly launchIndex: number
  readonly imageId: string
  readonly instanceType: string
  readonly availabilityZone: string
  /** Milliseconds since the epoch. */
  readonly launchTime: number
  /** Only states that last: those on the way there are told in the answer of the call that asked for them. */
  readonly state: 'running' | 'stopped' | 'terminated'
}

export interface SecurityGroup {
  readonly groupId: string
  /** `default` for the one that the VPC was made with. */
  readonly groupName: string
  readonly description: string
  readonly vpcId: string
  /** Out of a group, everything goes. */
  readonly ingress: readonly SecurityRule[]
}

/** Lets packets of one source in. */
export interface SecurityRule {
  readonly ruleId: string
  /** `-1` is all; a name where EC2 has one (`tcp`), else a number. */
  readonly protocol: string
  /** ICMP: the type and the code. Absent where the protocol has none. */
  readonly ports?: { readonly from: number; readonly to: number }
  readonly source: SecuritySource
}

export type SecuritySource =
  | { readonly kind: 'range'; readonly cidr: Cidr }
  | { readonly kind: 'group'; readonly groupId: string }
  | { readonly kind: 'prefix-list'; readonly prefixListId: string }

/** The one that a VPC was made with, which is that of all its subnets. */
export interface NetworkAcl {
  readonly networkAclId: string
  readonly vpcId: string
  readonly entries: readonly NetworkAclEntry[]
}

export interface NetworkAclEntry {
  /** The lowest that fits a packet decides. */
  readonly ruleNumber: number
  readonly egress: boolean
  /** `-1` is all. */
  readonly protocol: string
  readonly ports?: { readonly from: number; readonly to: number }
  readonly action: 'allow' | 'deny'
  readonly cidr: Cidr
}

export interface VpcPeering {
  readonly vpcPeeringConnectionId: string
  readonly requesterVpcId: string
  readonly accepterVpcId: string
  readonly status: 'pending-acceptance' | 'active' | 'failed' | 'deleted'
}

/** Everything the account has. Maps keep the order of creation, which is the order of ids. */
export interface State {
  readonly vpcs: Map<string, Vpc>
  readonly subnets: Map<string, Subnet>
  readonly cidrReservations: Map<string, CidrReservation>
  readonly routeTables: Map<string, RouteTable>
  readonly associations: Map<string, RouteTableAssociation>
  readonly internetGateways: Map<string, InternetGateway>
  readonly networkInterfaces: Map<string, NetworkInterface>
  readonly instances: Map<string, Instance>
  readonly securityGroups: Map<string, SecurityGroup>
  readonly networkAcls: Map<string, NetworkAcl>
  readonly peerings: Map<string, VpcPeering>
  /** By resource id; no entry is no tags. */
  readonly tags: Map<string, ReadonlyMap<string, string>>
  /** `rtb` → `rtb-00000000000000001`, and so on: the same calls give the same ids. */
  readonly newId: (prefix: string) => string
}

export function createState(): State {
  const used = new Map<string, number>()
  return {
    vpcs: new Map(),
    subnets: new Map(),
    cidrReservations: new Map(),
    routeTables: new Map(),
    associations: new Map(),
    internetGateways: new Map(),
    networkInterfaces: new Map(),
    instances: new Map(),
    securityGroups: new Map(),
    networkAcls: new Map(),
    peerings: new Map(),
    tags: new Map(),
    newId(prefix) {
      const number = (used.get(prefix) ?? 0) + 1
      used.set(prefix, number)
      return `${prefix}-${number.toString(16).padStart(17, '0')}`
    },
  }
}

/** By device index. */
export function interfacesOf(state: State, instanceId: string): readonly NetworkInterface[] {
  return [...state.networkInterfaces.values()]
    .filter((eni) => eni.attachment?.instanceId === instanceId)
    .sort((a, b) => (a.attachment?.deviceIndex ?? 0) - (b.attachment?.deviceIndex ?? 0))
}

/** The VPC ranges of both families. */
export const rangesOf = (vpc: Vpc): readonly Cidr[] =>
  [...vpc.cidrBlocks, ...vpc.ipv6CidrBlocks].map(({ cidr }) => cidr)

export function mainAssociation(state: State, vpcId: string): RouteTableAssociation | undefined {
  return [...state.associations.values()].find(
    ({ subnetId, routeTableId }) =>
      subnetId === undefined && state.routeTables.get(routeTableId)?.vpcId === vpcId,
  )
}

export const reservationsIn = (state: State, { subnetId }: Subnet): readonly CidrReservation[] =>
  [...state.cidrReservations.values()].filter((reservation) => reservation.subnetId === subnetId)

/** Those that interfaces of the subnet have. */
export const prefixesIn = (state: State, { subnetId }: Subnet): readonly Cidr[] =>
  [...state.networkInterfaces.values()]
    .filter((eni) => eni.subnetId === subnetId)
    .flatMap(({ ipv6Prefixes }) => ipv6Prefixes)
