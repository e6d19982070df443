import { describe, expect, test } from 'vitest'
import { parseCidr } from '../net/cidr.ts'
import type { Change } from '../providers/provider.ts'
import type { ObservedRoute } from '../providers/route.ts'
import { TableCache } from './table-cache.ts'
import { destination, instance, observed } from './testing/values.ts'

const key = '10.244.3.0/24'
const created: Change = { op: 'create', destination, target: instance('a') }
const replaced: Change = { op: 'replace', destination, from: instance('a'), target: instance('b') }
const deleted: Change = { op: 'delete', destination, from: instance('a') }

function makeCache(routes: readonly ObservedRoute[] = []): TableCache {
  const cache = new TableCache()
  cache.discover([{ id: 't' }])
  cache.load('t', { routes }, cache.mark())
  return cache
}

const targetOf = (cache: TableCache): string | undefined => cache.route('t', key)?.target.id

describe('which tables there are', () => {
  test('nothing is known before the first discovery', () => {
    const cache = new TableCache()
    expect([cache.discovered, cache.tables()]).toEqual([false, []])
    cache.discover([])
    expect(cache.discovered).toBe(true)
  })

  test('sorted by id, whenever they were found; only new ones are told', () => {
    const cache = new TableCache()
    expect(cache.discover([{ id: 'b' }, { id: 'c' }]).map(({ id }) => id)).toEqual(['b', 'c'])
    expect(cache.discover([{ id: 'a' }, { id: 'b' }]).map(({ id }) => id)).toEqual(['a'])
    expect(cache.tables().map(({ id }) => id)).toEqual(['a', 'b'])
    expect(cache.has('c')).toBe(false)
  })

  test('one that comes back is not loaded', () => {
    const cache = makeCache([observed(instance('a'))])
    cache.discover([])
    cache.discover([{ id: 't' }])
    expect([cache.loaded('t'), targetOf(cache)]).toEqual([false, undefined])
  })

  test('a listing or a write of a table that is gone is dropped', () => {
    const cache = makeCache()
    cache.discover([])
    cache.load('t', { routes: [observed(instance('a'))] }, cache.mark())
    cache.record('t', created)
    expect(targetOf(cache)).toBeUndefined()
  })
})

describe('what a listing shows for the first time', () => {
  const elsewhere = observed(instance('x'), { destination: parseCidr('10.0.0.0/8') })

  test.each<[name: string, before: readonly ObservedRoute[], now: readonly ObservedRoute[], told: number]>([
    ['all of the first one', [], [observed(instance('a')), elsewhere], 2],
    ['nothing of one that is the same', [elsewhere], [elsewhere], 0],
    ['a route that has come', [elsewhere], [elsewhere, observed(instance('a'))], 1],
    ['a route that leads elsewhere now', [observed(instance('a'))], [observed(instance('b'))], 1],
    ['nothing of a route that has gone', [observed(instance('a'))], [], 0],
    ['nothing of a state', [observed(instance('a'))], [observed(instance('a'), { state: 'blackhole' })], 0],
  ])('%s', (_name, before, now, told) => {
    const cache = makeCache(before)
    expect(cache.load('t', { routes: now }, cache.mark())).toHaveLength(told)
  })

  test('what we have written ourselves is not among it, nor what we are writing', () => {
    const cache = makeCache()
    cache.record('t', created)
    expect(cache.load('t', { routes: [observed(instance('a'))] }, cache.mark())).toEqual([])
    const other = makeCache()
    other.begin('t', created)
    expect(other.load('t', { routes: [observed(instance('a'))] }, other.mark())).toEqual([])
  })
})

describe('a listing that is older than our write does not undo it', () => {
  test.each<[name: string, before: readonly ObservedRoute[], change: Change, target: string | undefined]>([
    ['create', [], created, 'a'],
    ['replace', [observed(instance('a'))], replaced, 'b'],
    ['delete', [observed(instance('a'))], deleted, undefined],
  ])('%s', (_name, before, change, target) => {
    const cache = makeCache(before)
    const mark = cache.mark()
    cache.record('t', change)
    cache.load('t', { routes: before }, mark)
    expect(targetOf(cache)).toBe(target)
    // The next listing was asked for after the write: it is believed, whatever it says.
    cache.load('t', { routes: before }, cache.mark())
    expect(targetOf(cache)).toBe(before[0]?.target.id)
  })

  test('the rest of it is taken', () => {
    const cache = makeCache()
    const mark = cache.mark()
    cache.record('t', created)
    const other = observed(instance('x'), { destination: parseCidr('10.0.0.0/8') })
    cache.load('t', { routes: [other] }, mark)
    expect(cache.route('t', '10.0.0.0/8')?.target.id).toBe('x')
    expect(targetOf(cache)).toBe('a')
  })

  test('a write of one table leaves the other’s listing alone', () => {
    const cache = new TableCache()
    cache.discover([{ id: 't' }, { id: 'u' }])
    const mark = cache.mark()
    cache.record('t', created)
    cache.load('u', { routes: [] }, mark)
    expect(cache.route('u', key)).toBeUndefined()
  })
})

test('what we wrote is active and static', () => {
  const cache = makeCache([observed(instance('a'), { state: 'blackhole' })])
  cache.record('t', replaced)
  expect(cache.route('t', key)).toEqual(observed(instance('b')))
})

describe('a listing that comes while a write is under way', () => {
  // Azure shows what it was told before packets follow it: https://github.com/kubernetes-sigs/cloud-provider-azure/issues/527
  test('what is being written stays as it was until that is over', () => {
    const cache = makeCache()
    const over = cache.begin('t', created)
    cache.load('t', { routes: [observed(instance('a'))] }, cache.mark())
    expect(targetOf(cache)).toBeUndefined()
    over()
    cache.record('t', created)
    expect(targetOf(cache)).toBe('a')
  })

  test('what failed is seen by the next listing; other destinations are seen at once', () => {
    const cache = makeCache([observed(instance('a'))])
    const other = { ...observed(instance('c')), destination: parseCidr('10.244.4.0/24') }
    const over = cache.begin('t', replaced)
    cache.load('t', { routes: [observed(instance('b')), other] }, cache.mark())
    expect([targetOf(cache), cache.route('t', '10.244.4.0/24')?.target.id]).toEqual(['a', 'c'])
    over()
    cache.load('t', { routes: [observed(instance('b'))] }, cache.mark())
    expect(targetOf(cache)).toBe('b')
  })

  test('of a table that is gone nothing is kept', () => {
    const cache = makeCache()
    const over = cache.begin('t', created)
    cache.discover([])
    over()
    expect(cache.tables()).toEqual([])
  })
})
