import { describe, expect, it } from 'vitest'
import { listAt, numberAt, textAt, valueAt } from '../json.ts'
import { type ApiFixture, NODES, revision, names, failure, pathOf } from './api-fixture.ts'

/** Pages, selectors, revisions. */
export function listCases(api: ApiFixture): void {
  describe('lists', () => {
    const labelled = async (count: number): Promise<string> => {
      const label = api.fresh('l')
      for (let i = 0; i < count; i++)
        await api.node({}, { name: api.fresh(`${label}-${i}`), labels: { set: label, index: String(i) } })
      return label
    }

    it('pages through one snapshot', async () => {
      const label = await labelled(3)
      const query = `${NODES}?labelSelector=set%3D${label}&limit=2`
      const first = await api.client.get(query)
      expect(names(first.body)).toHaveLength(2)
      const token = textAt(first.body, 'metadata', 'continue')
      expect(token).not.toBe('')
      await api.node({}, { name: api.fresh(`${label}-9`), labels: { set: label } })
      const second = await api.client.get(`${query}&continue=${token}`)
      expect(names(second.body)).toHaveLength(1)
      expect(revision(second.body)).toBe(revision(first.body))
      expect(textAt(second.body, 'metadata', 'continue')).toBe('')
    })

    it('says how many remain, if nothing is selected', async () => {
      await labelled(2)
      const all = await api.client.get(NODES)
      const first = await api.client.get(`${NODES}?limit=1`)
      expect(numberAt(first.body, 'metadata', 'remainingItemCount')).toBe(names(all.body).length - 1)
    })

    it.each([
      { selector: 'index=1', count: 1 },
      { selector: 'index!=1', count: 2 },
      { selector: 'index in (0, 2)', count: 2 },
      { selector: 'index notin (0,2)', count: 1 },
      { selector: '!missing', count: 3 },
      { selector: 'index,index!=0', count: 2 },
      { selector: 'missing', count: 0 },
    ])('selects by label: $selector', async ({ selector, count }) => {
      const label = await labelled(3)
      const reply = await api.client.get(
        `${NODES}?labelSelector=${encodeURIComponent(`set=${label},${selector}`)}`,
      )
      expect(names(reply.body)).toHaveLength(count)
    })

    it('selects by name, and refuses fields it does not know', async () => {
      const name = textAt(await api.node(), 'metadata', 'name')
      const one = await api.client.get(`${NODES}?fieldSelector=metadata.name%3D${name}`)
      expect(names(one.body)).toEqual([name])
      const unknown = await api.client.get(`${NODES}?fieldSelector=foo%3Dbar`)
      expect(failure(unknown.body)).toEqual({
        code: 400,
        reason: 'BadRequest',
        message: 'field label not supported: foo',
      })
    })

    it('takes kind and apiVersion from items, not from objects', async () => {
      const there = await api.node()
      const list = await api.client.get(NODES)
      expect(list.body.kind).toBe('NodeList')
      expect(listAt(list.body, 'items').every((item) => valueAt(item, 'kind') === undefined)).toBe(true)
      expect((await api.client.get(pathOf(there))).body.kind).toBe('Node')
    })

    it('honours resourceVersion and resourceVersionMatch', async () => {
      const there = await api.node()
      const path = `${NODES}?fieldSelector=metadata.name%3D${textAt(there, 'metadata', 'name')}`
      await api.client.delete(pathOf(there))
      const exact = await api.client.get(
        `${path}&resourceVersion=${revision(there)}&resourceVersionMatch=Exact`,
      )
      expect(names(exact.body)).toHaveLength(1)
      expect(revision(exact.body)).toBe(revision(there))
      const newer = await api.client.get(`${path}&resourceVersion=${revision(there)}`)
      expect(names(newer.body)).toHaveLength(0)
    })

    it.each([
      {
        query: 'resourceVersionMatch=Exact',
        code: 422,
        part: 'resourceVersionMatch is forbidden unless resourceVersion is provided',
      },
      { query: 'limit=x', code: 400, part: 'strconv.ParseInt: parsing "x": invalid syntax' },
      { query: 'continue=abc', code: 400, part: 'continue key is not valid' },
      { query: 'resourceVersion=abc', code: 400, part: 'invalid resource version' },
    ])('refuses $query', async ({ query, code, part }) => {
      const reply = await api.client.get(`${NODES}?${query}`)
      expect(reply.status).toBe(code)
      expect(reply.body.message).toContain(part)
    })
  })
}
