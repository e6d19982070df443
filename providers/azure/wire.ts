/**
 * What the adapter reads of ARM's documents. They hold more, and newer versions still more; all of it goes back as it came,
 * so a document is changed by copying it.
 */
export interface WireTable {
  readonly id?: string
  readonly name?: string
  readonly etag?: string
  readonly tags?: Readonly<Record<string, string>>
  readonly properties?: {
    readonly provisioningState?: string
    readonly routes?: readonly WireRoute[]
    readonly subnets?: readonly { readonly id?: string }[]
  }
}

export interface WireRoute {
  readonly name?: string
  readonly properties?: {
    readonly addressPrefix?: string
    readonly nextHopType?: string
    readonly nextHopIpAddress?: string
    readonly provisioningState?: string
  }
}

export interface WireSubnet {
  readonly id?: string
  readonly properties?: {
    /** Of a subnet of one range; one of several has the other. */
    readonly addressPrefix?: string
    readonly addressPrefixes?: readonly string[]
    readonly routeTable?: { readonly id?: string }
  }
}

export interface WireInterface {
  readonly id?: string
  readonly name?: string
  readonly etag?: string
  readonly properties?: {
    readonly primary?: boolean
    readonly enableIPForwarding?: boolean
    /** `00-0D-3A-12-34-56` */
    readonly macAddress?: string
    readonly virtualMachine?: { readonly id?: string }
    readonly ipConfigurations?: readonly {
      readonly properties?: {
        readonly primary?: boolean
        readonly privateIPAddress?: string
        readonly subnet?: { readonly id?: string }
      }
    }[]
  }
}

export interface WireMachine {
  readonly id?: string
  readonly properties?: {
    readonly networkProfile?: { readonly networkInterfaces?: readonly { readonly id?: string }[] }
    readonly networkProfileConfiguration?: {
      readonly networkInterfaceConfigurations?: readonly WireInterfaceConfiguration[]
    }
  }
}

export interface WireInterfaceConfiguration {
  readonly name?: string
  readonly properties?: { readonly enableIPForwarding?: boolean }
}

export interface WireInstanceView {
  readonly statuses?: readonly { readonly code?: string }[]
}

export interface WireScaleSet {
  readonly id?: string
  readonly properties?: { readonly orchestrationMode?: string }
}

export interface WireEffectiveRoute {
  readonly state?: string
  /** `User`: of a route table · `VirtualNetworkGateway`: learnt · `Default`: the network's own. */
  readonly source?: string
  readonly addressPrefix?: readonly string[]
  readonly nextHopType?: string
  readonly nextHopIpAddress?: readonly string[]
}

export interface WireList<Item> {
  readonly value?: readonly Item[]
  readonly nextLink?: string
}

/** The error document, also inside of an operation's status. */
export interface WireError {
  readonly code?: string
  readonly message?: string
  readonly details?: readonly WireError[]
  readonly additionalInfo?: readonly {
    readonly type?: string
    readonly info?: {
      readonly policyAssignmentDisplayName?: string
      readonly policyDefinitionDisplayName?: string
      readonly policyAssignmentName?: string
    }
  }[]
}
