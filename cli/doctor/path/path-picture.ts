import type { PathFacts } from '../../../agent/path/path-facts.ts'
import type { Address, Family } from '../../../net/address.ts'
import type { ExaminedNode } from '../../../providers/examined.ts'
import type { Finding } from '../../../providers/finding.ts'

/** One of the two between whom packets go. */
export interface Party {
  /** For messages: `pod default/web`, `10.0.3.10`. */
  readonly name: string
  readonly address: Address
  /** Where it is; undefined: on no Node of the cluster. */
  readonly node: ExaminedNode | undefined
  /** The address is the Node's own: of a pod in its network, or of the Node itself. */
  readonly isHost: boolean
}

/** What a Node says of a packet, or why it could not be asked. */
export type NodeReading = { readonly facts: PathFacts } | { readonly unasked: string }

/** A Node, and what it says of the packet. */
export interface NodeView {
  readonly node: string
  readonly family: Family
  readonly facts: PathFacts
}

/** One direction, and all that was read of it. */
export interface Leg {
  readonly way: 'there' | 'back'
  readonly source: Party
  readonly destination: Party
  /** By the Node of the source; undefined where that is none. */
  readonly departure: NodeReading | undefined
  /** What the cloud does; undefined where the packet does not leave the Node. */
  readonly cloud: readonly Finding[] | undefined
  /** By the Node of the destination; undefined where it is the same, or none. */
  readonly arrival: NodeReading | undefined
}

/** A step of a packet's way. */
export interface Hop {
  readonly way: Leg['way']
  /** The Node's name, `cloud`, or an address. */
  readonly at: string
  readonly finding: Finding
}

/** What is between two addresses, there and back. */
export interface ExplainedPath {
  readonly source: Party
  readonly destination: Party
  readonly hops: readonly Hop[]
}

/** The first hop that does not let the packet pass. */
export const brokenHop = ({ hops }: Pick<ExplainedPath, 'hops'>): Hop | undefined =>
  hops.find(({ finding }) => finding.severity === 'error')
