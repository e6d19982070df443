import { isArray, isObject, type Json, sameJson, textAt, withMember } from './json.ts'

/** An operation that can't be applied; the API server answers 422. */
export class PatchError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'PatchError'
  }
}

/** RFC 7386: null removes, objects merge, everything else replaces. */
export function mergePatch(target: Json, patch: Json): Json {
  if (!isObject(patch)) return patch
  let result = isObject(target) ? target : {}
  for (const [name, value] of Object.entries(patch)) {
    result = withMember(result, name, value === null ? undefined : mergePatch(result[name] ?? null, value))
  }
  return result
}

/** RFC 6902. @throws PatchError */
export function jsonPatch(target: Json, operations: readonly Json[]): Json {
  let result = target
  for (const operation of operations) result = applyOperation(result, operation)
  return result
}

function applyOperation(target: Json, operation: Json): Json {
  if (!isObject(operation)) throw new PatchError('an operation must be an object')
  const path = pointerOf(operation.path)
  const value = operation.value ?? null
  switch (textAt(operation, 'op')) {
    case 'add':
      return put(target, path, value, 'add')
    case 'replace':
      read(target, path)
      return put(target, path, value, 'replace')
    case 'remove':
      return remove(target, path)
    case 'test':
      if (!sameJson(tryRead(target, path) ?? null, value))
        throw new PatchError(`testing value ${textAt(operation, 'path')} failed: test failed`)
      return target
    case 'move': {
      const from = pointerOf(operation.from)
      return put(remove(target, from), path, read(target, from), 'add')
    }
    case 'copy':
      return put(target, path, read(target, pointerOf(operation.from)), 'add')
    default:
      throw new PatchError(`Unexpected kind: ${JSON.stringify(operation.op)}`)
  }
}

function pointerOf(path: Json | undefined): readonly string[] {
  if (path === '') return []
  if (typeof path !== 'string' || !path.startsWith('/'))
    throw new PatchError(`invalid path ${JSON.stringify(path)}`)
  return path
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function tryRead(target: Json, path: readonly string[]): Json | undefined {
  let here: Json | undefined = target
  for (const part of path) {
    if (isArray(here)) here = /^(?:0|[1-9]\d*)$/.test(part) ? here[Number(part)] : undefined
    else if (isObject(here)) here = Object.hasOwn(here, part) ? here[part] : undefined
    else return undefined
  }
  return here
}

function read(target: Json, path: readonly string[]): Json {
  const found = tryRead(target, path)
  if (found === undefined) throw new PatchError(`missing path: /${path.join('/')}`)
  return found
}

function put(target: Json, path: readonly string[], value: Json, how: 'add' | 'replace'): Json {
  const [part, ...rest] = path
  if (part === undefined) return value
  if (isArray(target)) {
    const index = part === '-' && how === 'add' && rest.length === 0 ? target.length : Number(part)
    if (!Number.isInteger(index) || index < 0 || index > target.length)
      throw new PatchError(`invalid index ${part}`)
    if (rest.length > 0) return target.with(index, put(read(target, [part]), rest, value, how))
    return how === 'add' ? target.toSpliced(index, 0, value) : target.with(index, value)
  }
  if (!isObject(target)) throw new PatchError(`missing path: /${path.join('/')}`)
  if (rest.length === 0) return withMember(target, part, value)
  return withMember(target, part, put(read(target, [part]), rest, value, how))
}

function remove(target: Json, path: readonly string[]): Json {
  read(target, path)
  const [part = '', ...rest] = path
  if (rest.length > 0) return put(target, [part], remove(read(target, [part]), rest), 'replace')
  if (isArray(target)) return target.toSpliced(Number(part), 1)
  return isObject(target) ? withMember(target, part, undefined) : null
}
