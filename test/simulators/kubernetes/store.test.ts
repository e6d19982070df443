import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { CompactedError, type Entry, Store } from './store.ts'

type Step = readonly [key: string, value: number | 'delete']

const steps = fc.array(
  fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.oneof(fc.nat(3), fc.constant<'delete'>('delete'))),
  { maxLength: 40 },
)

function apply(store: Store, [key, value]: Step): void {
  const there = store.read('things', key) !== undefined
  if (value === 'delete') {
    if (there) store.delete('things', key)
    return
  }
  const object = { metadata: { name: key }, value }
  if (there) store.update('things', key, object)
  else store.create('things', key, object)
}

describe('the store', () => {
  test.prop([steps])('lists any past revision as it was', (history) => {
    const store = new Store(1000)
    const past = new Map<number, readonly Entry[]>()
    for (const step of history) {
      apply(store, step)
      past.set(store.revision, store.list('things'))
    }
    for (const [revision, entries] of past) expect(store.list('things', revision)).toEqual(entries)
  })

  test.prop([steps, steps])('a list and the changes since then give the present', (before, after) => {
    const store = new Store(1000)
    for (const step of before) apply(store, step)
    const { revision } = store
    const objects = new Map(store.list('things').map(({ key, object }) => [key, object]))
    for (const step of after) apply(store, step)
    for (const event of store.since('things', revision)) {
      if (event.type === 'DELETED') objects.delete(event.key)
      else objects.set(event.key, event.object)
    }
    expect(objects).toEqual(new Map(store.list('things').map(({ key, object }) => [key, object])))
  })

  test.prop([steps])('the revision counts changes, and only changes', (history) => {
    const store = new Store(1000)
    for (const step of history) {
      const { revision } = store
      const seen = store.list('things')
      apply(store, step)
      const changed = JSON.stringify(seen) !== JSON.stringify(store.list('things'))
      expect(store.revision - revision).toBe(changed ? 1 : 0)
    }
  })

  it('keeps nothing from before a compaction', () => {
    const store = new Store(1000)
    apply(store, ['a', 1])
    const { revision } = store
    apply(store, ['a', 2])
    store.compact()
    expect(() => store.list('things', revision)).toThrow(CompactedError)
    expect(() => store.since('things', revision)).toThrow(CompactedError)
    expect(store.since('things', store.revision)).toEqual([])
    expect(store.list('things')).toHaveLength(1)
  })

  it('hands out objects that nobody can change', () => {
    const store = new Store(1000)
    apply(store, ['a', 1])
    const object = store.read('things', 'a') as { value: number }
    expect(() => (object.value = 2)).toThrow(TypeError)
  })
})
