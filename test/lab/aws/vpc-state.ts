/**
 * A VPC as its API tells of it, as far as packets are concerned. CIDRs and addresses are canonical texts as `net/` prints
 * them. No order means anything.
 */
export interface VpcState {
  /** The ranges that the VPC's local route covers, of both families. */
  readonly cidrs: readonly string[]
  readonly subnets: readonly Subnet[]
  readonly enis: readonly Eni[]
  readonly tables: readonly RouteTable[]
}

export interface Subnet {
  readonly id: string
  /** Of both families. The first address of each is the router's. */
  readonly cidrs: readonly string[]
  /** The table of its own, or the VPC's main table. */
  readonly tableId: string
}

export interface Eni {
  readonly id: string
  readonly subnetId: string
  /** Its own addresses, of both families, the primary one first. */
  readonly addresses: readonly string[]
  /** Ranges that are its own as its addresses are: the VPC's local route leads to it. */
  readonly prefixes: readonly string[]
  /** Whether packets that are neither from nor to its own addresses are dropped, in both directions. */
  readonly sourceDestCheck: boolean
  /** Whether it is attached to a running instance: no other one takes or gives a packet. */
  readonly up: boolean
}

export interface RouteTable {
  readonly id: string
  readonly routes: readonly VpcRoute[]
}

export interface VpcRoute {
  readonly destination: string
  readonly target:
    | { readonly kind: 'local' }
    | { readonly kind: 'eni'; readonly id: string }
    /** Gateways, peerings and so on: the lab has nothing behind them. */
    | { readonly kind: 'other'; readonly id: string }
  /** As the API says. A route to an ENI that is gone or down drops its packets whatever the API says. */
  readonly state: 'active' | 'blackhole'
}
