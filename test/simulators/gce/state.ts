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
  /** `STATIC_ROUTES_PER_PEERING_GROUP`, likewise; that of a network alone where it is less. */
  readonly staticRoutesPerPeeringGroup: number
}

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
  /** Milliseconds since the epoch. */
  readonly created: number
}

export interface Peering {
  readonly name: string
  readonly network: ResourcePath
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
  readonly interfaces: readonly NetworkInterface[]
  readonly created: number
}

export interface NetworkInterface {
  readonly name: string
  readonly network: ResourcePath
  readonly subnetwork: ResourcePath
  readonly address: Address
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
