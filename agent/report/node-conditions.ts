import type { Clock } from '../../kube/clock.ts'
import { isGoneOrOther } from '../../kube/errors.ts'
import type { Logger } from '../../kube/log.ts'
import type { Node, NodeCondition } from '../../kube/objects.ts'
import type { Resource } from '../../kube/resource.ts'
import { secondTime } from '../../kube/second-time.ts'

/** What an agent says of its own Node, besides what kubelet and controller say. */
export type AgentCondition = 'PodNetworkReachable' | 'MeshProgrammed'

export interface NodeConditionsParts {
  readonly nodes: Pick<Resource<Node>, 'patch'>
  /** The agent's own Node, as it was last seen. */
  readonly node: () => Node | undefined
  readonly clock: Clock
  readonly log: Logger
}

/** Sets conditions of the agent's own Node, and nothing else of it. It remembers its writes until the watch shows them. */
export class NodeConditions {
  readonly #parts: NodeConditionsParts
  /** By type: what was written, and what the watch showed then. */
  readonly #written = new Map<AgentCondition, { readonly over: string; readonly condition: NodeCondition }>()

  constructor(parts: NodeConditionsParts) {
    this.#parts = parts
  }

  /** As it is now, by the watch or our own write. */
  get(type: AgentCondition): NodeCondition | undefined {
    const node = this.#parts.node()
    return node === undefined ? undefined : this.#current(node, type)
  }

  /** Writes it if it is not so already. Nothing, while there is no Node. @throws KubeError */
  async set(
    type: AgentCondition,
    {
      message,
      reason,
      status,
    }: Pick<NodeCondition, 'status'> & { readonly reason: string; readonly message: string },
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, log, nodes } = this.#parts
    const node = this.#parts.node()
    if (node === undefined) return
    const current = this.#current(node, type)
    if (current?.status === status && current.reason === reason && current.message === message) return
    const now = secondTime(clock.now())
    const condition: NodeCondition = {
      type,
      status,
      reason,
      message,
      lastHeartbeatTime: now,
      lastTransitionTime: current?.status === status ? (current.lastTransitionTime ?? now) : now,
    }
    const { name, uid } = node.metadata
    const over = overOf(node, type)
    try {
      // The uid: another Node of the name knows nothing of this.
      const patch = { metadata: { uid }, status: { conditions: [condition] } }
      await nodes.patch(name, patch, { type: 'strategic', subresource: 'status', signal })
    } catch (error) {
      if (isGoneOrOther(error)) return
      throw error
    }
    this.#written.set(type, { over, condition })
    log.info({ status, reason, why: message }, `${type} set`)
  }

  #current(node: Node, type: AgentCondition): NodeCondition | undefined {
    const written = this.#written.get(type)
    return written?.over === overOf(node, type) ? written.condition : shownIn(node, type)
  }
}

const shownIn = ({ status }: Node, type: AgentCondition): NodeCondition | undefined =>
  status?.conditions?.find((one) => one.type === type)

const overOf = (node: Node, type: AgentCondition): string =>
  JSON.stringify([node.metadata.uid, shownIn(node, type)])
