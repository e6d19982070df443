import { isGoneOrOther } from '../../kube/errors.ts'
import type { Logger } from '../../kube/log.ts'
import type { Node } from '../../kube/objects.ts'
import type { Resource } from '../../kube/resource.ts'
import type { Family } from '../../net/address.ts'
import { type Cidr, formatCidr } from '../../net/cidr.ts'
import { type NodePool, type TargetProblem, isTargetProblem } from '../../providers/provider.ts'
import type { Retry } from '../apply/retry.ts'
import { type Ledger, RecordChangedError } from '../ledger/ledger.ts'
import { type NodeRef, destinationKey } from '../ledger/record.ts'
import type { EventSink } from '../report/events.ts'
import { routedNode } from '../routed-node.ts'
import { nodeOwner } from './allocator.ts'
import type { DelegatedCidrs } from './delegated-cidrs.ts'
import type { Ipam } from './ipam.ts'

/** A node that got no podCIDR is looked at again so often, though it is told when one becomes free. */
const exhaustedMs = 30_000
/** A node of which the cloud knows too little yet. */
const waitingMs = 5_000
/** So many blocks in a row may turn out to be another's. */
const maxRounds = 10

export interface PodCidrWriterParts {
  readonly nodes: Pick<Resource<Node>, 'patch'>
  /** As its watch shows it. */
  readonly node: (name: string) => Node | undefined
  readonly ipam: Pick<Ipam, 'allocator' | 'answer'>
  readonly ledger: Pick<Ledger, 'claim' | 'get'>
  /** Where the network delegates podCIDRs of a family to nodes; undefined where pools say for both what they get. */
  readonly delegated: Pick<DelegatedCidrs, 'poolOf' | 'deliver' | 'forget'> | undefined
  readonly events: EventSink
  readonly log: Logger
}

/** Why a node has no podCIDRs, in words for its condition. */
export interface Unallocated {
  readonly reason: 'CIDRNotAvailable' | 'AnotherAllocator'
  readonly message: string
}

/**
 * Gives a Node its podCIDRs: allocate, claim, have delegated what the network delegates, write. The claim is a record
 * named after the destination, so that of two programs that would give one destination to two nodes only one gets to the
 * last step, whatever each of them knows.
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
    const { delegated, ipam, ledger } = this.#parts
    delegated?.forget(name)
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
    const { delegated, ipam, log } = this.#parts
    const { name, uid } = node.metadata
    const owner = nodeOwner(uid)
    const cloudPool = await delegated?.poolOf(routedNode(node))
    if (cloudPool !== undefined && isTargetProblem(cloudPool)) return this.#wait(node, cloudPool)
    const claimed = await this.#claim(node, cloudPool, signal)
    if ('retry' in claimed) return claimed.retry
    const { cidrs } = claimed
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
    delegated?.forget(name)
    log.info({ node: name, podCIDRs }, 'podCIDRs allocated')
    return undefined
  }

  /** What is the node's in the allocator, in the ledger, and in the network as far as that delegates it; or when to come again. */
  async #claim(node: Node, cloudPool: NodePool | undefined, signal: AbortSignal): Promise<Settled> {
    const { delegated, ipam, log } = this.#parts
    const { providerID, labels, ref } = factsOf(node)
    const owner = nodeOwner(ref.uid)
    const applicant = { ...providerID, labels, ...(cloudPool === undefined ? {} : { cloudPool }) }
    for (let round = 0; round < maxRounds; round++) {
      const allocation = ipam.allocator.allocate(owner, applicant)
      if (allocation.result !== 'allocated') {
        this.#refuse(ref, allocation)
        delegated?.forget(ref.name)
        return { retry: { kind: 'after', ms: exhaustedMs } }
      }
      const others = await this.#claimAll(allocation.cidrs, ref, signal)
      const step = others === undefined ? this.#deliver(allocation.cidrs, ref, cloudPool) : { taken: others }
      if (!('taken' in step)) return step
      const { taken } = step
      log.info(
        { node: ref.name, podCIDR: formatCidr(taken) },
        'a podCIDR turned out to be another’s: taking the next',
      )
      ipam.allocator.release(taken, owner)
    }
    throw new Error(
      `${maxRounds} podCIDRs in a row that were free for node ${ref.name} turned out to be another’s`,
    )
  }

  /** All are the node's by record: what of them the network delegates it may still say to be another's. */
  #deliver(
    cidrs: readonly Cidr[],
    ref: NodeRef,
    cloudPool: NodePool | undefined,
  ): Settled | { readonly taken: Cidr } {
    this.#problems.delete(ref.name)
    const block = cidrs.find(({ family }) => family === cloudPool?.family)
    if (block === undefined) return { cidrs }
    switch (this.#parts.delegated?.deliver(ref, block)) {
      case undefined:
      case 'delivered':
        return { cidrs }
      case 'in-use':
        return { taken: block }
      case 'under-way':
        // Whatever becomes of it brings the node back.
        return { retry: undefined }
      case 'unready':
        return { retry: { kind: 'soon' } }
    }
  }

  /** The cloud can't say yet what the node may have, or says that it may have nothing as it is. */
  #wait(node: Node, { problem, message }: TargetProblem): Retry {
    if (problem !== 'invalid') return { kind: 'after', ms: waitingMs }
    this.#refuse(factsOf(node).ref, { message: `no podCIDR: ${message}` })
    return { kind: 'after', ms: exhaustedMs }
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

  #refuse({ name, uid }: NodeRef, { message, family }: Refusal): void {
    const { events, log } = this.#parts
    const before = this.#problems.get(name)
    if (before?.uid === uid && before.message === message) return
    this.#problems.set(name, { uid, reason: 'CIDRNotAvailable', message })
    log.error({ node: name, ...(family === undefined ? {} : { family }) }, message)
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

/** What the node is to be told that it has, or when to come again. */
type Settled = { readonly cidrs: readonly Cidr[] } | { readonly retry: Retry | undefined }

interface Refusal {
  readonly message: string
  readonly family?: Family
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
