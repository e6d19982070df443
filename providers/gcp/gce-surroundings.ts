/** What surrounds a network, as the SDK gives it: an examination reads it, routes do not need it. */

export interface WirePeeringRoute {
  readonly destRange?: string
  /** `SUBNET_PEERING_ROUTE`, `STATIC_PEERING_ROUTE`, `DYNAMIC_PEERING_ROUTE` */
  readonly type?: string
  /** Whether the network takes it. */
  readonly imported?: boolean
}

/** Of a VPC network; sources or destinations are those of its direction. */
export interface WireFirewall {
  readonly name?: string
  readonly direction?: string
  readonly disabled?: boolean
  readonly priority?: number
  readonly allowed?: readonly WireProtocol[]
  readonly denied?: readonly WireProtocol[]
  readonly sourceRanges?: readonly string[]
  readonly destinationRanges?: readonly string[]
  readonly sourceTags?: readonly string[]
  readonly sourceServiceAccounts?: readonly string[]
  readonly targetTags?: readonly string[]
  readonly targetServiceAccounts?: readonly string[]
}

export interface WireProtocol {
  /** `all`, `tcp`, a number. */
  readonly IPProtocol?: string
  readonly ports?: readonly string[]
}

/** Of an organization, a folder or a network. */
export interface WireFirewallPolicy {
  readonly name?: string
  readonly shortName?: string
  /** `HIERARCHY`, `NETWORK`, `SYSTEM` */
  readonly type?: string
  readonly rules?: readonly WirePolicyRule[]
}

export interface WirePolicyRule {
  readonly direction?: string
  readonly disabled?: boolean
  readonly priority?: number
  readonly action?: string
  /** Of a policy's rule it has more than ranges: whatever else is there narrows it. */
  readonly match?: Readonly<Record<string, unknown>>
  readonly targetType?: string
  /** Networks. */
  readonly targetResources?: readonly string[]
  readonly targetServiceAccounts?: readonly string[]
  readonly targetSecureTags?: readonly object[]
}

export interface WireEffectiveFirewalls {
  readonly firewalls?: readonly WireFirewall[]
  readonly firewallPolicys?: readonly WireFirewallPolicy[]
}

/** A Cloud Router; its NATs are what is read of it. */
export interface WireRouter {
  readonly name?: string
  readonly network?: string
  readonly region?: string
  readonly nats?: readonly WireNat[]
}

export interface WireNat {
  readonly name?: string
  /** `PUBLIC` unless told. */
  readonly type?: string
  readonly sourceSubnetworkIpRangesToNat?: string
  readonly subnetworks?: readonly {
    readonly name?: string
    readonly sourceIpRangesToNat?: readonly string[]
    readonly secondaryIpRangeNames?: readonly string[]
  }[]
}
