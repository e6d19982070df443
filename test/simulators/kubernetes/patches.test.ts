import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { isObject, type Json } from './json.ts'
import { jsonPatch, mergePatch, PatchError } from './json-patch.ts'
import { any, listOf, mapOf, omitEmpty, struct, text } from './shape.ts'
import { strategicMerge } from './strategic-merge.ts'

const json = fc.jsonValue({ maxDepth: 3 }).map((value) => value as Json)

function hasNull(value: Json): boolean {
  return value === null || (typeof value === 'object' && Object.values(value).some((inner) => hasNull(inner)))
}

describe('merge patch (RFC 7386)', () => {
  it.each<{ target: Json; patch: Json; result: Json }>([
    { target: { a: 'b' }, patch: { a: 'c' }, result: { a: 'c' } },
    { target: { a: 'b' }, patch: { b: 'c' }, result: { a: 'b', b: 'c' } },
    { target: { a: 'b' }, patch: { a: null }, result: {} },
    { target: { a: ['b'] }, patch: { a: 'c' }, result: { a: 'c' } },
    { target: { a: { b: 'c' } }, patch: { a: { b: 'd', c: null } }, result: { a: { b: 'd' } } },
    { target: { a: [{ b: 'c' }] }, patch: { a: [1] }, result: { a: [1] } },
    { target: { e: null }, patch: { a: 1 }, result: { e: null, a: 1 } },
    { target: {}, patch: { a: { bb: { ccc: null } } }, result: { a: { bb: {} } } },
  ])('$target + $patch = $result', ({ target, patch, result }) => {
    expect(mergePatch(target, patch)).toEqual(result)
  })

  test.prop([json, json])('applied twice changes nothing more', (target, patch) => {
    const once = mergePatch(target, patch)
    expect(mergePatch(once, patch)).toEqual(once)
  })

  test.prop([json])('of a value without null onto nothing is the value', (value) => {
    fc.pre(!hasNull(value))
    expect(mergePatch({}, value)).toEqual(value)
  })
})

describe('JSON patch (RFC 6902)', () => {
  it.each<{ target: Json; patch: Json[]; result: Json }>([
    { target: { a: 1 }, patch: [{ op: 'add', path: '/b', value: 2 }], result: { a: 1, b: 2 } },
    { target: { a: [1, 3] }, patch: [{ op: 'add', path: '/a/1', value: 2 }], result: { a: [1, 2, 3] } },
    { target: { a: [1] }, patch: [{ op: 'add', path: '/a/-', value: 2 }], result: { a: [1, 2] } },
    { target: { a: [1, 2] }, patch: [{ op: 'remove', path: '/a/0' }], result: { a: [2] } },
    { target: { a: [1, 2] }, patch: [{ op: 'replace', path: '/a/0', value: 9 }], result: { a: [9, 2] } },
    { target: { a: { b: 1 } }, patch: [{ op: 'move', from: '/a/b', path: '/c' }], result: { a: {}, c: 1 } },
    { target: { a: 1 }, patch: [{ op: 'copy', from: '/a', path: '/b' }], result: { a: 1, b: 1 } },
    {
      target: { 'x/y': 1, '~': 2 },
      patch: [
        { op: 'remove', path: '/x~1y' },
        { op: 'test', path: '/~0', value: 2 },
      ],
      result: { '~': 2 },
    },
  ])('$patch', ({ target, patch, result }) => {
    expect(jsonPatch(target, patch)).toEqual(result)
  })

  it.each<{ case: string; patch: Json }>([
    { case: 'a failed test', patch: { op: 'test', path: '/a', value: 2 } },
    { case: 'removing what is not there', patch: { op: 'remove', path: '/b' } },
    { case: 'replacing what is not there', patch: { op: 'replace', path: '/b', value: 1 } },
    { case: 'a path through what is not there', patch: { op: 'add', path: '/b/c', value: 1 } },
    { case: 'a path through a number', patch: { op: 'add', path: '/a/c', value: 1 } },
    { case: 'an index behind the end', patch: { op: 'add', path: '/l/3', value: 1 } },
    { case: 'a path without a slash', patch: { op: 'add', path: 'b', value: 1 } },
    { case: 'an unknown operation', patch: { op: 'addx', path: '/b', value: 1 } },
  ])('refuses $case', ({ patch }) => {
    expect(() => jsonPatch({ a: 1, l: [0] }, [patch])).toThrow(PatchError)
  })
})

describe('strategic merge patch', () => {
  const shape = struct({
    byType: omitEmpty(
      listOf(struct({ type: omitEmpty(text), status: omitEmpty(text) }), { kind: 'byKey', key: 'type' }),
    ),
    set: omitEmpty(listOf(text, { kind: 'set' })),
    plain: omitEmpty(listOf(any)),
    labels: omitEmpty(mapOf(text)),
  })
  const target = {
    byType: [
      { type: 'A', status: '1', kept: 'x' },
      { type: 'B', status: '2' },
    ],
    set: ['a', 'b'],
    plain: [1, 2],
    labels: { a: '1' },
  }

  it.each<{ case: string; patch: Json; result: Json }>([
    {
      case: 'merges members with equal key',
      patch: { byType: [{ type: 'A', status: '9' }] },
      result: {
        byType: [
          { type: 'A', status: '9', kept: 'x' },
          { type: 'B', status: '2' },
        ],
      },
    },
    {
      case: 'appends members with new keys',
      patch: { byType: [{ type: 'C' }] },
      result: { byType: [...target.byType, { type: 'C' }] },
    },
    {
      case: 'deletes members by directive',
      patch: { byType: [{ type: 'A', $patch: 'delete' }] },
      result: { byType: [{ type: 'B', status: '2' }] },
    },
    {
      case: 'replaces a keyed list by directive',
      patch: { byType: [{ type: 'C' }, { $patch: 'replace' }] },
      result: { byType: [{ type: 'C' }] },
    },
    { case: 'adds to a set', patch: { set: ['b', 'c'] }, result: { set: ['a', 'b', 'c'] } },
    { case: 'deletes from a set', patch: { '$deleteFromPrimitiveList/set': ['a'] }, result: { set: ['b'] } },
    { case: 'replaces other lists', patch: { plain: [3] }, result: { plain: [3] } },
    {
      case: 'merges maps and removes by null',
      patch: { labels: { a: null, b: '2' } },
      result: { labels: { b: '2' } },
    },
    {
      case: 'replaces a map by directive',
      patch: { labels: { b: '2', $patch: 'replace' } },
      result: { labels: { b: '2' } },
    },
    {
      case: 'keeps only named members',
      patch: { labels: { c: '3', $retainKeys: ['c'] } },
      result: { labels: { c: '3' } },
    },
    { case: 'passes over the order of elements', patch: { '$setElementOrder/set': ['b', 'a'] }, result: {} },
  ])('$case', ({ patch, result }) => {
    expect(strategicMerge(shape, target, patch)).toEqual({ ...target, ...(isObject(result) ? result : {}) })
  })

  it.each<{ case: string; patch: Json }>([
    { case: 'a member without its key', patch: { byType: [{ status: '1' }] } },
    { case: 'an unknown directive', patch: { labels: { $patch: 'burn' } } },
  ])('refuses $case', ({ patch }) => {
    expect(() => strategicMerge(shape, target, patch)).toThrow(PatchError)
  })
})
