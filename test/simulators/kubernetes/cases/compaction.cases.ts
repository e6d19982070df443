import { beforeAll, describe, expect, it } from 'vitest'
import { type JsonObject, textAt } from '../json.ts'
import { type ApiFixture, NODES, names, revision } from './api-fixture.ts'

/** What becomes of those who come back with a version that is forgotten. Compacts once, after a few writes. */
export function compactionCases(api: ApiFixture, compact: () => Promise<void>): void {
  describe('a forgotten history', () => {
    /** From before the compaction. */
    let old: string
    let token: string
    /** The newest at the compaction. */
    let last: JsonObject

    beforeAll(async () => {
      for (const prefix of ['aa', 'ab']) await api.node({}, { name: api.fresh(prefix) })
      const page = (await api.client.get(`${NODES}?limit=1`)).body
      token = textAt(page, 'metadata', 'continue')
      old = revision(page)
      await api.node()
      last = await api.node()
      await compact()
    })

    it('a watch gets 410 inside the stream, which ends', async () => {
      const watch = await api.client.watch(`${NODES}?watch=1&resourceVersion=${old}`)
      const event = await watch.next()
      expect(event).toMatchObject({
        type: 'ERROR',
        object: {
          kind: 'Status',
          apiVersion: 'v1',
          metadata: {},
          status: 'Failure',
          reason: 'Expired',
          code: 410,
        },
      })
      expect(textAt(event?.object, 'message')).toMatch(
        new RegExp(`^too old resource version: ${old} \\([0-9]+\\)$`),
      )
      expect(await watch.next()).toBeUndefined()
    })

    it('a watch from the newest list goes on', async () => {
      const start = revision((await api.client.get(NODES)).body)
      const watch = await api.client.watch(`${NODES}?watch=1&resourceVersion=${start}`)
      const name = textAt(await api.node(), 'metadata', 'name')
      expect(await watch.summary(1)).toEqual([`ADDED ${name}`])
      watch.close()
    })

    it('a page gets 410, with a token for the rest as it is now', async () => {
      const expired = await api.client.get(`${NODES}?limit=1&continue=${token}`)
      expect(expired.status).toBe(410)
      expect(expired.body).toMatchObject({ reason: 'Expired', code: 410 })
      const rest = await api.client.get(`${NODES}?continue=${textAt(expired.body, 'metadata', 'continue')}`)
      expect(rest.status).toBe(200)
      expect(names(rest.body)).toEqual(names((await api.client.get(NODES)).body).slice(1))
      expect(names(rest.body)).toContain(textAt(last, 'metadata', 'name'))
    })

    it('an old state gets 410, a future one 504', async () => {
      const past = await api.client.get(`${NODES}?resourceVersion=${old}&resourceVersionMatch=Exact`)
      expect([past.status, past.body.reason]).toEqual([410, 'Expired'])
      const future = await api.client.get(`${NODES}?resourceVersion=99999999`)
      expect(future.status).toBe(504)
      expect(future.body.message).toMatch(/^Timeout: Too large resource version: 99999999, current: [0-9]+$/)
    })
  })
}
