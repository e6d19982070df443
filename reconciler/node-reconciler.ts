import { isConflict, isKubeError, isNotFound, isOtherObject } from '../kube/errors.ts'
import type { Logger } from '../kube/log.ts'
import type { Node, NodeCondition } from '../kube/objects.ts'
import type { Resource } from '../kube/resource.ts'
import { formatCidr } from '../net/cidr.ts'
import type { Retry } from './apply/retry.ts'
import type { Brake } from './guard/brake.ts'
import type { Policy } from './guard/policy.ts'
import { type Allocator, nodeOwner } from './ipam/allocator.ts'
import { nextCondition } from './report/network-unavailable.ts'
import type { EventSink } from './report/events.ts'
import type { Troubles } from './report/troubles.ts'
import type { RouteVerdict, Verdicts } from './report/verdict.ts'
import { routedNode } from './routed-node.ts'

/** A node that got no podCIDR is looked at again so often: nothing tells when one becomes free. */
const exhaustedMs = 30_000

export interface NodeReconcilerParts {
  readonly nodes: Resource<Node>
  readonly node: (name: string) => Node | undefined
  readonly verdicts: Pick<Verdicts, 'of'>
  readonly troubles: Troubles
  readonly events: EventSink
  readonly policy: Policy
  /** Asked before a node that was routed is told to be unrouted; with how many nodes there are. */
  readonly brake: Brake<string>
  readonly nodeCount: () => number
  /** Undefined if somebody else gives the nodes their podCIDRs. */
  readonly allocator: Allocator | undefined
  readonly log: Logger
  /** RFC 3339, seconds. */
  readonly now: () => string
}

/**
 * What the Node object itself gets from podway: its podCIDRs, and the condition that says whether they are routed. It
 * remembers its own writes until the watch shows them, so that nothing is written twice.
 */
export class NodeReconciler {
  readonly #parts: NodeReconcilerParts
  /** By node name: the condition that was written, and what the watch showed then. */
  readonly #reported = new Map<string, { readonly over: string; readonly condition: NodeCondition }>()
  /** By node name: the uid of the Node whose podCIDRs were written. */
  readonly #allocated = new Map<string, string>()
  /** Uids of Nodes that were told that nothing is free for them. */
  readonly #exhausted = new Set<string>()

  constructor(parts: NodeReconcilerParts) {
    this.#parts = parts
  }

  async reconcile(name: string, signal: AbortSignal): Promise<Retry | undefined> {
    const { brake, policy, troubles, verdicts } = this.#parts
    const node = this.#parts.node(name)
    if (node === undefined) {
      brake.drop(name)
      this.#reported.delete(name)
      this.#allocated.delete(name)
      return undefined
    }
    const verdict = verdicts.of(name)
    troubles.tell({ name, uid: node.metadata.uid }, verdict.troubles)
    // Whoever only observes taints no node, and frees none.
    if (policy === 'observe') return undefined
    // The condition comes first: with no route, no pod may be scheduled here, not even between these two writes.
    await this.#report(node, verdict, signal)
    return this.#allocate(node, signal)
  }

  async #report(node: Node, verdict: RouteVerdict, signal: AbortSignal): Promise<void> {
    const { log, now } = this.#parts
    const { name, uid } = node.metadata
    const shown = node.status?.conditions?.find(({ type }) => type === 'NetworkUnavailable')
    const over = JSON.stringify([uid, shown])
    const reported = this.#reported.get(name)
    const current = reported?.over === over ? reported.condition : shown
    const condition = nextCondition(current, verdict, now())
    if (verdict.routed) this.#parts.brake.drop(name)
    if (condition === undefined || (current?.status === 'False' && !this.#mayUnroute(node, condition))) return
    try {
      const patch = { metadata: { uid }, status: { conditions: [condition] } }
      await this.#parts.nodes.patch(name, patch, { type: 'strategic', subresource: 'status', signal })
    } catch (error) {
      // Gone, or another node of the name: there is nothing to say to it.
      if (isGoneOrOther(error)) return
      throw error
    }
    this.#reported.set(name, { over, condition })
    const { status, reason, message } = condition
    log.info({ node: name, status, reason, why: message }, 'NetworkUnavailable set')
  }

  /** Whether a node that was routed may be told to be unrouted: not if too many are at a time, whatever the evidence. */
  #mayUnroute({ metadata }: Node, { status, message }: NodeCondition): boolean {
    if (status === 'False') return true
    const { brake, events, log, nodeCount } = this.#parts
    const before = brake.held
    const answer = brake.ask(metadata.name, nodeCount())
    if (answer.answer !== 'held') return true
    if (brake.held > before) {
      log.warn(
        { node: metadata.name, wanted: answer.wanted, why: message },
        'NetworkUnavailable stays False: too many',
      )
      events.record({
        regarding: { apiVersion: 'v1', kind: 'Node', name: metadata.name, uid: metadata.uid },
        type: 'Warning',
        reason: 'ConditionHeld',
        action: 'ReportRoutes',
        note: `the node's routes are lost (${message}), as are those of too many others at once: NetworkUnavailable stays False`,
      })
    }
    return false
  }

  async #allocate(node: Node, signal: AbortSignal): Promise<Retry | undefined> {
    const { allocator, events, log } = this.#parts
    const { name, uid } = node.metadata
    if (allocator === undefined || this.#allocated.get(name) === uid) return undefined
    if (hasPodCidrs(node)) return undefined
    const owner = nodeOwner(uid)
    const allocation = allocator.allocate(owner)
    if (allocation.result === 'exhausted') {
      if (!this.#exhausted.has(uid)) {
        this.#exhausted.add(uid)
        log.error({ node: name, family: allocation.family }, allocation.message)
        // The name that kube-controller-manager's allocator gives it.
        events.record({
          regarding: { apiVersion: 'v1', kind: 'Node', name, uid },
          type: 'Warning',
          reason: 'CIDRNotAvailable',
          action: 'AllocatePodCIDRs',
          note: allocation.message,
        })
      }
      return { kind: 'after', ms: exhaustedMs }
    }
    const podCIDRs = allocation.cidrs.map(formatCidr)
    try {
      // The uid is a precondition: a node of the same name that came meanwhile is not written to.
      const patch = { metadata: { uid }, spec: { podCIDR: podCIDRs[0], podCIDRs } }
      await this.#parts.nodes.patch(name, patch, { type: 'merge', signal })
    } catch (error) {
      // Refused, nothing was written. Otherwise, and a 504 is no refusal, the blocks stay taken until the Node tells.
      const refused = isKubeError(error) && error.status >= 400 && error.status < 500
      if (refused && !hasPodCidrs(this.#parts.node(name))) allocator.releaseAll(owner)
      if (isGoneOrOther(error)) return undefined
      throw error
    }
    this.#allocated.set(name, uid)
    this.#exhausted.delete(uid)
    log.info({ node: name, podCIDRs }, 'podCIDRs allocated')
    return undefined
  }
}

const hasPodCidrs = (node: Node | undefined): boolean =>
  node !== undefined && routedNode(node).podCIDRs.length > 0

/** There is no such Node any more, or another one of its name. */
const isGoneOrOther = (error: unknown): boolean =>
  isNotFound(error) || isConflict(error) || isOtherObject(error)
