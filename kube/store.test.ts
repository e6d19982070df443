import { test as property, fc } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import type { KubeObject } from './objects.ts'
import { objectKey, Store, type Change } from './store.ts'

const object = (name: string, uid: string, resourceVersion: string): KubeObject => ({
  metadata: { name, uid, resourceVersion },
})
const told = (changes: readonly Change<KubeObject>[]): string[] =>
  changes.map((change) => {
    const { name, uid } = change.object.metadata
    return change.type === 'deleted'
      ? `deleted ${name} ${uid} ${change.evidence}`
      : `${change.type} ${name} ${uid}`
  })

describe('put', () => {
  test('new, changed, known', () => {
    const store = new Store()
    expect(told(store.put(object('a', '1', '5')))).toEqual(['added a 1'])
    expect(store.put(object('a', '1', '6'))).toMatchObject([
      {
        type: 'updated',
        object: { metadata: { resourceVersion: '6' } },
        previous: { metadata: { resourceVersion: '5' } },
      },
    ])
    expect(store.put(object('a', '1', '6'))).toEqual([])
  })

  test('another uid under the name: deleted, then added', () => {
    const store = new Store()
    store.put(object('a', '1', '5'))
    expect(told(store.put(object('a', '2', '9')))).toEqual(['deleted a 1 watch', 'added a 2'])
  })
})

describe('remove', () => {
  test('gives the last state that the server sent', () => {
    const store = new Store()
    store.put(object('a', '1', '5'))
    expect(store.remove(object('a', '1', '8'))).toMatchObject([
      { type: 'deleted', object: { metadata: { resourceVersion: '8' } }, evidence: 'watch' },
    ])
    expect(store.get('a')).toBeUndefined()
  })

  test('what is not known is no change', () => {
    expect(new Store().remove(object('a', '1', '5'))).toEqual([])
  })

  test('of another uid still tells of the object that was known', () => {
    const store = new Store()
    store.put(object('a', '1', '5'))
    expect(told(store.remove(object('a', '2', '8')))).toEqual(['deleted a 1 watch'])
  })
})

// https://github.com/antrea-io/antrea/issues/6965: a relist told of adds before deletes, and a reused CIDR lost its route.
test('a relist tells of all deletes before anything else', () => {
  const store = new Store()
  store.replace([object('a', '1', '1'), object('b', '2', '2'), object('c', '3', '3')])
  const changes = store.replace([object('0', '9', '9'), object('b', '8', '8'), object('c', '3', '7')])
  expect(told(changes)).toEqual([
    'deleted a 1 relist',
    'deleted b 2 watch',
    'added 0 9',
    'added b 8',
    'updated c 3',
  ])
})

test('the key of a namespaced object holds its namespace', () => {
  expect(objectKey({ name: 'a', namespace: 'n' })).toBe('n/a')
})

const anyObject = fc
  .tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('1', '2'), fc.nat({ max: 9 }).map(String))
  .map((parts) => object(...parts))
const anyList = fc.uniqueArray(anyObject, { selector: ({ metadata }) => metadata.name })
const anyStep = fc.oneof(
  anyObject.map((one) => ({ kind: 'put', one }) as const),
  anyObject.map((one) => ({ kind: 'remove', one }) as const),
  anyList.map((all) => ({ kind: 'replace', all }) as const),
)

property.prop([fc.array(anyStep)])('whoever applies the changes in order has the same objects', (steps) => {
  const store = new Store()
  const mirror = new Map<string, KubeObject>()
  for (const step of steps) {
    const changes =
      step.kind === 'put'
        ? store.put(step.one)
        : step.kind === 'remove'
          ? store.remove(step.one)
          : store.replace(step.all)
    for (const change of changes) {
      const { name, uid } = change.object.metadata
      const known = mirror.get(name)
      if (change.type === 'added') expect(known).toBeUndefined()
      else expect(known?.metadata.uid).toBe(uid)
      if (change.type === 'updated') expect(change.previous).toBe(known)
      if (change.type === 'deleted') mirror.delete(name)
      else mirror.set(name, change.object)
    }
    expect(new Map(store.list().map((one) => [one.metadata.name, one]))).toEqual(mirror)
  }
})
