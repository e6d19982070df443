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
      /** What it is about, if it is about a route. */
      readonly change?: RouteChange
      /** It changes something, if it is carried out. */
      readonly isWrite: boolean
      readonly done: boolean
    }
  | {
      readonly kind: 'machine'
      readonly providerID: string
      /** What a route to it points at. */
      readonly target: string
      readonly state: 'running' | 'stopped' | 'terminated'
    }
  /** From now on the cluster has these tables. */
  | { readonly kind: 'tables'; readonly tables: readonly string[] }
  /** A request of a controller to the API server that changes something, if it is carried out. */
  | {
      readonly kind: 'kube-write'
      readonly sentAt: number
      readonly verb: string
      readonly resource: string
      readonly name: string
      readonly done: boolean
    }
  /** A controller has heard of all that was so at this revision of the Nodes. */
  | { readonly kind: 'told'; readonly revision: number }
  | { readonly kind: 'crash'; readonly message: string }
  | { readonly kind: 'node'; readonly node: NodeState | undefined; readonly before: NodeState | undefined }
  | {
      readonly kind: 'record'
      readonly record: RecordState | undefined
      readonly before: RecordState | undefined
    }
  /** Written, though the writer may never learn of it. */
  | { readonly kind: 'lease'; readonly sentAt: number; readonly holder: string }

export interface RouteChange {
  readonly op: 'create' | 'replace' | 'delete'
  readonly table: string
  readonly destination: string
  /** Of what is written. */
  readonly target?: string
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
