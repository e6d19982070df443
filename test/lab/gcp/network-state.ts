/**
 * A VPC network of Google Cloud as its API tells of it, as far as packets are concerned: with the subnets of all regions.
 * CIDRs and addresses are canonical texts as `net/` prints them. No order means anything.
 */
export interface NetworkState {
  readonly subnets: readonly Subnet[]
  readonly nics: readonly Nic[]
  readonly routes: readonly StaticRoute[]
}

export interface Subnet {
  /** `projects/p/regions/r/subnetworks/s` */
  readonly path: string
  /** The primary one and that of IPv6: where machines have their addresses. */
  readonly ranges: readonly string[]
  /** From which alias ranges are taken. */
  readonly secondaryRanges: readonly string[]
}

/** An instance's interface in the network. */
export interface Nic {
  /** `projects/p/zones/z/instances/i` */
  readonly instance: string
  /** `nic0` */
  readonly name: string
  readonly subnet: string
  /** Of both families. */
  readonly addresses: readonly string[]
  /** Alias ranges, and of IPv6 the range around the address. */
  readonly ranges: readonly string[]
  readonly canIpForward: boolean
  /** Network tags of the instance. */
  readonly tags: readonly string[]
  readonly isRunning: boolean
}

export interface StaticRoute {
  readonly destination: string
  /** Of several routes to one destination the lowest number counts. */
  readonly priority: number
  /** The instances that it is for have one of these; without any it is for all. */
  readonly tags: readonly string[]
  readonly nextHop:
    | { readonly kind: 'instance'; readonly instance: string }
    | { readonly kind: 'address'; readonly address: string }
    /** Gateways, tunnels and so on: the lab has nothing behind them. */
    | { readonly kind: 'other' }
}

/** Names an interface in the whole project. */
export const portOf = ({ instance, name }: Pick<Nic, 'instance' | 'name'>): string => `${instance}:${name}`
