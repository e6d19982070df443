import { parseInterfaceAddress } from '../../../net/cidr.ts'
import { builtInType } from './built-in-type.ts'
import { type JsonObject, listAt, objectAt, textAt, textsAt, valueAt } from './json.ts'
import { labelValueProblems, qualifiedNameProblems, typeMeta } from './object-meta.ts'
import type { ResourceType, WriteTarget } from './resource-type.ts'
import {
  always,
  any,
  type Decoded,
  decode,
  flag,
  integer,
  listOf,
  mapOf,
  omitEmpty,
  pointer,
  struct,
  text,
  time,
} from './shape.ts'
import {
  duplicateField,
  type FieldError,
  forbiddenField,
  invalidField,
  requiredField,
  unsupportedField,
} from './status.ts'

const byType = { kind: 'byKey', key: 'type' } as const

const shape = struct({
  ...typeMeta,
  spec: always(
    struct({
      podCIDR: omitEmpty(text),
      podCIDRs: omitEmpty(listOf(text, { kind: 'set' })),
      providerID: omitEmpty(text),
      unschedulable: omitEmpty(flag),
      taints: omitEmpty(
        listOf(
          struct({
            key: always(text),
            value: omitEmpty(text),
            effect: always(text),
            timeAdded: pointer(time),
          }),
        ),
      ),
      externalID: omitEmpty(text),
    }),
  ),
  status: always(
    struct({
      capacity: omitEmpty(mapOf(any)),
      allocatable: omitEmpty(mapOf(any)),
      phase: omitEmpty(text),
      conditions: omitEmpty(
        listOf(
          struct({
            type: always(text),
            status: always(text),
            lastHeartbeatTime: omitEmpty(time),
            lastTransitionTime: omitEmpty(time),
            reason: omitEmpty(text),
            message: omitEmpty(text),
          }),
          byType,
        ),
      ),
      addresses: omitEmpty(listOf(struct({ type: always(text), address: always(text) }), byType)),
      daemonEndpoints: omitEmpty(struct({ kubeletEndpoint: omitEmpty(struct({ Port: always(integer) })) })),
      nodeInfo: omitEmpty(
        struct({
          machineID: always(text),
          systemUUID: always(text),
          bootID: always(text),
          kernelVersion: always(text),
          osImage: always(text),
          containerRuntimeVersion: always(text),
          kubeletVersion: always(text),
          kubeProxyVersion: always(text),
          operatingSystem: always(text),
          architecture: always(text),
          swap: pointer(struct({ capacity: pointer(integer) })),
        }),
      ),
      images: omitEmpty(listOf(any)),
      volumesInUse: omitEmpty(listOf(text)),
      volumesAttached: omitEmpty(listOf(any)),
      runtimeHandlers: omitEmpty(listOf(any)),
      features: pointer(any),
    }),
  ),
})

/** Node of core/v1: `pkg/apis/core/validation` and `pkg/registry/core/node/strategy.go` of Kubernetes 1.36. */
export const nodeType: ResourceType = builtInType({
  version: 'v1',
  plural: 'nodes',
  kind: 'Node',
  shortNames: ['no'],
  namespaced: false,
  hasStatus: true,
  shape,
  decode: decodeNode,
  prepareCreate: taintNotReady,
  validate,
  selectableFields: (node) => ({
    'spec.unschedulable': String(valueAt(node, 'spec', 'unschedulable') === true),
  }),
})

/**
 * The old singular `podCIDR` and the plural are one field inside the API server: the singular fills an empty plural,
 * and wins where the two differ.
 */
function decodeNode(body: JsonObject): Decoded {
  const { object, unknown } = decode(shape, body)
  const spec = objectAt(object, 'spec')
  const single = textAt(spec, 'podCIDR')
  const plural = textsAt(spec, 'podCIDRs')
  const podCIDRs = single !== '' && single !== plural[0] ? [single] : plural
  const { podCIDR: _single, podCIDRs: _plural, ...rest } = spec
  const first = podCIDRs[0]
  const cidrs = first === undefined ? {} : { podCIDR: first, podCIDRs }
  return { object: { ...object, spec: { ...cidrs, ...rest } }, unknown }
}

/** The admission plugin TaintNodesByCondition keeps pods off a Node that has not been seen to be ready. */
function taintNotReady(node: JsonObject): JsonObject {
  const taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }
  const taints = listAt(node, 'spec', 'taints')
  const there = taints.some(
    (other) => textAt(other, 'key') === taint.key && textAt(other, 'effect') === taint.effect,
  )
  if (there) return node
  return { ...node, spec: { ...objectAt(node, 'spec'), taints: [...taints, taint] } }
}

function validate(node: JsonObject, old: JsonObject | undefined, target: WriteTarget): FieldError[] {
  return [
    ...(target === 'main' ? [...validateTaints(node), ...validatePodCidrs(node)] : []),
    ...(old === undefined ? [] : validateUpdate(node, old)),
  ]
}

function validatePodCidrs(node: JsonObject): FieldError[] {
  const cidrs = textsAt(node, 'spec', 'podCIDRs')
  const errors: FieldError[] = []
  const families: number[] = []
  for (const [index, cidr] of cidrs.entries()) {
    try {
      // Host bits are let through, as the API server does for this old field.
      families.push(parseInterfaceAddress(cidr).address.family)
    } catch {
      errors.push(
        invalidField(
          `spec.podCIDRs[${index}]`,
          cidr,
          'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
        ),
      )
    }
  }
  if (errors.length === 0 && families.length > 1 && new Set(families).size !== families.length) {
    errors.push(invalidField('spec.podCIDRs', cidrs, 'may specify no more than one CIDR for each IP family'))
  }
  return errors
}

function validateTaints(node: JsonObject): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const [index, taint] of listAt(node, 'spec', 'taints').entries()) {
    const field = `metadata.taints[${index}]`
    const key = textAt(taint, 'key')
    const value = textAt(taint, 'value')
    const effect = textAt(taint, 'effect')
    for (const problem of qualifiedNameProblems(key)) errors.push(invalidField(`${field}.key`, key, problem))
    const problems = labelValueProblems(value)
    if (problems.length > 0) errors.push(invalidField(`${field}.value`, value, problems.join(';')))
    const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']
    if (effect === '') errors.push(requiredField(`${field}.effect`))
    else if (!effects.includes(effect)) errors.push(unsupportedField(`${field}.effect`, effect, effects))
    if (seen.has(`${effect} ${key}`)) {
      const duplicate = duplicateField(field, taint)
      errors.push({ ...duplicate, body: `${duplicate.body}: taints must be unique by key and effect pair` })
    }
    seen.add(`${effect} ${key}`)
  }
  return errors
}

function validateUpdate(node: JsonObject, old: JsonObject): FieldError[] {
  const errors: FieldError[] = []
  const addresses = new Set<string>()
  for (const [index, address] of listAt(node, 'status', 'addresses').entries()) {
    const key = JSON.stringify(address)
    if (addresses.has(key)) errors.push(duplicateField(`status.addresses[${index}]`, address))
    addresses.add(key)
  }
  const before = textsAt(old, 'spec', 'podCIDRs')
  const now = textsAt(node, 'spec', 'podCIDRs')
  if (before.length > 0) {
    const changes =
      before.length !== now.length ? 1 : before.filter((cidr, index) => cidr !== now[index]).length
    for (let i = 0; i < changes; i++) {
      errors.push(
        forbiddenField('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'),
      )
    }
  }
  const providerId = textAt(old, 'spec', 'providerID')
  if (providerId !== '' && providerId !== textAt(node, 'spec', 'providerID')) {
    errors.push(
      forbiddenField('spec.providerID', 'node updates may not change providerID except from "" to valid'),
    )
  }
  if (textAt(old, 'spec', 'externalID') !== textAt(node, 'spec', 'externalID'))
    errors.push(forbiddenField('spec.externalID', 'may not be updated'))
  return errors
}
