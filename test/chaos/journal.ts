/**
 * What happened in a world, as its servers saw it, in order: from it alone the checker judges. It is put down where a
 * request is carried out, so that what stands in it is what was so.
 */
export type Entry = Stamp & Happening

export interface Stamp {
  /** Milliseconds of the world. */
  readonly at: number
  /** A controller's process, or `people`: everybody else. */
  readonly by: string
}

export const people = 'people'

export type Happening =
  /** A request to the cloud's API, whatever became of it. */
  | {
      readonly kind: 'cloud-call'
      /** When its process sent it. */
      readonly sentAt: number
      readonly action: string
      /** What it wants to become of routes. */
      readonly asks?: readonly RouteChange[]
      /** It changes something, if it is carried out. */
      readonly isWrite: boolean
      /** Refused, since the table takes no more routes of the family. */
      readonly full?: { readonly table: string; readonly family: 'v4' | 'v6' | 'both' }
    }
  /** Tables take more, or fewer, routes than before. */
  | { readonly kind: 'room' }
  /** A table's routes are others from now on; `sentAt`: when it was asked for, which may be long ago. */
  | { readonly kind: 'route'; readonly sentAt: number; readonly change: RouteChange }
  /** Where that is later than in the table: by these routes, and no others, its packets go from now on. */
  | {
      readonly kind: 'in-force'
      readonly table: string
      readonly routes: readonly { readonly destination: string; readonly target: string }[]
    }
  /** Something else of a table, or of a route in it, was changed. */
  | { readonly kind: 'table-edit'; readonly what: string }
  | {
      readonly kind: 'machine'
      readonly providerID: string
      readonly targets: Targets
      readonly state: 'running' | 'stopped' | 'terminated'
    }
  /** From now on the cluster has these tables; of some it is said which destinations are for them, and not for others. */
  | {
      readonly kind: 'tables'
      readonly tables: readonly string[]
      readonly holds?: Readonly<Record<string, Holds>>
    }
  /** A request of a controller to the API server that changes something, if it is carried out. */
  | {
      readonly kind: 'kube-write'
      readonly sentAt: number
      readonly verb: string
      readonly resource: string
      readonly name: string
      readonly done: boolean
    }
  /**
   * A controller has heard of what was so at this revision of the Nodes, and now of these: a list may lack some, of which a
   * process that has just begun knows nothing.
   */
  | { readonly kind: 'told'; readonly revision: number; readonly uids: readonly string[] }
  | { readonly kind: 'crash'; readonly message: string }
  | { readonly kind: 'node'; readonly node: NodeState | undefined; readonly before: NodeState | undefined }
  | {
      readonly kind: 'record'
      readonly record: RecordState | undefined
      readonly before: RecordState | undefined
    }
  /** Written, though the writer may never learn of it. */
  | { readonly kind: 'lease'; readonly sentAt: number; readonly holder: string }

/** `inside`: a table of what the network delegates to machines, each range to one at a time. */
export interface Holds {
  readonly which: 'inside' | 'outside'
  readonly ranges: readonly string[]
}

export interface RouteChange {
  readonly op: 'create' | 'replace' | 'delete'
  readonly table: string
  readonly destination: string
  /** Of what is written. */
  readonly target?: string
  /** Where a table may have several routes to one destination: which of them. */
  readonly name?: string
  /** Of several, those with the lowest number carry the packets, each a share; 0 unless told. */
  readonly priority?: number
}

/** What routes to a machine point at, by the family of their destinations. */
export interface Targets {
  readonly v4: string
  readonly v6: string
}

export interface NodeState {
  readonly name: string
  /** Of this state. */
  readonly revision: number
  readonly uid: string
  readonly providerID: string
  readonly podCIDRs: readonly string[]
  /** `status reason` of NetworkUnavailable; undefined if there is none. */
  readonly unavailable: string | undefined
  /** Everything of the object but versions, podCIDRs and NetworkUnavailable, as text. */
  readonly rest: string
}

export interface RecordState {
  readonly destination: string
  readonly target: string
  readonly tables: readonly string[]
  /** A person let its routes go, though they are many. */
  readonly isReleased: boolean
  /** Somebody deleted it, and its finalizer keeps it. */
  readonly isDeleting: boolean
}
