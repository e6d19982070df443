import { isGoneOrOther } from '../../kube/errors.ts'
import type { Logger } from '../../kube/log.ts'
import type { Node } from '../../kube/objects.ts'
import type { Resource } from '../../kube/resource.ts'
import { type Cidr, formatCidr } from '../../net/cidr.ts'
import type { Retry } from '../apply/retry.ts'
import { type Ledger, RecordChangedError } from '../ledger/ledger.ts'
import { type NodeRef, destinationKey } from '../ledger/record.ts'
import type { EventSink } from '../report/events.ts'
import { routedNode } from '../routed-node.ts'
import { type Allocation, nodeOwner } from './allocator.ts'
import type { Ipam } from './ipam.ts'

/** A node that got no podCIDR is looked at again so often, though it is told when one becomes free. */
const exhaustedMs = 30_000
/** So many blocks in a row may turn out to be another's. */
const maxRounds = 10

export interface PodCidrWriterParts {
  readonly nodes: Pick<Resource<Node>, 'patch'>
  /** As its watch shows it. */
  readonly node: (name: string) => Node | undefined
  readonly ipam: Pick<Ipam, 'allocator' | 'answer'>
  readonly ledger: Pick<Ledger, 'claim' | 'get'>
  readonly events: EventSink
  readonly log: Logger
}

/** Why a node has no podCIDRs, in words for its condition. */
export interface Unallocated {
  readonly reason: 'CIDRNotAvailable' | 'AnotherAllocator'
  readonly message: string
}

/**
 * Gives a Node its podCIDRs: allocate, claim, write. The claim is a record named after the destination, so that of two
 * programs that would give one destination to two nodes only one gets to the last step, whatever each of them knows.
 */
export class PodCidrWriter {
  readonly #parts: PodCidrWriterParts
  /** By node name: the uid of the Node whose podCIDRs were written, though the watch may not show it yet. */
  readonly #written = new Map<string, string>()
  /** By node name: what it was last refused. */
  readonly #problems = new Map<string, Unallocated & { readonly uid: string }>()
  /** By node name: what may or may not have been claimed for it. */
  readonly #doubtful = new Map<string, readonly Cidr[]>()

  constructor(parts: PodCidrWriterParts) {
    this.#parts = parts
  }

  /** Why the Node got none, when it was last tried. */
  problem({ metadata }: Node): Unallocated | undefined {
    const problem = this.#problems.get(metadata.name)
    return problem?.uid === metadata.uid ? problem : undefined
  }

  /** The Node is gone. */
  forget(name: string): void {
    const { ipam, ledger } = this.#parts
    this.#written.delete(name)
    this.#problems.delete(name)
    for (const cidr of this.#doubtful.get(name) ?? [])
      if (ledger.get(destinationKey(cidr)) === undefined) ipam.allocator.endQuarantine(cidr)
    this.#doubtful.delete(name)
  }

  /** Returns when to come again by itself; undefined if only a change is a reason to. @throws KubeError */
  async give({ metadata }: Node, signal: AbortSignal): Promise<Retry | undefined> {
    const { ipam } = this.#parts
    const { name, uid } = metadata
    const node = this.#parts.node(name)
    if (node?.metadata.uid !== uid) return undefined
    if (hasPodCidrs(node) || this.#written.get(name) === uid) {
      this.#problems.delete(name)
      return undefined
    }
    switch (ipam.answer(node)) {
      case 'later':
        return undefined
      case 'never':
        if (this.#problems.get(name)?.reason === 'AnotherAllocator') return undefined
        this.#problems.set(name, {
          uid,
          reason: 'AnotherAllocator',
          message: 'somebody else gives Nodes their podCIDRs: podway gives none until it is started again',
        })
        return undefined
      case 'yes':
        return this.#give(node, signal)
    }
  }

  async #give(node: Node, signal: AbortSignal): Promise<Retry | undefined> {
    const { ipam, log } = this.#parts
    const { name, uid } = node.metadata
    const owner = nodeOwner(uid)
    const cidrs = await this.#claim(node, signal)
    if (cidrs === undefined) return { kind: 'after', ms: exhaustedMs }
    const podCIDRs = cidrs.map(formatCidr)
    try {
      // The uid is a precondition: a node of the same name that came meanwhile is not written to.
      const patch = { metadata: { uid }, spec: { podCIDR: podCIDRs[0], podCIDRs } }
      await this.#parts.nodes.patch(name, patch, { type: 'merge', signal })
    } catch (error) {
      if (isGoneOrOther(error)) {
        ipam.allocator.releaseAll(owner)
        return undefined
      }
      // Whatever the answer, an earlier write may have been done: the blocks stay the node's until it says what it has.
      throw error
    }
    this.#written.set(name, uid)
    this.#problems.delete(name)
    log.info({ node: name, podCIDRs }, 'podCIDRs allocated')
    return undefined
  }

  /** What is the node's in the allocator and in the ledger; undefined if there is nothing for it. */
  async #claim(node: Node, signal: AbortSignal): Promise<readonly Cidr[] | undefined> {
    const { ipam, log } = this.#parts
    const { providerID, labels, ref } = factsOf(node)
    const owner = nodeOwner(ref.uid)
    for (let round = 0; round < maxRounds; round++) {
      const allocation = ipam.allocator.allocate(owner, { ...providerID, labels })
      if (allocation.result !== 'allocated') {
        this.#refuse(ref, allocation)
        return undefined
      }
      const others = await this.#claimAll(allocation.cidrs, ref, signal)
      if (others === undefined) return allocation.cidrs
      log.info(
        { node: ref.name, podCIDR: formatCidr(others) },
        'a podCIDR turned out to be another’s: taking the next',
      )
      ipam.allocator.release(others, owner)
    }
    throw new Error(
      `${maxRounds} podCIDRs in a row that were free for node ${ref.name} turned out to be another’s`,
    )
  }

  /** The first that is another's; undefined if all are the node's now. */
  async #claimAll(cidrs: readonly Cidr[], ref: NodeRef, signal: AbortSignal): Promise<Cidr | undefined> {
    this.#doubtful.set(ref.name, cidrs)
    for (const cidr of cidrs) {
      try {
        await this.#parts.ledger.claim(cidr, ref, signal)
      } catch (error) {
        if (!(error instanceof RecordChangedError)) throw error
        return cidr
      }
    }
    this.#doubtful.delete(ref.name)
    return undefined
  }

  #refuse({ name, uid }: NodeRef, refusal: Exclude<Allocation, { readonly result: 'allocated' }>): void {
    const { message } = refusal
    const { events, log } = this.#parts
    const before = this.#problems.get(name)
    if (before?.uid === uid && before.message === message) return
    this.#problems.set(name, { uid, reason: 'CIDRNotAvailable', message })
    log.error({ node: name, ...(refusal.result === 'exhausted' ? { family: refusal.family } : {}) }, message)
    // The name that kube-controller-manager's allocator gives it.
    events.record({
      regarding: { apiVersion: 'v1', kind: 'Node', name, uid },
      type: 'Warning',
      reason: 'CIDRNotAvailable',
      action: 'AllocatePodCIDRs',
      note: message,
    })
  }
}

function factsOf({ metadata, spec }: Node): {
  readonly ref: NodeRef
  readonly labels: Readonly<Record<string, string>>
  readonly providerID: { readonly providerID?: string }
} {
  const providerID =
    spec.providerID === undefined || spec.providerID === '' ? {} : { providerID: spec.providerID }
  return {
    ref: { name: metadata.name, uid: metadata.uid, ...providerID },
    labels: metadata.labels ?? {},
    providerID,
  }
}

const hasPodCidrs = (node: Node | undefined): boolean =>
  node !== undefined && routedNode(node).podCIDRs.length > 0
