import { describe, expect, it } from 'vitest'
import { type JsonObject, listAt, objectAt, textAt, valueAt } from '../json.ts'
import { type ApiFixture, LEASES, revision, failure, pathOf } from './api-fixture.ts'

/** PUT and PATCH. */
export function updateCases(api: ApiFixture): void {
  describe('updates', () => {
    it('replaces unconditionally without a resourceVersion, and refuses a stale one', async () => {
      const before = await api.node()
      const name = textAt(before, 'metadata', 'name')
      const forced = await api.client.put(pathOf(before), { metadata: { name, labels: { a: 'b' } } })
      expect(forced.status, forced.text).toBe(200)
      const stale = await api.client.put(pathOf(before), before)
      expect(failure(stale.body)).toEqual({
        code: 409,
        reason: 'Conflict',
        message: `Operation cannot be fulfilled on nodes "${name}": the object has been modified; please apply your changes to the latest version and try again`,
      })
      const stalePatch = await api.client.mergePatch(pathOf(before), {
        metadata: { resourceVersion: revision(before), labels: { a: 'c' } },
      })
      expect(stalePatch.body.reason).toBe('Conflict')
    })

    it('refuses another name, namespace or uid', async () => {
      const before = await api.node()
      const name = textAt(before, 'metadata', 'name')
      expect(failure((await api.client.put(pathOf(before), { metadata: { name: 'other' } })).body)).toEqual({
        code: 400,
        reason: 'BadRequest',
        message: `the name of the object (other) does not match the name on the URL (${name})`,
      })
      const uid = await api.client.put(pathOf(before), { metadata: { name, uid: 'zzz' } })
      expect(uid.status).toBe(409)
      expect(uid.body.message).toContain('Precondition failed: UID in precondition: zzz')
      const patched = await api.client.mergePatch(pathOf(before), { metadata: { uid: 'zzz' } })
      expect(failure(patched.body)).toEqual({
        code: 422,
        reason: 'Invalid',
        message: `Node "${name}" is invalid: metadata.uid: Invalid value: "zzz": field is immutable`,
      })
      const namespace = await api.client.post(LEASES, { metadata: { name: 'x', namespace: 'other' } })
      expect(failure(namespace.body)).toEqual({
        code: 400,
        reason: 'BadRequest',
        message: 'the namespace of the provided object does not match the namespace sent on the request',
      })
    })

    it('leaves object and resourceVersion alone when nothing changes', async () => {
      const before = await api.node({ podCIDRs: ['10.1.0.0/24'] }, { labels: { a: 'b' } })
      const patches = [{ metadata: { labels: { a: 'b' } } }, { metadata: { annotations: {} } }, {}]
      for (const patch of patches)
        expect(revision((await api.client.mergePatch(pathOf(before), patch)).body)).toBe(revision(before))
      expect(revision((await api.client.put(pathOf(before), before)).body)).toBe(revision(before))
    })

    it('keeps spec and status apart', async () => {
      const before = await api.node()
      const status = { conditions: [{ type: 'Ready', status: 'True' }] }
      const main = await api.client.mergePatch(pathOf(before), { status, metadata: { labels: { a: 'b' } } })
      expect(valueAt(main.body, 'status', 'conditions')).toBeUndefined()
      const sub = await api.client.strategicPatch(`${pathOf(before)}/status`, {
        status,
        spec: { unschedulable: true },
        metadata: { labels: { c: 'd' } },
      })
      expect(listAt(sub.body, 'status', 'conditions')).toEqual([
        { type: 'Ready', status: 'True', lastHeartbeatTime: null, lastTransitionTime: null },
      ])
      expect(valueAt(sub.body, 'spec', 'unschedulable')).toBeUndefined()
      expect(objectAt(sub.body, 'metadata', 'labels')).toEqual({ a: 'b', c: 'd' })
    })

    it('normalises times to whole seconds in UTC', async () => {
      const before = await api.node()
      const reply = await api.client.strategicPatch(`${pathOf(before)}/status`, {
        status: {
          conditions: [
            { type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T01:00:00.789+01:00' },
          ],
        },
      })
      expect(textAt(listAt(reply.body, 'status', 'conditions')[0], 'lastTransitionTime')).toBe(
        '2026-01-01T00:00:00Z',
      )
    })
  })
  describe('patches', () => {
    it('merges conditions by type, in a strategic merge patch', async () => {
      const before = await api.node()
      const path = `${pathOf(before)}/status`
      const condition = (type: string, status: string): JsonObject => ({
        status: { conditions: [{ type, status }] },
      })
      await api.client.strategicPatch(path, condition('Ready', 'True'))
      await api.client.strategicPatch(path, condition('NetworkUnavailable', 'True'))
      const after = await api.client.strategicPatch(path, condition('Ready', 'False'))
      const pairs = listAt(after.body, 'status', 'conditions').map(
        (entry) => `${textAt(entry, 'type')}=${textAt(entry, 'status')}`,
      )
      expect(pairs.sort()).toEqual(['NetworkUnavailable=True', 'Ready=False'])
      const removed = await api.client.strategicPatch(path, {
        status: { conditions: [{ type: 'Ready', $patch: 'delete' }] },
      })
      expect(listAt(removed.body, 'status', 'conditions')).toHaveLength(1)
    })

    it('replaces taints as a whole: their list has no merge key', async () => {
      const before = await api.node({ taints: [{ key: 'a', effect: 'NoSchedule' }] })
      const taints = [{ key: 'b', effect: 'NoExecute' }]
      const after = await api.client.strategicPatch(pathOf(before), { spec: { taints } })
      expect(listAt(after.body, 'spec', 'taints')).toEqual(taints)
    })

    it('replaces lists in a merge patch, and removes by null', async () => {
      const before = await api.node({}, { labels: { a: 'b', c: 'd' } })
      const after = await api.client.mergePatch(pathOf(before), { metadata: { labels: { a: null } } })
      expect(objectAt(after.body, 'metadata', 'labels')).toEqual({ c: 'd' })
    })

    it('applies JSON patches, or refuses them as a whole', async () => {
      const before = await api.node({}, { labels: { a: 'b' } })
      const after = await api.client.jsonPatch(pathOf(before), [
        { op: 'test', path: '/metadata/labels/a', value: 'b' },
        { op: 'add', path: '/metadata/labels/x~1y', value: 'z' },
        { op: 'remove', path: '/metadata/labels/a' },
        { op: 'add', path: '/spec/taints/-', value: { key: 'k', effect: 'NoExecute' } },
      ])
      expect(objectAt(after.body, 'metadata', 'labels')).toEqual({ 'x/y': 'z' })
      expect(listAt(after.body, 'spec', 'taints')).toHaveLength(2)
      for (const patch of [
        [{ op: 'test', path: '/metadata/name', value: 'other' }],
        [{ op: 'remove', path: '/spec/nothing' }],
      ]) {
        const refused = await api.client.jsonPatch(pathOf(before), patch)
        expect(failure(refused.body)).toEqual({
          code: 422,
          reason: 'Invalid',
          message: 'the server rejected our request due to an error in our request',
        })
      }
    })
  })
}
