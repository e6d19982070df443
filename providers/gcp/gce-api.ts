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
  /** URL of what it is at work on. */
  readonly targetLink?: string
  readonly status?: string
  readonly httpErrorStatusCode?: number
  readonly error?: {
    readonly errors?: readonly {
      readonly code?: string
      readonly message?: string
      readonly errorDetails?: readonly { readonly quotaInfo?: { readonly limit?: number } }[]
    }[]
  }
}

export interface WireInstance {
  readonly name?: string
  readonly selfLink?: string
  readonly status?: string
  readonly canIpForward?: boolean
  readonly networkInterfaces?: readonly WireInterface[]
}

export interface WireInterface {
  readonly name?: string
  readonly network?: string
  readonly networkIP?: string
  /** Internal. */
  readonly ipv6Address?: string
  readonly ipv6AccessConfigs?: readonly { readonly externalIpv6?: string }[]
}

export interface WireNetwork {
  readonly name?: string
  readonly selfLink?: string
}

export interface WireProject {
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
  listGlobalOperations(
    request: ListPage & { readonly project: string },
    options: CallOptions,
  ): Promise<ListAnswer<readonly WireOperation[]>>
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
  ): Promise<ListAnswer<Readonly<Record<string, { readonly instances?: readonly WireInstance[] }>>>>
  getProject(request: { readonly project: string }, options: CallOptions): Promise<WireProject>
}

export interface CallOptions {
  readonly signal: AbortSignal
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
  listGlobalOperations: {
    method: 'globalOperations.list',
    group: 'lists',
    permission: 'compute.globalOperations.list',
  },
  getNetwork: { method: 'networks.get', group: 'reads', permission: 'compute.networks.get' },
  getInstance: { method: 'instances.get', group: 'reads', permission: 'compute.instances.get' },
  listInstances: { method: 'instances.aggregatedList', group: 'lists', permission: 'compute.instances.list' },
  getProject: { method: 'projects.get', group: 'reads', permission: 'compute.projects.get' },
}

/** Whether a lost answer leaves open what happened. */
export const isWrite = (call: GceCall): boolean => calls[call].group === 'mutations'
