import type { NodeRef } from '../ledger/record.ts'
import type { EventSink } from './events.ts'
import type { Trouble } from './verdict.ts'

/** Tells each trouble of a node once, by an Event, when it begins; again if it was over in between. */
export class Troubles {
  readonly #events: EventSink
  readonly #told = new Map<string, ReadonlySet<string>>()

  constructor(events: EventSink) {
    this.#events = events
  }

  /** The troubles that the node has now. */
  tell({ name, uid }: NodeRef, troubles: readonly Trouble[]): void {
    // What is merely under way is no trouble.
    const now = troubles.filter(({ reason }) => reason !== 'NoRouteCreated')
    const before = this.#told.get(uid) ?? new Set<string>()
    const texts = new Set(now.map(textOf))
    if (texts.size === 0) this.#told.delete(uid)
    else this.#told.set(uid, texts)
    for (const trouble of now) {
      if (before.has(textOf(trouble))) continue
      this.#events.record({
        regarding: { apiVersion: 'v1', kind: 'Node', name, uid },
        type: 'Warning',
        reason: trouble.reason,
        action: 'ProgramRoutes',
        note: trouble.message,
      })
    }
  }

  forget(uid: string): void {
    this.#told.delete(uid)
  }
}

const textOf = ({ reason, message }: Trouble): string => `${reason} ${message}`
