import type { EventDraft } from '../../kube/event-series.ts'
import type { Node } from '../../kube/objects.ts'
import { type AgentEventReason, agentEventReasons } from './event-reasons.ts'

/** Who takes Events; what becomes of them changes nothing. */
export interface EventTaker {
  record(draft: EventDraft): void
}

/** Tells people about the agent's own Node. */
export class OwnNodeEvents {
  readonly #events: EventTaker
  readonly #node: () => Node | undefined

  /** @param node as it was last seen; without one there is nothing that an Event could be about */
  constructor(events: EventTaker, node: () => Node | undefined) {
    this.#events = events
    this.#node = node
  }

  record(reason: AgentEventReason, note: string): void {
    const node = this.#node()
    if (node === undefined) return
    const { action, type } = agentEventReasons[reason]
    const { name, uid } = node.metadata
    this.#events.record({
      regarding: { apiVersion: 'v1', kind: 'Node', name, uid },
      type,
      reason,
      action,
      note,
    })
  }
}
