/**
 * Objects as they are on the wire: times stay RFC 3339 strings, unknown fields stay where they are. client-node's model
 * classes turn times into Dates on a list but not on a watch (2.0.1, measured), so the same object would differ from itself.
 */
export interface KubeObject {
  /** Absent in the items of a list of a built-in type; the list carries it. */
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: ObjectMeta
}

/** `metadata` of an object that the API server holds. */
export interface ObjectMeta {
  readonly name: string
  readonly namespace?: string
  /** Different for every object that ever bore the name. */
  readonly uid: string
  /** Opaque: equal means same version of the object, and nothing follows from the order. */
  readonly resourceVersion: string
  readonly generation?: number
  readonly creationTimestamp?: string
  /** Set while finalizers hold a deleted object back. */
  readonly deletionTimestamp?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly finalizers?: readonly string[]
  readonly ownerReferences?: readonly OwnerReference[]
}

export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
  readonly blockOwnerDeletion?: boolean
}

/** An object that is yet to be created: what the API server fills in may be left out. */
export type Draft<T extends KubeObject> = Omit<T, 'metadata' | 'status'> & {
  readonly metadata: { readonly name: string } & Partial<Omit<ObjectMeta, 'name'>>
}

/** What podway reads and writes of a core/v1 Node. */
export interface Node extends KubeObject {
  readonly spec: {
    /** Always equal to the first of `podCIDRs`. */
    readonly podCIDR?: string
    /** At most one of each family; immutable once set. */
    readonly podCIDRs?: readonly string[]
    readonly providerID?: string
    readonly unschedulable?: boolean
    readonly taints?: readonly Taint[]
  }
  readonly status?: {
    readonly conditions?: readonly NodeCondition[]
    readonly addresses?: readonly NodeAddress[]
  }
}

export interface Taint {
  readonly key: string
  readonly value?: string
  readonly effect: string
  readonly timeAdded?: string
}

export interface NodeCondition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason?: string
  readonly message?: string
  readonly lastHeartbeatTime?: string
  readonly lastTransitionTime?: string
}

export interface NodeAddress {
  /** `InternalIP`, `ExternalIP`, `Hostname`, `InternalDNS`, `ExternalDNS`. */
  readonly type: string
  readonly address: string
}

/** One page of a list. */
export interface ListPage<T> {
  readonly items: readonly T[]
  /** Of the list as a whole, the same on every page: where a watch goes on. */
  readonly resourceVersion: string
  /** Token for the next page; absent on the last. */
  readonly continue?: string
}

/** One line of a watch. */
export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  /** No change; everything up to this resourceVersion has been sent. */
  | {
      readonly type: 'BOOKMARK'
      readonly object: { readonly metadata: { readonly resourceVersion: string } }
    }
  /** The last line of a watch that failed: the object is a Status. */
  | { readonly type: 'ERROR'; readonly object: unknown }
