import type { Logger } from '../../kube/log.ts'
import type { EventReason } from './event-reasons.ts'

/** What an Event is about. */
export interface EventSubject {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
}

/** Tells people. Never throws and never waits: what becomes of an Event changes nothing. */
export interface EventSink {
  record(event: {
    readonly regarding: EventSubject
    readonly related?: EventSubject
    readonly type: 'Normal' | 'Warning'
    readonly reason: EventReason
    readonly action: string
    readonly note: string
  }): void
}

/** Holds even a sink that breaks its promise to it: routes and conditions must not depend on who is told of them. */
export function harmless(sink: EventSink, log: Logger): EventSink {
  return {
    record(event) {
      try {
        sink.record(event)
      } catch (error) {
        log.error({ err: error, reason: event.reason }, 'an Event cannot be recorded: going on')
      }
    },
  }
}
