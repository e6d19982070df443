/**
 * A virtual network of Azure as its API tells of it, as far as packets are concerned. CIDRs and addresses are canonical
 * texts as `net/` prints them, ids are lower-cased: Azure compares them without regard to case. No order means anything.
 */
export interface VnetState {
  readonly addressSpace: readonly string[]
  readonly subnets: readonly Subnet[]
  readonly nics: readonly Nic[]
  readonly tables: readonly RouteTable[]
}

export interface Subnet {
  readonly id: string
  readonly prefixes: readonly string[]
  /** The route table that it is associated to, if there is one. */
  readonly tableId: string | undefined
}

export interface Nic {
  readonly id: string
  readonly subnetId: string
  /** Of its IP configurations, of both families, the primary one first. */
  readonly addresses: readonly string[]
  readonly enableIpForwarding: boolean
  /** Whether it is attached to a machine that runs. */
  readonly isRunning: boolean
}

export interface RouteTable {
  readonly id: string
  /** Each prefix once: Azure refuses a second one. */
  readonly routes: readonly UserRoute[]
}

export interface UserRoute {
  readonly prefix: string
  readonly nextHop:
    | { readonly kind: 'appliance'; readonly address: string }
    | { readonly kind: 'vnet' }
    /** `None`, and gateways and the internet, behind which the lab has nothing. */
    | { readonly kind: 'other' }
}
