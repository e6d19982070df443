import type { Address } from '../../net/address.ts'
import type { Cidr, InterfaceAddress } from '../../net/cidr.ts'

/**
 * The main routing table of one machine's kernel, as someone with the right to change it offers it. Our routes bear our
 * mark, which is their protocol number; others' are never changed, whatever is asked for.
 *
 * Every method rejects with a ProviderError and nothing else, except for an abort: then with the signal's reason.
 */
export interface KernelRoutes {
  /** Everything in the table, and what is on-link, at some moment after the call. */
  list(signal: AbortSignal): Promise<KernelTable>
  /**
   * Carries out the changes and answers one outcome a change, in their order. One that fails stops no other. Rejects with
   * `invalid` if one of them is none that can ever be made: then nothing was done. One destination at most once.
   */
  apply(changes: readonly KernelChange[], signal: AbortSignal): Promise<readonly KernelOutcome[]>
  /**
   * Calls back when routes, links or addresses may have changed since the last call of {@link list}, also by our own doing,
   * and after whatever may have made it miss that. Many changes may be one call. Until the signal aborts.
   */
  watch(changed: () => void, signal: AbortSignal): void
}

export interface KernelTable {
  readonly routes: readonly KernelRoute[]
  /** By which others can be reached. */
  readonly links: readonly KernelLink[]
}

/** Of several to one destination the first in the list is used. */
export interface KernelRoute {
  readonly destination: Cidr
  /** What becomes of packets to it, if they are not sent on. */
  readonly kind?: 'blackhole' | 'unreachable' | 'prohibit' | 'throw' | undefined
  /** Who made it. */
  readonly protocol: number
  /** 253 is on-link. */
  readonly scope: number
  /** Absent where it has several ways, or none. */
  readonly gateway?: Address | undefined
  readonly interface?: string | undefined
  /** How many ways share the packets, if there are several. */
  readonly ways?: number | undefined
  readonly metric: number
  /** No way of it can be used now: the link is down, or has no carrier. */
  readonly isDead?: true | undefined
}

export interface KernelLink {
  readonly name: string
  /** Up, with carrier. */
  readonly isUp: boolean
  readonly addresses: readonly InterfaceAddress[]
}

/** `from`: the gateway that the plan saw there. A replace `from` its own gateway writes the route anew. */
export type KernelChange =
  | { readonly op: 'create'; readonly destination: Cidr; readonly gateway: Address }
  | { readonly op: 'replace'; readonly destination: Cidr; readonly from: Address; readonly gateway: Address }
  | { readonly op: 'delete'; readonly destination: Cidr; readonly from: Address }

export type KernelOutcome =
  /** `existed`: it was so already, and nothing was written. */
  | { readonly result: 'done'; readonly existed?: true | undefined }
  /**
   * `changed`: it is not what `from` says, or a route there is not ours · `unreachable`: the gateway is not on-link ·
   * `refused`: it would take packets from the machine's own links · `system`: the kernel says no, `errno` why.
   */
  | {
      readonly result: 'failed'
      readonly reason: 'changed' | 'unreachable' | 'refused' | 'system'
      readonly message: string
      readonly errno?: number | undefined
    }
