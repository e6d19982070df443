import { isConflict, isGoneOrOther } from '../kube/errors.ts'
import type { Logger } from '../kube/log.ts'
import type { Node, NodeCondition } from '../kube/objects.ts'
import type { Resource } from '../kube/resource.ts'
import type { Retry } from './apply/retry.ts'
import type { Brake } from './guard/brake.ts'
import type { Policy } from './guard/policy.ts'
import type { PodCidrWriter } from './ipam/pod-cidr-writer.ts'
import { nextCondition } from './report/network-unavailable.ts'
import type { EventSink } from './report/events.ts'
import type { NodeReports } from './report/node-reports.ts'
import type { Troubles } from './report/troubles.ts'
import type { RouteVerdict, Verdicts } from './report/verdict.ts'

export interface NodeReconcilerParts {
  readonly nodes: Resource<Node>
  readonly node: (name: string) => Node | undefined
  readonly verdicts: Pick<Verdicts, 'of'>
  /** Told of each verdict, and of Nodes that are gone. */
  readonly reports: Pick<NodeReports, 'found' | 'forget'>
  readonly troubles: Troubles
  readonly events: EventSink
  /** Whether routes are written at all. */
  readonly configureRoutes: boolean
  readonly policy: Policy
  /** Asked before a node that was routed is told to be unrouted; with how many nodes there are. */
  readonly brake: Brake<string>
  readonly nodeCount: () => number
  /** Undefined if somebody else gives the nodes their podCIDRs. */
  readonly podCidrs: Pick<PodCidrWriter, 'give' | 'problem' | 'forget'> | undefined
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

  constructor(parts: NodeReconcilerParts) {
    this.#parts = parts
  }

  async reconcile(name: string, signal: AbortSignal): Promise<Retry | undefined> {
    const { brake, configureRoutes, podCidrs, policy, reports, troubles } = this.#parts
    const node = this.#parts.node(name)
    if (node === undefined) {
      brake.drop(name)
      reports.forget(name)
      this.#reported.delete(name)
      podCidrs?.forget(name)
      return undefined
    }
    // Whether the node is reachable is for those to say who route it.
    if (!configureRoutes) return podCidrs?.give(node, signal)
    const before = podCidrs?.problem(node)
    const verdict = this.#verdict(node)
    reports.found(name, verdict)
    troubles.tell({ name, uid: node.metadata.uid }, verdict.troubles)
    // Whoever only observes taints no node, and frees none.
    if (policy === 'observe') return undefined
    // The condition comes first: with no route, no pod may be scheduled here, not even between these two writes.
    await this.#report(node, verdict, signal)
    const retry = await podCidrs?.give(node, signal)
    const problem = podCidrs?.problem(node)
    if (problem !== undefined && problem !== before) {
      const refusal = this.#verdict(node)
      reports.found(name, refusal)
      await this.#report(node, refusal, signal)
    }
    return retry
  }

  /** What keeps the node from having podCIDRs goes before what would keep them from being routed. */
  #verdict(node: Node): RouteVerdict {
    const { podCidrs, verdicts } = this.#parts
    const problem = podCidrs?.problem(node)
    if (problem === undefined) return verdicts.of(node.metadata.name)
    const { reason, message } = problem
    return { routed: false, reason, message, lost: false, troubles: [] }
  }

  async #report(node: Node, verdict: RouteVerdict, signal: AbortSignal, tries = 3): Promise<void> {
    const { log, now } = this.#parts
    const { name, resourceVersion, uid } = node.metadata
    const shown = node.status?.conditions?.find(({ type }) => type === 'NetworkUnavailable')
    const over = JSON.stringify([uid, shown])
    const reported = this.#reported.get(name)
    const current = reported?.over === over ? reported.condition : shown
    const condition = nextCondition(current, verdict, now())
    if (verdict.routed) this.#parts.brake.drop(name)
    if (condition === undefined || (current?.status === 'False' && !this.#mayUnroute(node, condition))) return
    try {
      // Of the version that was looked at: what somebody else has said of the Node since must not be written over.
      const patch = { metadata: { uid, resourceVersion }, status: { conditions: [condition] } }
      await this.#parts.nodes.patch(name, patch, { type: 'strategic', subresource: 'status', signal })
    } catch (error) {
      // Gone, or another node of the name: there is nothing to say to it.
      if (isGoneOrOther(error)) return
      if (!isConflict(error) || tries === 0) throw error
      const fresh = await this.#read(node, signal)
      if (fresh !== undefined) await this.#report(fresh, verdict, signal, tries - 1)
      return
    }
    this.#reported.set(name, { over, condition })
    const { status, reason, message } = condition
    log.info({ node: name, status, reason, why: message }, 'NetworkUnavailable set')
  }

  /** The node as it is now; undefined if it is gone. */
  async #read({ metadata: { name, uid } }: Node, signal: AbortSignal): Promise<Node | undefined> {
    try {
      const node = await this.#parts.nodes.get(name, { signal })
      return node.metadata.uid === uid ? node : undefined
    } catch (error) {
      if (isGoneOrOther(error)) return undefined
      throw error
    }
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
}
