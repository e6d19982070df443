import type { Address } from '../../net/address.ts'
import type { Call } from '../call.ts'
import type { AssignedAddress, Dns, ResultRoute } from '../spec/result.ts'

/** What an attachment gets. */
export interface Assignment {
  readonly addresses: readonly AssignedAddress[]
  /** Undefined if the configuration says nothing of routes. */
  readonly routes: readonly ResultRoute[] | undefined
  readonly dns: Dns
  /** Takes back what this assignment reserved, and nothing that its owner had before. */
  readonly giveBack: () => void
}

/**
 * A way of giving addresses. The call itself only reads the configuration (CniError "config" (7)); what it returns
 * assigns: all addresses or, when it throws, none.
 *
 * `inUse` tells whether the host's routing leads to an address; without it, nothing is known of that.
 */
export type Ipam = (call: Call) => (inUse?: (address: Address) => boolean) => Assignment
