import { describe, expect, it } from 'vitest'
import { textAt } from '../json.ts'
import { type ApiFixture, NODES, revision, pathOf } from './api-fixture.ts'

/** Changes as they happen. */
export function watchCases(api: ApiFixture): void {
  describe('watches', () => {
    it('delivers every change after the resourceVersion of a list', async () => {
      const start = revision((await api.client.get(NODES)).body)
      const there = await api.node()
      const name = textAt(there, 'metadata', 'name')
      const watch = await api.client.watch(`${NODES}?watch=1&resourceVersion=${start}`)
      await api.client.mergePatch(pathOf(there), { metadata: { labels: { a: 'b' } } })
      await api.client.delete(pathOf(there))
      const seen = [await watch.next(), await watch.next(), await watch.next()]
      expect(seen.map((event) => event?.type)).toEqual(['ADDED', 'MODIFIED', 'DELETED'])
      expect(
        seen.every((event) => event !== undefined && textAt(event.object, 'metadata', 'name') === name),
      ).toBe(true)
      const [added, modified, deleted] = seen.map((event) => Number(revision(event?.object ?? {})))
      expect(modified).toBeGreaterThan(added ?? 0)
      expect(deleted).toBeGreaterThan(modified ?? 0)
      expect(textAt(seen[2]?.object, 'metadata', 'labels', 'a')).toBe('b')
      watch.close()
    })

    it.each(['', '&resourceVersion=0'])('starts with what is there: watch=1%s', async (query) => {
      const label = api.fresh('w')
      const there = await api.node({}, { labels: { set: label } })
      const watch = await api.client.watch(`${NODES}?watch=1&labelSelector=set%3D${label}${query}`)
      expect(await watch.summary(1)).toEqual([`ADDED ${textAt(there, 'metadata', 'name')}`])
      watch.close()
    })

    it('reports moves into and out of a selection as added and deleted', async () => {
      const label = api.fresh('w')
      const there = await api.node()
      const name = textAt(there, 'metadata', 'name')
      const watch = await api.client.watch(
        `${NODES}?watch=1&labelSelector=set%3D${label}&resourceVersion=${revision(there)}`,
      )
      await api.client.mergePatch(pathOf(there), { metadata: { labels: { set: label } } })
      await api.client.mergePatch(pathOf(there), { metadata: { labels: { other: 'x' } } })
      await api.client.mergePatch(pathOf(there), { metadata: { labels: { set: null } } })
      expect(await watch.summary(3)).toEqual([`ADDED ${name}`, `MODIFIED ${name}`, `DELETED ${name}`])
      watch.close()
    })

    it.each(['&sendInitialEvents=true&resourceVersionMatch=NotOlderThan', '&resourceVersion=0', ''])(
      'marks the end of initial events: allowWatchBookmarks=true%s',
      async (query) => {
        const label = api.fresh('w')
        await api.node({}, { labels: { set: label } })
        const watch = await api.client.watch(
          `${NODES}?watch=1&labelSelector=set%3D${label}&allowWatchBookmarks=true${query}`,
        )
        expect((await watch.next())?.type).toBe('ADDED')
        const bookmark = await watch.next()
        expect(bookmark?.type).toBe('BOOKMARK')
        expect(bookmark?.object).toMatchObject({ kind: 'Node', spec: {} })
        expect(textAt(bookmark?.object, 'metadata', 'annotations', 'k8s.io/initial-events-end')).toBe('true')
        watch.close()
      },
    )

    it('ends in order after timeoutSeconds', async () => {
      const watch = await api.client.watch(`${NODES}?watch=1&labelSelector=set%3Dnothing&timeoutSeconds=1`)
      expect(await watch.next()).toBeUndefined()
    })
  })
}
