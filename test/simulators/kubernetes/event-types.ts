import { builtInType } from './built-in-type.ts'
import { validateEvent, validateEventCreate, validateEventUpdate } from './event-validation.ts'
import { type Json, type JsonObject, textAt } from './json.ts'
import { typeMeta } from './object-meta.ts'
import type { ResourceType } from './resource-type.ts'
import { always, decode, integer, microTime, omitEmpty, pointer, struct, text, time } from './shape.ts'

const objectReference = struct({
  kind: omitEmpty(text),
  namespace: omitEmpty(text),
  name: omitEmpty(text),
  uid: omitEmpty(text),
  apiVersion: omitEmpty(text),
  resourceVersion: omitEmpty(text),
  fieldPath: omitEmpty(text),
})

const source = struct({ component: omitEmpty(text), host: omitEmpty(text) })

const coreShape = struct({
  ...typeMeta,
  involvedObject: always(objectReference),
  reason: omitEmpty(text),
  message: omitEmpty(text),
  source: omitEmpty(source),
  firstTimestamp: omitEmpty(time),
  lastTimestamp: omitEmpty(time),
  count: omitEmpty(integer),
  type: omitEmpty(text),
  eventTime: always(microTime),
  series: pointer(struct({ count: omitEmpty(integer), lastObservedTime: always(microTime) })),
  action: omitEmpty(text),
  related: pointer(objectReference),
  reportingComponent: always(text),
  reportingInstance: always(text),
})

/** The old form, which kubectl reads and in which Events are stored here; little of it is checked. */
export const coreEventType: ResourceType = builtInType({
  version: 'v1',
  plural: 'events',
  kind: 'Event',
  shortNames: ['ev'],
  namespaced: true,
  createOnUpdate: true,
  nameRule: 'pathSegment',
  shape: coreShape,
  validate: (event) => validateEvent(event, 'reportingComponent'),
  selectableFields: (event) => ({
    ...aboutObject(event, 'involvedObject'),
    reason: textAt(event, 'reason'),
    reportingComponent: textAt(event, 'reportingComponent'),
    source: textAt(event, 'source', 'component') || textAt(event, 'reportingComponent'),
    type: textAt(event, 'type'),
  }),
})

const eventsShape = struct({
  ...typeMeta,
  eventTime: always(microTime),
  series: pointer(struct({ count: always(integer), lastObservedTime: always(microTime) })),
  reportingController: omitEmpty(text),
  reportingInstance: omitEmpty(text),
  action: omitEmpty(text),
  reason: omitEmpty(text),
  regarding: omitEmpty(objectReference),
  related: pointer(objectReference),
  note: omitEmpty(text),
  type: omitEmpty(text),
  deprecatedSource: omitEmpty(source),
  deprecatedFirstTimestamp: omitEmpty(time),
  deprecatedLastTimestamp: omitEmpty(time),
  deprecatedCount: omitEmpty(integer),
})

/** What members are called in events.k8s.io/v1, and in core/v1. */
const coreNames: readonly (readonly [name: string, coreName: string])[] = [
  ['reportingController', 'reportingComponent'],
  ['regarding', 'involvedObject'],
  ['note', 'message'],
  ['deprecatedSource', 'source'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedCount', 'count'],
]
const toCore: ReadonlyMap<string, string> = new Map(coreNames)
const fromCore: ReadonlyMap<string, string> = new Map(coreNames.map(([name, core]) => [core, name]))

function renamed(object: JsonObject, names: ReadonlyMap<string, string>): JsonObject {
  const entries = Object.entries(object).map(([name, value]): [string, Json] => [
    names.get(name) ?? name,
    value,
  ])
  return Object.fromEntries(entries)
}

const asCore = (event: JsonObject): JsonObject => ({
  ...decode(coreShape, renamed(event, toCore)).object,
  apiVersion: 'v1',
})

/** The same objects in the form of events.k8s.io/v1, with its rules for those who write in it. */
export const eventType: ResourceType = builtInType({
  group: 'events.k8s.io',
  version: 'v1',
  plural: 'events',
  kind: 'Event',
  shortNames: ['ev'],
  namespaced: true,
  createOnUpdate: true,
  shape: eventsShape,
  storage: {
    collection: 'events',
    write: asCore,
    read: (event) => decode(eventsShape, renamed(event, fromCore)).object,
  },
  // The API server's complaints have names of their own for members of both forms.
  errorKind: { group: '', name: 'Event' },
  validate: (event, old) =>
    old === undefined ? validateEventCreate(asCore(event)) : validateEventUpdate(asCore(event), asCore(old)),
  // Of the stored form, like those of every type.
  selectableFields: (event) => ({
    ...aboutObject(event, 'regarding'),
    reason: textAt(event, 'reason'),
    reportingController: textAt(event, 'reportingComponent'),
    type: textAt(event, 'type'),
  }),
})

function aboutObject(event: JsonObject, label: string): Readonly<Record<string, string>> {
  const members = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath']
  return Object.fromEntries(
    members.map((member) => [`${label}.${member}`, textAt(event, 'involvedObject', member)]),
  )
}
