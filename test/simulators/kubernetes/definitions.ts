import { removeOrMark } from './deletes.ts'
import { type JsonObject, objectAt, textAt, valueAt } from './json.ts'
import { isBeingDeleted, nameOf } from './object-meta.ts'
import { customTypes } from './custom-type.ts'
import type { Registry } from './registry.ts'
import { collectionOf, type ResourceType } from './resource-type.ts'
import type { Store } from './store.ts'
import { timestamp } from './writes.ts'

const DEFINITIONS = 'apiextensions.k8s.io/customresourcedefinitions'

/**
 * What the API server's own controllers do for CustomResourceDefinitions, done at once: a new one is accepted and
 * established, a changed one served anew, the objects of a deleted one deleted first. Returns what is served no longer.
 */
export function settleDefinitions(store: Store, registry: Registry, now: number): readonly ResourceType[] {
  const before = registry.types
  const served = new Set(registry.definitions)
  for (const { key, object } of store.list(DEFINITIONS)) {
    served.delete(key)
    if (isBeingDeleted(object)) {
      finish(store, registry, key, object, now)
      continue
    }
    registry.define(object)
    if (valueAt(object, 'status', 'acceptedNames') === undefined)
      store.update(DEFINITIONS, key, established(object, now))
  }
  for (const name of served) registry.remove(name)
  return before.filter(({ group, version, plural }) => registry.find(group, version, plural) === undefined)
}

function established(definition: JsonObject, now: number): JsonObject {
  const condition = (type: string, reason: string, message: string): JsonObject => ({
    type,
    status: 'True',
    lastTransitionTime: timestamp(now),
    reason,
    message,
  })
  const versions = valueAt(definition, 'spec', 'versions')
  const stored = (Array.isArray(versions) ? (versions as readonly JsonObject[]) : [])
    .filter((version) => version.storage === true)
    .map((version) => textAt(version, 'name'))
  return {
    ...definition,
    status: {
      conditions: [
        condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
        condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
      ],
      acceptedNames: objectAt(definition, 'spec', 'names'),
      storedVersions: stored,
    },
  }
}

function finish(store: Store, registry: Registry, key: string, definition: JsonObject, now: number): void {
  const type = customTypes(definition)[0]
  if (type !== undefined) {
    for (const entry of store.list(collectionOf(type)))
      removeOrMark(store, type, entry.key, entry.object, now)
    if (store.list(collectionOf(type)).length > 0) return
  }
  registry.remove(nameOf(definition))
  store.delete(DEFINITIONS, key)
}
