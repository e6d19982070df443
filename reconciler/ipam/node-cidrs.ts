import type { Logger } from '../../kube/log.ts'
import type { Node } from '../../kube/objects.ts'
import type { Change } from '../../kube/store.ts'
import { type Cidr, formatCidr } from '../../net/cidr.ts'
import { podRanges, routedNode } from '../routed-node.ts'
import { type Allocator, nodeOwner } from './allocator.ts'

/**
 * So long after the first Node was seen, podCIDRs may appear that an earlier leader wrote just before its end: an API server
 * works on a request for a minute at most (`--request-timeout`).
 */
export const graceMs = 60_000

export interface NodeCidrsParts {
  readonly allocator: Allocator
  readonly monotonic: () => number
  /** Somebody else gave the Node podCIDRs, which are named: told once. */
  readonly onOtherAllocator: (node: Node, podCIDRs: readonly string[]) => void
  readonly log: Logger
}

/**
 * What Nodes have, for the allocator: whatever a Node says of its podCIDRs is so, in a pool or not.
 *
 * A Node that is first seen with podCIDRs brought them along (the kubelet's `--pod-cidr`, or it is older than this
 * program). One that had none and then has some that are not held for it got them from somebody else. Two allocators give
 * the same range to two Nodes sooner or later: from then on this one gives nothing more, until it is started again.
 */
export class NodeCidrs {
  readonly #parts: NodeCidrsParts
  #since: number | undefined
  #stopped = false

  constructor(parts: NodeCidrsParts) {
    this.#parts = parts
  }

  /** Whether somebody else allocates. */
  get isStopped(): boolean {
    return this.#stopped
  }

  /** Returns what the Node held, and does not any more: what was claimed for it may be given up. */
  see(change: Change<Node>): readonly Cidr[] {
    const { allocator, monotonic } = this.#parts
    this.#since ??= monotonic()
    const owner = nodeOwner(change.object.metadata.uid)
    if (change.type === 'deleted') {
      const held = allocator.heldBy(owner)
      allocator.releaseAll(owner)
      return held
    }
    const node = routedNode(change.object)
    if (node.podCIDRs.length === 0) return []
    const ranges = podRanges(node)
    const had = change.type === 'updated' ? routedNode(change.previous).podCIDRs : node.podCIDRs
    if (had.length === 0 && !sameRanges(allocator.heldBy(owner), ranges))
      this.#meet(change.object, node.podCIDRs)
    // They are immutable from here on.
    return allocator.settle(owner, ranges)
  }

  #meet(node: Node, podCIDRs: readonly string[]): void {
    const { log, monotonic, onOtherAllocator } = this.#parts
    if (monotonic() - (this.#since ?? 0) < graceMs) {
      log.warn(
        { node: node.metadata.name, podCIDRs },
        'a node got podCIDRs that podway did not give it now: taken for the last write of an earlier leader',
      )
      return
    }
    if (this.#stopped) return
    this.#stopped = true
    onOtherAllocator(node, podCIDRs)
  }
}

const sameRanges = (a: readonly Cidr[], b: readonly Cidr[]): boolean =>
  JSON.stringify(a.map(formatCidr).sort()) === JSON.stringify(b.map(formatCidr).sort())
