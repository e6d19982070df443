import type { NodeRef } from '../ledger/record.ts'
import type { EventSink } from './events.ts'
import type { Trouble } from './verdict.ts'

/** What mostly passes by itself is told when it has lasted so long. */
const patienceMs = 60_000
const passing = new Set<string>(['CloudThrottled', 'CloudUnavailable', 'RouteChanged', 'OutcomeUnknown'])

/** Tells each trouble of a node once, by an Event, when it begins; again if it was over in between. */
export class Troubles {
  readonly #events: EventSink
  readonly #monotonic: () => number
  /** By the node's uid, then by text. */
  readonly #known = new Map<string, ReadonlyMap<string, Known>>()

  /** @param monotonic milliseconds that never go back */
  constructor(events: EventSink, monotonic: () => number) {
    this.#events = events
    this.#monotonic = monotonic
  }

  /** The troubles that the node has now. */
  tell(node: NodeRef, troubles: readonly Trouble[]): void {
    const before = this.#known.get(node.uid)
    const now = new Map<string, Known>()
    for (const trouble of troubles) {
      const { reason, message } = trouble
      // What is merely under way is no trouble.
      if (reason === 'NoRouteCreated') continue
      const text = `${reason} ${message}`
      const { since, told } = before?.get(text) ?? { since: this.#monotonic(), told: false }
      const isDue = !passing.has(reason) || this.#monotonic() - since >= patienceMs
      now.set(text, { since, told: told || isDue })
      if (isDue && !told) this.#record(node, { ...trouble, reason })
    }
    if (now.size === 0) this.#known.delete(node.uid)
    else this.#known.set(node.uid, now)
  }

  forget(uid: string): void {
    this.#known.delete(uid)
  }

  #record({ name, uid }: NodeRef, { reason, message }: Trouble & { readonly reason: Told }): void {
    this.#events.record({
      regarding: { apiVersion: 'v1', kind: 'Node', name, uid },
      type: 'Warning',
      reason,
      action: 'ProgramRoutes',
      note: message,
    })
  }
}

/** The reasons that become an Event. */
type Told = Exclude<Trouble['reason'], 'NoRouteCreated'>

interface Known {
  readonly since: number
  readonly told: boolean
}
