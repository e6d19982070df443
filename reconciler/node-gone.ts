import { isNotFound } from '../kube/errors.ts'
import type { Node } from '../kube/objects.ts'
import type { Resource } from '../kube/resource.ts'
import { type DestinationKey, type NodeRef, destinationKey } from './ledger/record.ts'
import type { Claims } from './plan/claims.ts'
import { podRanges, routedNode } from './routed-node.ts'

/**
 * Asks the API server itself: a cache that lags or lost an event is no evidence for taking a node off the net. A node of
 * that name with another uid is another node. If the cache does not know that one either, and it has the destination, then
 * nothing was let go of.
 */
export async function nodeGone(
  nodes: Resource<Node>,
  claims: Claims,
  node: NodeRef,
  key: DestinationKey,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const live = routedNode(await nodes.get(node.name, { signal }))
    if (live.uid === node.uid) return false
    const isKnown = claims.node(live.name)?.uid === live.uid
    return isKnown || !podRanges(live).some((range) => destinationKey(range) === key)
  } catch (error) {
    if (isNotFound(error)) return true
    throw error
  }
}
