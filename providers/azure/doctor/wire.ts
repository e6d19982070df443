import type { WireInterface, WireSubnet, WireTable } from '../wire.ts'

/** What only the examination reads of ARM's documents. */

export interface ExaminedWireTable extends WireTable {
  readonly location?: string
  readonly properties?: WireTable['properties'] & {
    readonly disableBgpRoutePropagation?: boolean
  }
}

interface Reference {
  readonly id?: string
}

export interface WireNetwork {
  readonly id?: string
  readonly location?: string
  readonly properties?: {
    readonly addressSpace?: { readonly addressPrefixes?: readonly string[] }
    readonly subnets?: readonly WireSecuredSubnet[]
    readonly virtualNetworkPeerings?: readonly WirePeering[]
  }
}

export interface WireSecuredSubnet extends WireSubnet {
  readonly name?: string
  readonly properties?: WireSubnet['properties'] & { readonly networkSecurityGroup?: Reference }
}

export interface WireSecuredInterface extends WireInterface {
  readonly properties?: WireInterface['properties'] & { readonly networkSecurityGroup?: Reference }
}

export interface WirePeering {
  readonly name?: string
  readonly properties?: {
    readonly useRemoteGateways?: boolean
    readonly remoteVirtualNetwork?: Reference
    readonly remoteAddressSpace?: { readonly addressPrefixes?: readonly string[] }
  }
}

export interface WireSecurityGroup {
  readonly id?: string
  readonly name?: string
  readonly properties?: {
    readonly securityRules?: readonly WireRule[]
    readonly defaultSecurityRules?: readonly WireRule[]
  }
}

/** Each of its ranges and ports has a name for one and another for several. */
export interface WireRule {
  readonly name?: string
  readonly properties?: {
    readonly access?: string
    readonly direction?: string
    readonly priority?: number
    readonly protocol?: string
    readonly sourceAddressPrefix?: string
    readonly sourceAddressPrefixes?: readonly string[]
    readonly sourceApplicationSecurityGroups?: readonly Reference[]
    readonly sourcePortRange?: string
    readonly sourcePortRanges?: readonly string[]
    readonly destinationAddressPrefix?: string
    readonly destinationAddressPrefixes?: readonly string[]
    readonly destinationApplicationSecurityGroups?: readonly Reference[]
    readonly destinationPortRange?: string
    readonly destinationPortRanges?: readonly string[]
  }
}

/** What a role allows: `*` stands for any number of characters. */
export interface WirePermission {
  readonly actions?: readonly string[]
  readonly notActions?: readonly string[]
}

export interface WireLock {
  readonly id?: string
  readonly name?: string
  readonly properties?: { readonly level?: string }
}

export interface WirePolicyVerdict {
  readonly contentEvaluationResult?: { readonly policyEvaluations?: readonly WirePolicyEvaluation[] }
}

export interface WirePolicyEvaluation {
  readonly evaluationResult?: string
  readonly effectDetails?: { readonly policyEffect?: string }
  readonly policyInfo?: { readonly policyAssignmentId?: string }
}

export interface WireUsage {
  readonly name?: { readonly value?: string }
  readonly limit?: number
}
