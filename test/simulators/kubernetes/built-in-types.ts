import { builtInType } from './built-in-type.ts'
import { customResourceDefinitionType } from './definition-type.ts'
import { coreEventType, eventType } from './event-types.ts'
import { type JsonObject, numberAt, objectAt, textAt, withMember } from './json.ts'
import { typeMeta } from './object-meta.ts'
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
} from './shape.ts'
import { type FieldError, invalidField } from './status.ts'
import { workloadTypes } from './workload-types.ts'

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
  prepareCreate: dropCoordination,
  prepareUpdate: dropCoordination,
  validate: (lease) => validateLease(objectAt(lease, 'spec')),
})

/** Behind the feature gate CoordinatedLeaderElection, which is off. */
function dropCoordination(lease: JsonObject): JsonObject {
  const spec = withMember(objectAt(lease, 'spec'), 'strategy', undefined)
  return { ...lease, spec: withMember(spec, 'preferredHolder', undefined) }
}

function validateLease(spec: JsonObject): FieldError[] {
  const errors: FieldError[] = []
  const duration = numberAt(spec, 'leaseDurationSeconds')
  if (duration !== undefined && duration <= 0)
    errors.push(invalidField('spec.leaseDurationSeconds', duration, 'must be greater than 0'))
  const transitions = numberAt(spec, 'leaseTransitions')
  if (transitions !== undefined && transitions < 0)
    errors.push(invalidField('spec.leaseTransitions', transitions, 'must be greater than or equal to 0'))
  return errors
}

/** The resources that are there from the start. */
export const builtInTypes: readonly ResourceType[] = [
  nodeType,
  namespaceType,
  configMapType,
  coreEventType,
  eventType,
  leaseType,
  customResourceDefinitionType,
  ...workloadTypes,
]
