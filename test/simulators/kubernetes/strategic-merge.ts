import { isArray, isObject, type Json, type JsonObject, sameJson, textAt, withMember } from './json.ts'
import { PatchError } from './json-patch.ts'
import type { Shape } from './shape.ts'

/**
 * A strategic merge patch of a built-in type: like a merge patch, but lists are merged as the type says, and the
 * directives `$patch: delete | replace | merge`, `$deleteFromPrimitiveList`, `$setElementOrder` and `$retainKeys` are
 * understood (the order of elements is not rearranged).
 *
 * @throws PatchError
 */
export function strategicMerge(shape: Shape, target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch
  const directive = patch.$patch
  if (directive === 'delete') return {}
  if (directive === 'replace') return withMember(patch, '$patch', undefined)
  if (directive !== undefined && directive !== 'merge')
    throw new PatchError(`Unknown patch type found: ${JSON.stringify(directive)}`)
  let result: JsonObject = isObject(target) ? target : {}
  for (const [name, value] of Object.entries(patch)) {
    if (name === '$patch' || name.startsWith('$setElementOrder/')) continue
    if (name === '$retainKeys') {
      result = retain(result, value)
    } else if (name.startsWith('$deleteFromPrimitiveList/')) {
      const list = name.slice('$deleteFromPrimitiveList/'.length)
      result = withMember(result, list, without(result[list], value))
    } else {
      const inner = value === null ? undefined : mergeMember(memberShape(shape, name), result[name], value)
      result = withMember(result, name, inner)
    }
  }
  return result
}

function memberShape(shape: Shape, name: string): Shape {
  if (shape.kind === 'map') return shape.values
  const field = shape.kind === 'struct' && Object.hasOwn(shape.fields, name) ? shape.fields[name] : undefined
  return field?.shape ?? { kind: 'any' }
}

function mergeMember(shape: Shape, target: Json | undefined, patch: Json): Json {
  if (!isArray(patch)) return strategicMerge(shape, target, patch)
  if (shape.kind !== 'list') return patch
  const before = isArray(target) ? target : []
  switch (shape.merge.kind) {
    case 'replace':
      return patch
    case 'set':
      return [...before, ...patch.filter((item) => !before.some((other) => sameJson(item, other)))]
    case 'byKey':
      return mergeByKey(shape.items, shape.merge.key, before, patch)
  }
}

function mergeByKey(items: Shape, key: string, before: readonly Json[], patch: readonly Json[]): Json {
  const replaces = patch.some((item) => isObject(item) && item.$patch === 'replace')
  if (replaces) return patch.filter((item) => isObject(item) && item.$patch === undefined)
  let result = before
  for (const item of patch) {
    const value = textAt(item, key)
    if (!isObject(item) || value === '')
      throw new PatchError(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`)
    if (item.$patch === 'delete') {
      result = result.filter((other) => textAt(other, key) !== value)
      continue
    }
    const index = result.findIndex((other) => textAt(other, key) === value)
    const merged = strategicMerge(items, result[index], item)
    result = index < 0 ? [...result, merged] : result.with(index, merged)
  }
  return result
}

function retain(target: JsonObject, names: Json): JsonObject {
  const kept = isArray(names) ? names : []
  return Object.fromEntries(Object.entries(target).filter(([name]) => kept.includes(name)))
}

function without(target: Json | undefined, removed: Json): Json {
  const gone = isArray(removed) ? removed : []
  return (isArray(target) ? target : []).filter((item) => !gone.some((other) => sameJson(item, other)))
}
