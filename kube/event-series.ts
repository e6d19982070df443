import type { EventSeries as WireSeries, KubeEvent, ObjectReference } from './event.ts'
import { microTime } from './micro-time.ts'
import type { Draft } from './objects.ts'

/** What happened, to which object. */
export interface EventDraft {
  readonly regarding: ObjectReference
  /** The other object, where two are at odds. */
  readonly related?: ObjectReference
  readonly type: 'Normal' | 'Warning'
  /** Why, in one word: `RouteFailed`. */
  readonly reason: string
  /** What was done or tried, in one word: `CreateRoute`. */
  readonly action: string
  /** A sentence for a person. Cut to 1024 bytes. */
  readonly note: string
}

/** The limits of the API server, in bytes. */
const maxNote = 1024
const maxWord = 128
/** A DNS name may have 253 bytes; the unique part behind it has 17. */
const maxNamePart = 236

/** The draft within the limits of the API server. */
export const withinLimits = (draft: EventDraft): EventDraft => ({
  ...draft,
  reason: cutBytes(draft.reason, maxWord),
  action: cutBytes(draft.action, maxWord),
  note: cutBytes(draft.note, maxNote),
})

/** Equal for what becomes one Event: the same about the same object. */
export const keyOf = ({ regarding, related, type, reason, action, note }: EventDraft): string =>
  JSON.stringify([identity(regarding), related && identity(related), type, reason, action, note])

const identity = ({ apiVersion, kind, namespace, name, uid }: ObjectReference): readonly unknown[] => [
  apiVersion,
  kind,
  namespace,
  name,
  uid,
]

/** Whoever writes Events. */
export interface EventReporter {
  /** `podway.dev/controller` */
  readonly controller: string
  /** Which of its processes. */
  readonly instance: string
}

/**
 * The Event to be created: in the namespace of its object, or in `default` for a cluster-scoped one, as kubectl expects it.
 *
 * @param now milliseconds since the epoch
 * @param unique 16 characters that no other Event of the object has
 */
export function newEvent(
  draft: EventDraft,
  { controller, instance }: EventReporter,
  now: number,
  unique: string,
): Draft<KubeEvent> {
  const { regarding } = draft
  const stem = regarding.name.slice(0, maxNamePart).replace(/[^a-z0-9]+$/, '')
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: `${stem}.${unique}`, namespace: regarding.namespace ?? 'default' },
    eventTime: microTime(now),
    reportingController: controller,
    reportingInstance: cutBytes(instance, maxWord),
    ...draft,
  }
}

/** One Event and its repetitions. Milliseconds of the monotonic clock, but for `lastObserved`. */
export interface EventSeries {
  readonly draft: EventDraft
  readonly event: Draft<KubeEvent>
  count: number
  /** The last time it happened, in milliseconds since the epoch. */
  lastObserved: number
  lastSeenAt: number
  /** The count that the API server has; 0 before the Event is created. */
  written: number
  writtenAt: number
  /** Failed attempts in a row to write it. */
  failures: number
  /** A request for it is under way, or is made again after a pause. */
  inWork: boolean
}

export const seriesOf = ({ count, lastObserved }: EventSeries): { readonly series?: WireSeries } =>
  count < 2 ? {} : { series: { count, lastObservedTime: microTime(lastObserved) } }

/** At most so many bytes of UTF-8, no character halved; what was cut off leaves an ellipsis. */
export function cutBytes(text: string, max: number): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= max) return text.toWellFormed()
  const ellipsis = '…'
  let end = max - Buffer.byteLength(ellipsis)
  // 10xxxxxx continues a character.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return `${bytes.subarray(0, end).toString('utf8')}${ellipsis}`
}
