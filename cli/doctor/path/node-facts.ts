import type { PathFacts } from '../../../agent/path/path-facts.ts'
import type { Address } from '../../../net/address.ts'
import type { ExaminedNode } from '../../../providers/examined.ts'

/** A packet, as a Node is asked about it. */
export interface AskedPacket {
  readonly source: Address
  readonly destination: Address
  /** It answers one that came the other way. */
  readonly isReply: boolean
}

/**
 * Asks a Node what its kernel does with a packet.
 * @throws NodeUnaskedError
 */
export type NodeFacts = (node: ExaminedNode, packet: AskedPacket, signal: AbortSignal) => Promise<PathFacts>

/** A Node that could not be asked. `message` is a part of a sentence, and says why. */
export class NodeUnaskedError extends Error {
  readonly code = 'ERR_NODE_UNASKED'
  override readonly name = 'NodeUnaskedError'
}
