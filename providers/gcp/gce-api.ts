import type { WireEffectiveFirewalls, WirePeeringRoute, WireRouter } from './gce-surroundings.ts'

/** The parts of Compute Engine's resources that podway reads and writes, as its SDK gives them. */

/** URLs throughout. What Google leaves out is absent, or an empty list. */
export interface WireRoute {
  readonly name?: string
  readonly description?: string
  readonly network?: string
  readonly destRange?: string
  readonly priority?: number
  readonly tags?: readonly string[]
  readonly nextHopInstance?: string
  readonly nextHopIp?: string
  readonly nextHopGateway?: string
  readonly nextHopIlb?: string
  readonly nextHopVpnTunnel?: string
  readonly nextHopNetwork?: string
  readonly nextHopPeering?: string
  readonly nextHopHub?: string
  readonly nextHopInterconnectAttachment?: string
  readonly routeType?: string
  readonly warnings?: readonly { readonly code?: string }[]
}

export interface WireOperation {
  readonly name?: string
  /** URL, of a zonal one. */
  readonly zone?: string
  readonly status?: string
  /** `insert`, `delete`, `updateNetworkInterface` … */
  readonly operationType?: string
  /** URL of what it is at work on. */
  readonly targetLink?: string
  readonly httpErrorStatusCode?: number
  readonly error?: {
    readonly errors?: readonly {
      readonly code?: string
      readonly message?: string
      readonly errorDetails?: readonly { readonly quotaInfo?: WireQuotaInfo }[]
    }[]
  }
}

/** Which quota is used up. */
export interface WireQuotaInfo {
  readonly metricName?: string
  readonly limit?: number
}

export interface WireInstance {
  readonly name?: string
  readonly selfLink?: string
  readonly status?: string
  readonly canIpForward?: boolean
  /** Of the network: routes and firewall rules may be for some tags only. */
  readonly tags?: { readonly items?: readonly string[] }
  readonly labels?: Readonly<Record<string, string>>
  readonly metadata?: WireMetadata
  readonly serviceAccounts?: readonly { readonly email?: string }[]
  readonly networkInterfaces?: readonly WireInterface[]
}

/** It may hold secrets. */
export interface WireMetadata {
  readonly items?: readonly { readonly key?: string; readonly value?: string }[]
}

export interface WireInterface {
  readonly name?: string
  readonly network?: string
  readonly subnetwork?: string
  readonly networkIP?: string
  readonly aliasIpRanges?: readonly WireAliasRange[]
  readonly aliasIpv6Ranges?: readonly WireAliasRange[]
  /** By which the Internet sees it. */
  readonly accessConfigs?: readonly { readonly natIP?: string }[]
  /** Of its contents: who changes it says which he has seen. */
  readonly fingerprint?: string
  /** Internal. */
  readonly ipv6Address?: string
  readonly ipv6AccessConfigs?: readonly { readonly externalIpv6?: string }[]
}

export interface WireAliasRange {
  readonly ipCidrRange?: string
  /** Of the secondary range of the subnet; none where it is of the primary one. */
  readonly subnetworkRangeName?: string
}

export interface WireNetwork {
  readonly name?: string
  readonly selfLink?: string
  /** Bytes; none or 0 is Google's default. */
  readonly mtu?: number
  readonly networkFirewallPolicyEnforcementOrder?: string
  readonly peerings?: readonly WirePeering[]
}

export interface WirePeering {
  readonly name?: string
  readonly network?: string
  /** `ACTIVE` once both sides want it. */
  readonly state?: string
  /** Whether routes besides those of subnets come from the peer. */
  readonly importCustomRoutes?: boolean
  readonly peerMtu?: number
}

export interface WireSubnetwork {
  readonly name?: string
  readonly selfLink?: string
  readonly network?: string
  /** The primary range. */
  readonly ipCidrRange?: string
  readonly secondaryIpRanges?: readonly { readonly rangeName?: string; readonly ipCidrRange?: string }[]
  readonly internalIpv6Prefix?: string
  readonly externalIpv6Prefix?: string
  /** A hybrid subnet: routes may lie within its ranges. */
  readonly allowSubnetCidrRoutesOverlap?: boolean
}

/** One scope (`zones/europe-west1-b`) of a list over all of them. */
export interface WireScope {
  readonly instances?: readonly WireInstance[]
  readonly subnetworks?: readonly WireSubnetwork[]
  readonly routers?: readonly WireRouter[]
  /** `UNREACHABLE`: what is in that scope is not in the list. */
  readonly warning?: { readonly code?: string }
}

export interface WireProject {
  /** Of all its instances. */
  readonly commonInstanceMetadata?: WireMetadata
  readonly quotas?: readonly {
    readonly metric?: string
    readonly limit?: number
    readonly usage?: number
  }[]
}

export interface ListPage {
  readonly filter?: string
  readonly orderBy?: string
  readonly maxResults: number
  readonly pageToken?: string
}

export interface ListAnswer<Items> {
  /** `compute#routeList`: always there. */
  readonly kind?: string
  readonly items?: Items
  readonly nextPageToken?: string
}

/** What podway asks of Compute Engine. Each resolves to Google's answer, or rejects with what the SDK throws. */
export interface GceApi {
  insertRoute(
    request: { readonly project: string; readonly routeResource: WireRoute },
    options: CallOptions,
  ): Promise<WireOperation>
  deleteRoute(
    request: { readonly project: string; readonly route: string },
    options: CallOptions,
  ): Promise<WireOperation>
  listRoutes(
    request: ListPage & { readonly project: string },
    options: CallOptions,
  ): Promise<ListAnswer<readonly WireRoute[]>>
  waitForGlobalOperation(
    request: { readonly project: string; readonly operation: string },
    options: CallOptions,
  ): Promise<WireOperation>
  getNetwork(
    request: { readonly project: string; readonly network: string },
    options: CallOptions,
  ): Promise<WireNetwork>
  getInstance(
    request: { readonly project: string; readonly zone: string; readonly instance: string },
    options: CallOptions,
  ): Promise<WireInstance>
  listInstances(
    request: ListPage & { readonly project: string },
    options: CallOptions,
  ): Promise<ListAnswer<Readonly<Record<string, WireScope>>>>
  /** Its alias ranges become these, all of them: what is not named is taken away. */
  updateNetworkInterface(
    request: {
      readonly project: string
      readonly zone: string
      readonly instance: string
      readonly networkInterface: string
      readonly networkInterfaceResource: Required<Pick<WireInterface, 'aliasIpRanges' | 'fingerprint'>>
    },
    options: CallOptions,
  ): Promise<WireOperation>
  waitForZoneOperation(
    request: { readonly project: string; readonly zone: string; readonly operation: string },
    options: CallOptions,
  ): Promise<WireOperation>
  listGlobalOperations(
    request: ListPage & { readonly project: string },
    options: CallOptions,
  ): Promise<ListAnswer<readonly WireOperation[]>>
  listZoneOperations(
    request: ListPage & { readonly project: string; readonly zone: string },
    options: CallOptions,
  ): Promise<ListAnswer<readonly WireOperation[]>>
  listSubnetworks(
    request: ListPage & { readonly project: string },
    options: CallOptions,
  ): Promise<ListAnswer<Readonly<Record<string, WireScope>>>>
  getEffectiveFirewalls(
    request: { readonly project: string; readonly network: string },
    options: CallOptions,
  ): Promise<WireEffectiveFirewalls>
  /** Of one peering; static routes are in the answer whatever the region. */
  listPeeringRoutes(
    request: Omit<ListPage, 'filter'> & {
      readonly project: string
      readonly network: string
      readonly peeringName: string
      readonly region: string
      readonly direction: 'INCOMING' | 'OUTGOING'
    },
    options: CallOptions,
  ): Promise<ListAnswer<readonly WirePeeringRoute[]>>
  listRouters(
    request: ListPage & { readonly project: string },
    options: CallOptions,
  ): Promise<ListAnswer<Readonly<Record<string, WireScope>>>>
  getProject(request: { readonly project: string }, options: CallOptions): Promise<WireProject>
}

export interface CallOptions {
  readonly signal: AbortSignal
  /** Of the whole of it; as the client says unless told. */
  readonly timeoutMs?: number
}

export type GceCall = keyof GceApi

interface CallFacts {
  /** As Google's reference has it. */
  readonly method: string
  /** Calls of a group share a rate. */
  readonly group: RateGroup
  /** What a caller has to be allowed. */
  readonly permission: string
}

export type RateGroup = 'mutations' | 'reads' | 'lists' | 'operation-reads'

export const calls: Readonly<Record<GceCall, CallFacts>> = {
  insertRoute: { method: 'routes.insert', group: 'mutations', permission: 'compute.routes.create' },
  deleteRoute: { method: 'routes.delete', group: 'mutations', permission: 'compute.routes.delete' },
  listRoutes: { method: 'routes.list', group: 'lists', permission: 'compute.routes.list' },
  waitForGlobalOperation: {
    method: 'globalOperations.wait',
    group: 'operation-reads',
    permission: 'compute.globalOperations.get',
  },
  getNetwork: { method: 'networks.get', group: 'reads', permission: 'compute.networks.get' },
  getInstance: { method: 'instances.get', group: 'reads', permission: 'compute.instances.get' },
  listInstances: { method: 'instances.aggregatedList', group: 'lists', permission: 'compute.instances.list' },
  updateNetworkInterface: {
    method: 'instances.updateNetworkInterface',
    group: 'mutations',
    permission: 'compute.instances.updateNetworkInterface',
  },
  waitForZoneOperation: {
    method: 'zoneOperations.wait',
    group: 'operation-reads',
    permission: 'compute.zoneOperations.get',
  },
  listGlobalOperations: {
    method: 'globalOperations.list',
    group: 'lists',
    permission: 'compute.globalOperations.list',
  },
  listZoneOperations: {
    method: 'zoneOperations.list',
    group: 'lists',
    permission: 'compute.zoneOperations.list',
  },
  listSubnetworks: {
    method: 'subnetworks.aggregatedList',
    group: 'lists',
    permission: 'compute.subnetworks.list',
  },
  getEffectiveFirewalls: {
    method: 'networks.getEffectiveFirewalls',
    group: 'reads',
    permission: 'compute.networks.getEffectiveFirewalls',
  },
  listPeeringRoutes: {
    method: 'networks.listPeeringRoutes',
    group: 'lists',
    permission: 'compute.networks.listPeeringRoutes',
  },
  listRouters: { method: 'routers.aggregatedList', group: 'lists', permission: 'compute.routers.list' },
  getProject: { method: 'projects.get', group: 'reads', permission: 'compute.projects.get' },
}

/** Whether a lost answer leaves open what happened. */
export const isWrite = (call: GceCall): boolean => calls[call].group === 'mutations'
