import { builtInType } from './built-in-type.ts'
import { customResourceDefinitionType } from './definition-type.ts'
import { type JsonObject, numberAt, objectAt, textAt, valueAt } from './json.ts'
import { namespaceOf, typeMeta } from './object-meta.ts'
import { nodeType } from './node-type.ts'
import type { ResourceType } from './resource-type.ts'
import {
  always,
  any,
  flag,
  integer,
  listOf,
  mapOf,
  microTime,
  omitEmpty,
  pointer,
  struct,
  text,
  time,
} from './shape.ts'
import { type FieldError, forbiddenField, invalidField, requiredField } from './status.ts'

const conditions = listOf(any, { kind: 'byKey', key: 'type' })

const namespaceType: ResourceType = builtInType({
  version: 'v1',
  plural: 'namespaces',
  kind: 'Namespace',
  shortNames: ['ns'],
  namespaced: false,
  hasStatus: true,
  nameRule: 'label',
  shape: struct({
    ...typeMeta,
    spec: always(struct({ finalizers: omitEmpty(listOf(text)) })),
    status: always(struct({ phase: omitEmpty(text), conditions: omitEmpty(conditions) })),
  }),
  prepareCreate: (namespace) => ({
    ...namespace,
    metadata: {
      ...objectAt(namespace, 'metadata'),
      labels: {
        ...objectAt(namespace, 'metadata', 'labels'),
        'kubernetes.io/metadata.name': textAt(namespace, 'metadata', 'name'),
      },
    },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  }),
  prepareUpdate: (namespace, old) => ({
    ...namespace,
    spec: objectAt(old, 'spec'),
    status: objectAt(old, 'status'),
  }),
  selectableFields: (namespace) => ({ 'status.phase': textAt(namespace, 'status', 'phase') }),
})

const configMapType: ResourceType = builtInType({
  version: 'v1',
  plural: 'configmaps',
  kind: 'ConfigMap',
  shortNames: ['cm'],
  namespaced: true,
  shape: struct({
    ...typeMeta,
    data: omitEmpty(mapOf(text)),
    binaryData: omitEmpty(mapOf(text)),
    immutable: pointer(flag),
  }),
})

const leaseType: ResourceType = builtInType({
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  kind: 'Lease',
  namespaced: true,
  unconditionalUpdate: false,
  createOnUpdate: true,
  shape: struct({
    ...typeMeta,
    spec: always(
      struct({
        holderIdentity: pointer(text),
        leaseDurationSeconds: pointer(integer),
        acquireTime: pointer(microTime),
        renewTime: pointer(microTime),
        leaseTransitions: pointer(integer),
        strategy: pointer(text),
        preferredHolder: pointer(text),
      }),
    ),
  }),
  validate: (lease) => validateLease(objectAt(lease, 'spec')),
})

function validateLease(spec: JsonObject): FieldError[] {
  const errors: FieldError[] = []
  const duration = numberAt(spec, 'leaseDurationSeconds')
  if (duration !== undefined && duration <= 0)
    errors.push(invalidField('spec.leaseDurationSeconds', duration, 'must be greater than 0'))
  const transitions = numberAt(spec, 'leaseTransitions')
  if (transitions !== undefined && transitions < 0)
    errors.push(invalidField('spec.leaseTransitions', transitions, 'must be greater than or equal to 0'))
  if (textAt(spec, 'preferredHolder') !== '' && textAt(spec, 'strategy') === '')
    errors.push(forbiddenField('spec.preferredHolder', 'may only be specified if `strategy` is defined'))
  return errors
}

const objectReference = struct({
  kind: omitEmpty(text),
  namespace: omitEmpty(text),
  name: omitEmpty(text),
  uid: omitEmpty(text),
  apiVersion: omitEmpty(text),
  resourceVersion: omitEmpty(text),
  fieldPath: omitEmpty(text),
})

const eventType: ResourceType = builtInType({
  version: 'v1',
  plural: 'events',
  kind: 'Event',
  shortNames: ['ev'],
  namespaced: true,
  createOnUpdate: true,
  nameRule: 'pathSegment',
  shape: struct({
    ...typeMeta,
    involvedObject: always(objectReference),
    reason: omitEmpty(text),
    message: omitEmpty(text),
    source: omitEmpty(struct({ component: omitEmpty(text), host: omitEmpty(text) })),
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
  }),
  validate: validateEvent,
  selectableFields: (event) => ({
    'involvedObject.kind': textAt(event, 'involvedObject', 'kind'),
    'involvedObject.namespace': textAt(event, 'involvedObject', 'namespace'),
    'involvedObject.name': textAt(event, 'involvedObject', 'name'),
    'involvedObject.uid': textAt(event, 'involvedObject', 'uid'),
    'involvedObject.apiVersion': textAt(event, 'involvedObject', 'apiVersion'),
    'involvedObject.resourceVersion': textAt(event, 'involvedObject', 'resourceVersion'),
    'involvedObject.fieldPath': textAt(event, 'involvedObject', 'fieldPath'),
    reason: textAt(event, 'reason'),
    reportingComponent: textAt(event, 'reportingComponent'),
    source: textAt(event, 'source', 'component') || textAt(event, 'reportingComponent'),
    type: textAt(event, 'type'),
  }),
})

/** An Event about a cluster-scoped object (a Node) lives in the namespace "default". */
function validateEvent(event: JsonObject): FieldError[] {
  const namespace = namespaceOf(event)
  const involved = textAt(event, 'involvedObject', 'namespace')
  const mismatch = invalidField('involvedObject.namespace', involved, 'does not match event.namespace')
  if (valueAt(event, 'eventTime') === null) {
    const fits = involved === '' ? namespace === 'default' : involved === namespace
    return fits ? [] : [mismatch]
  }
  const errors: FieldError[] = []
  if (involved === '' && namespace !== 'default' && namespace !== 'kube-system') errors.push(mismatch)
  for (const member of ['reportingComponent', 'reportingInstance', 'action', 'reason'] as const) {
    if (textAt(event, member) === '') errors.push(requiredField(member))
  }
  for (const [member, limit] of [
    ['reportingInstance', 128],
    ['action', 128],
    ['reason', 128],
    ['message', 1024],
  ] as const) {
    if (textAt(event, member).length > limit)
      errors.push(invalidField(member, '', `can have at most ${limit} characters`))
  }
  return errors
}

/** The resources that are there from the start. */
export const builtInTypes: readonly ResourceType[] = [
  nodeType,
  namespaceType,
  configMapType,
  eventType,
  leaseType,
  customResourceDefinitionType,
]
