import { type Json, type JsonObject, numberAt, objectAt, sameJson, textAt, valueAt } from './json.ts'
import { namespaceOf, qualifiedNameProblems } from './object-meta.ts'
import { type FieldError, invalidField, requiredField } from './status.ts'

const limits = { reportingInstance: 128, action: 128, reason: 128, message: 1024 } as const

/**
 * `pkg/apis/core/validation/events.go` of Kubernetes 1.36, for Events in the form of core/v1. An Event about a
 * cluster-scoped object (a Node) lives in the namespace "default".
 */
export function validateEvent(
  event: JsonObject,
  controller: 'reportingComponent' | 'reportingController',
): FieldError[] {
  const namespace = namespaceOf(event)
  const involved = textAt(event, 'involvedObject', 'namespace')
  const mismatch = invalidField('involvedObject.namespace', involved, 'does not match event.namespace')
  if (valueAt(event, 'eventTime') === null) {
    const fits = involved === '' ? namespace === 'default' : involved === namespace
    return fits ? [] : [mismatch]
  }
  const errors: FieldError[] = []
  if (involved === '' && namespace !== 'default' && namespace !== 'kube-system') errors.push(mismatch)
  const name = textAt(event, 'reportingComponent')
  if (name === '') errors.push(requiredField(controller))
  for (const problem of qualifiedNameProblems(name)) errors.push(invalidField(controller, name, problem))
  for (const [member, limit] of Object.entries(limits)) {
    const value = textAt(event, member)
    if (value === '' && member !== 'message') errors.push(requiredField(member))
    // What it calls characters are bytes.
    if (Buffer.byteLength(value) > limit)
      errors.push(invalidField(member, '', `can have at most ${limit} characters`))
  }
  return errors
}

/** For a POST to events.k8s.io/v1; the name is checked elsewhere. */
export function validateEventCreate(event: JsonObject): FieldError[] {
  const errors = [...validateEvent(event, 'reportingController'), ...validateSeries(event)]
  if (valueAt(event, 'eventTime') === null) errors.push(requiredField('eventTime'))
  const type = textAt(event, 'type')
  if (type !== 'Normal' && type !== 'Warning')
    errors.push(invalidField('type', '', `has invalid value: ${type}`))
  const old: readonly (readonly [member: string, isSet: boolean])[] = [
    ['firstTimestamp', valueAt(event, 'firstTimestamp') !== null],
    ['lastTimestamp', valueAt(event, 'lastTimestamp') !== null],
    ['count', numberAt(event, 'count') !== undefined],
    ['source', Object.keys(objectAt(event, 'source')).length > 0],
  ]
  for (const [member, isSet] of old) if (isSet) errors.push(invalidField(member, '', 'needs to be unset'))
  return errors
}

/** For a PUT or PATCH to events.k8s.io/v1: the series may change, and what is in the metadata. */
export function validateEventUpdate(event: JsonObject, old: JsonObject): FieldError[] {
  const errors = validateEvent(event, 'reportingController')
  if (!sameJson(event.series, old.series)) errors.push(...validateSeries(event))
  for (const [member, shown] of immutable) {
    if (!sameJson(event[member], old[member]))
      errors.push(
        invalidField(
          member === 'reportingComponent' ? 'reportingController' : member,
          shown(event),
          'field is immutable',
        ),
      )
  }
  return errors
}

function validateSeries({ series }: JsonObject): FieldError[] {
  if (series === undefined) return []
  return [
    ...((numberAt(series, 'count') ?? 0) < 2
      ? [invalidField('series.count', '', 'should be at least 2')]
      : []),
    ...(valueAt(series, 'lastObservedTime') === null ? [requiredField('series.lastObservedTime')] : []),
  ]
}

/** In the order of the complaints, with how each shows the new value: Go's names, where the value is a struct. */
const immutable: readonly (readonly [member: string, shown: (event: JsonObject) => Json])[] = [
  ['involvedObject', (event) => goReference(event.involvedObject)],
  ['reason', (event) => textAt(event, 'reason')],
  ['message', (event) => textAt(event, 'message')],
  [
    'source',
    (event) => ({ Component: textAt(event, 'source', 'component'), Host: textAt(event, 'source', 'host') }),
  ],
  ['firstTimestamp', (event) => valueAt(event, 'firstTimestamp') ?? null],
  ['lastTimestamp', (event) => valueAt(event, 'lastTimestamp') ?? null],
  ['count', (event) => numberAt(event, 'count') ?? 0],
  // The API server looks twice.
  ['reason', (event) => textAt(event, 'reason')],
  ['type', (event) => textAt(event, 'type')],
  ['eventTime', (event) => valueAt(event, 'eventTime') ?? null],
  ['action', (event) => textAt(event, 'action')],
  ['related', (event) => (event.related === undefined ? null : goReference(event.related))],
  ['reportingComponent', (event) => textAt(event, 'reportingComponent')],
  ['reportingInstance', (event) => textAt(event, 'reportingInstance')],
]

function goReference(reference: Json | undefined): JsonObject {
  return {
    Kind: textAt(reference, 'kind'),
    Namespace: textAt(reference, 'namespace'),
    Name: textAt(reference, 'name'),
    UID: textAt(reference, 'uid'),
    APIVersion: textAt(reference, 'apiVersion'),
    ResourceVersion: textAt(reference, 'resourceVersion'),
    FieldPath: textAt(reference, 'fieldPath'),
  }
}
