import { parseCidr } from '../../net/cidr.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { DestinationKey } from '../ledger/record.ts'
import type { Claims } from './claims.ts'

/** Another node's podCIDR that overlaps, and goes first. */
export interface Contest {
  readonly destination: DestinationKey
  readonly node: string
}

export interface ContestParts {
  readonly claims: Claims
  readonly ledger: Pick<Ledger, 'get' | 'taken'>
}

/**
 * What keeps a destination from being routed: a route to a part of another node's podCIDR would take away packets of
 * pods that work, one to a range around it would promise what is not true. Whose route is written keeps it; of two
 * that are not, the older node has it, then the first by name. Who is kept out keeps nobody else out: one podCIDR that is
 * far too wide must not stop all nodes that come after it. Undefined if nothing stands in the way.
 */
export function contestOf(key: DestinationKey, parts: ContestParts): Contest | undefined {
  const { claims, ledger } = parts
  const holder = claims.holder(key, ledger.get(key)?.node)
  if (holder === undefined || ledger.taken(key)) return undefined
  for (const other of claims.overlapping(parseCidr(key))) {
    const rival = claims.holder(other, ledger.get(other)?.node)
    // A node may well have two podCIDRs of which one lies in the other: both lead to it.
    if (rival === undefined || rival.name === holder.name) continue
    const first = rival.createdAt - holder.createdAt || (rival.name < holder.name ? -1 : 1)
    if (ledger.taken(other) || (first < 0 && contestOf(other, parts) === undefined))
      return { destination: other, node: rival.name }
  }
  return undefined
}
