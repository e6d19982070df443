import type { CloudFault, Rank } from '../chaos-cloud.ts'
import type { Slot } from '../world/virtual-world.ts'

/** Something that happens in a world. Each makes sense, or does nothing, whatever of the others is left out. */
export type Step = { readonly atMs: number } & Deed

/** `leader`: whoever leads then. */
export type Who = Slot | 'leader'

export type Server = 'kubernetes' | 'cloud'

/** What the API server does wrong. */
export type KubeFault =
  | { readonly kind: 'status'; readonly code: 409 | 422 | 429 | 500 | 503; readonly retryAfter?: number }
  | { readonly kind: 'reset' | 'reset-after-handling' | 'hang' }

/** `pick`: which one, from 0 to below 1, of those that there are then. */
export type Deed =
  /** A machine comes up, and a Node for it. `idLaterMs`: its provider ID is written so much later. */
  | { readonly do: 'join'; readonly node: string; readonly idLaterMs?: number }
  /** The same, with the podCIDRs that the other Node has, or had when it was deleted. */
  | { readonly do: 'join-as'; readonly node: string; readonly other: string }
  /**
   * The same, with a podCIDR of its own choice, to which somebody makes a route in one table `afterMs` later: to this very
   * machine, or to something else.
   */
  | {
      readonly do: 'join-into'
      readonly node: string
      readonly table: number
      readonly pick: number
      readonly matches: boolean
      readonly afterMs: number
    }
  /** The Node is deleted and made again for the same machine, with or without its podCIDRs. */
  | { readonly do: 'rejoin'; readonly node: string; readonly keeps: boolean; readonly afterMs: number }
  | { readonly do: 'leave'; readonly node: string; readonly machine: 'terminated' | 'running' }
  /** So much of all Nodes, whose machines go on. */
  | { readonly do: 'leave-many'; readonly share: number }
  | { readonly do: 'stop' | 'start' | 'terminate'; readonly node: string }
  /** Its machine is made anew under its name, as an instance group does. */
  | { readonly do: 'recreate'; readonly node: string }
  | {
      readonly do: 'delete-route' | 'change-route' | 'take-route'
      readonly table: number
      readonly pick: number
    }
  | {
      readonly do: 'foreign-route'
      readonly table: number
      readonly where: 'next' | 'inside' | 'around'
      readonly pick: number
    }
  /** A second one to a destination that has one, where that can be. */
  | { readonly do: 'rival-route'; readonly table: number; readonly rank: Rank; readonly pick: number }
  /** What is no route in it. */
  | { readonly do: 'edit-table'; readonly table: number }
  /** Tables take only so many more routes than the fullest one has, for a time. */
  | { readonly do: 'fill-up'; readonly room: number; readonly forMs: number }
  | { readonly do: 'delete-foreign-routes' }
  | { readonly do: 'add-table' }
  | { readonly do: 'drop-table'; readonly table: number }
  | {
      readonly do: 'cloud-fault'
      readonly fault: CloudFault
      readonly calls: number
      readonly which: 'reads' | 'writes' | 'all'
    }
  | {
      readonly do: 'kube-fault'
      readonly fault: KubeFault
      readonly calls: number
      readonly resource?: 'nodes' | 'noderoutes' | 'leases'
    }
  | {
      readonly do: 'cut-watches'
      readonly how: 'end' | 'reset' | 'expire' | 'silence'
      readonly resource?: 'nodes' | 'noderoutes'
    }
  /** The Nodes are listed anew, and the list lacks half of them. */
  | { readonly do: 'short-list' }
  | { readonly do: 'compact' }
  | { readonly do: 'slow'; readonly server: Server; readonly mostMs: number; readonly forMs: number }
  | { readonly do: 'cut-off'; readonly slot: Who; readonly server: Server; readonly forMs: number }
  | { readonly do: 'pause' | 'kill'; readonly slot: Who; readonly forMs: number }
  /** As a rolling update of the Deployment. */
  | { readonly do: 'replace-process'; readonly slot: Who }
  | { readonly do: 'jump'; readonly slot: Who; readonly ms: number }
  | { readonly do: 'say'; readonly node: string; readonly reason: string }
  | { readonly do: 'heartbeat'; readonly node: string }
  | { readonly do: 'delete-record'; readonly pick: number }
  | { readonly do: 'release' }

/** All that a run is made of: equal stories give equal runs. */
export interface Story {
  readonly seed: number
  readonly families: 'v4' | 'both'
  /** Tables and Nodes that are there at the start. */
  readonly tables: number
  readonly nodes: number
  readonly share: number
  /** Whether foreign routes that are as podway would write them become its own (`--adopt matching`). */
  readonly adopts: boolean
  /** How long the noise lasts. */
  readonly noiseMs: number
  /** In the order of their times. */
  readonly steps: readonly Step[]
}
