import type { Address } from '../../../net/address.ts'
import type { Cidr } from '../../../net/cidr.ts'
import type { OperationError } from './errors.ts'

/** Records are never changed, only replaced: whoever holds one holds a snapshot. */
export interface Project {
  readonly projectId: string
  /** Digits. */
  readonly number: string
  /** What `projects.get` says of its quotas, by metric. */
  readonly quotas: ReadonlyMap<string, { readonly limit: number; readonly usage: number }>
  /** `STATIC_ROUTES_PER_NETWORK`, of both families together. */
  readonly staticRoutesPerNetwork: number
  /** Of all its instances. */
  readonly metadata: Metadata
  /** `STATIC_ROUTES_PER_PEERING_GROUP`, likewise; that of a network alone where it is less. */
  readonly staticRoutesPerPeeringGroup: number
}

export type Metadata = Readonly<Record<string, string>>

/**
 * The path of a resource below `/compute/v1/`, which is its identity: `projects/p/global/networks/n`. Whole URLs are made
 * of it where an answer has them.
 */
export type ResourcePath = string

export interface Network {
  readonly path: ResourcePath
  readonly id: string
  readonly name: string
  readonly peerings: readonly Peering[]
  /** None is Google's default, 1460. */
  readonly mtu?: number
  /** Those that hold for it, of the organization first, as the API has them. */
  readonly policies: readonly FirewallPolicy[]
  /** Whether its own policy comes before its firewall rules; after them unless told. */
  readonly policyFirst: boolean
  /** Milliseconds since the epoch. */
  readonly created: number
}

export interface Peering {
  readonly name: string
  readonly network: ResourcePath
  /** Whether static and dynamic routes go to the peer, and come from it. */
  readonly exportsCustomRoutes: boolean
  readonly importsCustomRoutes: boolean
  /** Of the other side, where that has not the default. */
  readonly peerMtu?: number
}

/** A firewall rule of a network. */
export interface Firewall {
  readonly path: ResourcePath
  readonly id: string
  readonly name: string
  readonly network: ResourcePath
  readonly direction: 'INGRESS' | 'EGRESS'
  readonly priority: number
  readonly disabled: boolean
  readonly action: 'allow' | 'deny'
  /** `all`, `tcp`, `tcp:80-443`. */
  readonly protocols: readonly string[]
  /** Sources of an ingress rule, destinations of an egress one. */
  readonly ranges: readonly Cidr[]
  readonly sourceTags: readonly string[]
  readonly sourceServiceAccounts: readonly string[]
  readonly targetTags: readonly string[]
  readonly targetServiceAccounts: readonly string[]
  readonly created: number
}

export interface FirewallPolicy {
  readonly name: string
  readonly type: 'HIERARCHY' | 'NETWORK' | 'SYSTEM'
  readonly rules: readonly FirewallPolicyRule[]
}

export interface FirewallPolicyRule {
  readonly priority: number
  readonly direction: 'INGRESS' | 'EGRESS'
  readonly action: 'allow' | 'deny' | 'goto_next' | 'apply_security_profile_group'
  readonly disabled?: boolean
  readonly protocols: readonly string[]
  /** Sources of an ingress rule, destinations of an egress one. */
  readonly ranges?: readonly string[]
  /** Those of the other side. */
  readonly otherRanges?: readonly string[]
  readonly addressGroups?: readonly string[]
  readonly targetServiceAccounts?: readonly string[]
  /** Networks. */
  readonly targets?: readonly ResourcePath[]
  /** `tagValues/1` */
  readonly targetTags?: readonly string[]
}

/** A Cloud Router. */
export interface Router {
  readonly path: ResourcePath
  readonly id: string
  readonly name: string
  readonly region: string
  readonly network: ResourcePath
  readonly nats: readonly Nat[]
  readonly created: number
}

export interface Nat {
  readonly name: string
  readonly type?: 'PUBLIC' | 'PRIVATE'
  readonly ranges:
    'ALL_SUBNETWORKS_ALL_IP_RANGES' | 'ALL_SUBNETWORKS_ALL_PRIMARY_IP_RANGES' | 'LIST_OF_SUBNETWORKS'
  readonly subnetworks?: readonly {
    readonly subnetwork: ResourcePath
    readonly ranges: readonly ('ALL_IP_RANGES' | 'PRIMARY_IP_RANGE' | 'LIST_OF_SECONDARY_IP_RANGES')[]
    readonly secondary?: readonly string[]
  }[]
}

export interface Subnetwork {
  readonly path: ResourcePath
  readonly id: string
  readonly name: string
  readonly region: string
  readonly network: ResourcePath
  readonly range: Cidr
  readonly secondaryRanges: readonly SecondaryRange[]
  /** Internal ones only. */
  readonly ipv6?: Cidr
  /** A hybrid subnet: static routes may lie within its ranges. */
  readonly allowsOverlap: boolean
  readonly created: number
}

export interface SecondaryRange {
  readonly name: string
  readonly range: Cidr
}

export type InstanceStatus =
  'PROVISIONING' | 'STAGING' | 'RUNNING' | 'STOPPING' | 'TERMINATED' | 'SUSPENDED' | 'REPAIRING'

export interface Instance {
  readonly path: ResourcePath
  readonly id: string
  readonly name: string
  readonly zone: string
  readonly status: InstanceStatus
  readonly canIpForward: boolean
  readonly tags: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly metadata: Metadata
  /** None has no rights of its own. */
  readonly serviceAccount?: string
  readonly interfaces: readonly NetworkInterface[]
  readonly created: number
}

export interface NetworkInterface {
  readonly name: string
  readonly network: ResourcePath
  readonly subnetwork: ResourcePath
  readonly address: Address
  /** What the Internet sees, if it has one. */
  readonly external?: Address
  /** The first address of the /96 that the interface has. */
  readonly ipv6?: Address
  readonly aliases: readonly AliasRange[]
  /** What the fingerprint is made of: counts the changes. */
  readonly version: number
}

export interface AliasRange {
  readonly range: Cidr
  /** Of the secondary range that it is taken from; none for the primary one. */
  readonly rangeName?: string
}

/** What was written by call, or came with its network. Routes of subnets and peerings follow from these. */
export interface Route {
  readonly path: ResourcePath
  readonly id: string
  readonly name: string
  readonly description: string
  readonly network: ResourcePath
  readonly destination: Cidr
  readonly priority: number
  readonly tags: readonly string[]
  readonly nextHop: NextHop
  readonly created: number
}

export type NextHop =
  | { readonly kind: 'instance'; readonly instance: ResourcePath }
  | { readonly kind: 'ip'; readonly address: Address }
  | { readonly kind: 'gateway'; readonly gateway: ResourcePath }

/** What was asked for and takes its time. */
export interface Operation {
  readonly path: ResourcePath
  readonly id: string
  readonly name: string
  /** `projects/p` of a global one, `projects/p/zones/z` of a zonal one. */
  readonly scope: string
  readonly type: 'insert' | 'delete' | 'updateNetworkInterface'
  readonly target: ResourcePath
  readonly targetId: string
  readonly user: string
  readonly requestId?: string
  readonly inserted: number
  /** When it ends, if it ends. */
  readonly due: number
  /** Takes effect when it is due; may find then that it can't. */
  readonly work: (now: number) => OperationError | undefined
  readonly outcome?: { readonly ended: number; readonly error?: OperationError }
}

/** Everything there is. Maps keep the order of creation. */
export interface State {
  readonly projects: Map<string, Project>
  readonly zones: readonly string[]
  readonly networks: Map<ResourcePath, Network>
  readonly subnetworks: Map<ResourcePath, Subnetwork>
  readonly instances: Map<ResourcePath, Instance>
  readonly routes: Map<ResourcePath, Route>
  readonly firewalls: Map<ResourcePath, Firewall>
  readonly routers: Map<ResourcePath, Router>
  readonly operations: Map<ResourcePath, Operation>
  /** Paths that an operation is at work on. */
  readonly busy: Map<ResourcePath, 'insert' | 'delete' | 'update'>
  /** `zones/z`: scopes that no list reaches now. */
  readonly unreachable: Set<string>
  /** 19 digits; the same calls give the same ids. */
  readonly newId: () => string
}

export function createState(zones: readonly string[]): State {
  let last = 1_000_000_000_000_000_000n
  return {
    projects: new Map(),
    zones,
    networks: new Map(),
    subnetworks: new Map(),
    instances: new Map(),
    routes: new Map(),
    firewalls: new Map(),
    routers: new Map(),
    operations: new Map(),
    busy: new Map(),
    unreachable: new Set(),
    newId: () => String(++last),
  }
}

export const projectOf = (path: ResourcePath): string => path.split('/')[1] ?? ''

export const regionOf = (zone: string): string => zone.slice(0, zone.lastIndexOf('-'))

/** Ends what is due. */
export function settleOperations(state: State, now: number): void {
  for (const operation of state.operations.values()) {
    if (operation.outcome !== undefined || operation.due > now) continue
    const error = operation.work(operation.due)
    state.busy.delete(operation.target)
    state.operations.set(operation.path, {
      ...operation,
      outcome: {
        ended: Math.max(operation.inserted, operation.due),
        ...(error === undefined ? {} : { error }),
      },
    })
  }
}
