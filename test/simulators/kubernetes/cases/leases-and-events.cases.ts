import { describe, expect, it } from 'vitest'
import { type JsonObject, objectAt, textAt } from '../json.ts'
import { type ApiFixture, CORE_EVENTS, LEASES, failure } from './api-fixture.ts'

/** Leases, and Events in their old form. */
export function leaseAndEventCases(api: ApiFixture): void {
  describe('leases', () => {
    it('takes times with exactly six digits', async () => {
      // https://github.com/kubernetes-client/javascript/issues/828
      const name = api.fresh('lease')
      const attempt = (renewTime: string): Promise<{ status: number; body: JsonObject }> =>
        api.client.post(LEASES, { metadata: { name }, spec: { renewTime, leaseDurationSeconds: 15 } })
      expect(failure((await attempt('2026-01-01T00:00:00.123Z')).body)).toEqual({
        code: 400,
        reason: 'BadRequest',
        message:
          'Lease in version "v1" cannot be handled as a Lease: parsing time "2026-01-01T00:00:00.123Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse ".123Z" as ".000000"',
      })
      expect((await attempt('2026-01-01T00:00:00.123456789Z')).status).toBe(400)
      const good = await attempt('2026-01-01T01:00:00.123456+01:00')
      expect(good.status).toBe(201)
      expect(textAt(good.body, 'spec', 'renewTime')).toBe('2026-01-01T00:00:00.123456Z')
      const patch = await api.client.mergePatch(`${LEASES}/${name}`, {
        spec: { renewTime: '2026-01-01T00:00:00.123Z' },
      })
      expect(patch.status).toBe(422)
    })

    it('wants a resourceVersion in a PUT, and creates what is not there', async () => {
      const name = api.fresh('lease')
      expect((await api.client.put(`${LEASES}/${name}`, { metadata: { name }, spec: {} })).status).toBe(201)
      const blind = await api.client.put(`${LEASES}/${name}`, { metadata: { name }, spec: {} })
      expect(failure(blind.body)).toEqual({
        code: 422,
        reason: 'Invalid',
        message: `leases.coordination.k8s.io "${name}" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update`,
      })
    })

    it('is not what it was after it was deleted: a PUT that names its uid is a conflict', async () => {
      const name = api.fresh('lease')
      const { body } = await api.client.post(LEASES, { metadata: { name }, spec: { holderIdentity: 'a' } })
      await api.client.delete(`${LEASES}/${name}`)
      const reply = await api.client.put(`${LEASES}/${name}`, body)
      expect([reply.status, reply.body.reason]).toEqual([409, 'Conflict'])
      const { uid: _uid, ...metadata } = objectAt(body, 'metadata')
      // The version alone says nothing of an object that is not there.
      const anew = await api.client.put(`${LEASES}/${name}`, { ...body, metadata })
      expect(anew.status).toBe(201)
      expect((await api.client.put(`${LEASES}/${name}`, body)).status).toBe(409)
    })

    it('knows nothing of coordinated election, which is behind a gate', async () => {
      const metadata = { name: api.fresh('lease') }
      const spec = { holderIdentity: 'a', strategy: 'OldestEmulationVersion', preferredHolder: 'b' }
      const created = await api.client.post(LEASES, { metadata, spec })
      expect(created.body.spec).toEqual({ holderIdentity: 'a' })
      const patched = await api.client.mergePatch(`${LEASES}/${metadata.name}`, { spec })
      expect(patched.body.spec).toEqual({ holderIdentity: 'a' })
    })

    it('keeps explicit zeros, and refuses a duration of zero', async () => {
      const name = api.fresh('lease')
      const good = await api.client.post(LEASES, {
        metadata: { name },
        spec: { holderIdentity: '', leaseTransitions: 0 },
      })
      expect(objectAt(good.body, 'spec')).toEqual({ holderIdentity: '', leaseTransitions: 0 })
      const bad = await api.client.mergePatch(`${LEASES}/${name}`, { spec: { leaseDurationSeconds: 0 } })
      expect(bad.body.message).toContain(
        'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
      )
    })

    it('needs a namespace that exists', async () => {
      const reply = await api.client.post('/apis/coordination.k8s.io/v1/namespaces/nowhere/leases', {
        metadata: { name: 'x' },
      })
      expect(failure(reply.body)).toEqual({
        code: 404,
        reason: 'NotFound',
        message: 'namespaces "nowhere" not found',
      })
    })
  })

  describe('events of core/v1', () => {
    it('about a node live in the namespace default', async () => {
      const event = {
        involvedObject: { kind: 'Node', name: 'n' },
        reason: 'R',
        message: 'm',
        type: 'Warning',
      }
      const good = await api.client.post(CORE_EVENTS, { metadata: { name: api.fresh('event') }, ...event })
      expect(good.status).toBe(201)
      expect(good.body).toMatchObject({
        source: {},
        firstTimestamp: null,
        eventTime: null,
        reportingComponent: '',
      })
      const other = await api.client.post(CORE_EVENTS.replace('default', 'kube-system'), {
        metadata: { name: api.fresh('event') },
        ...event,
      })
      expect(other.status).toBe(422)
      expect(other.body.message).toContain(
        'involvedObject.namespace: Invalid value: "": does not match event.namespace',
      )
    })

    it('with a time of their own must say who reports', async () => {
      const reply = await api.client.post(CORE_EVENTS, {
        metadata: { name: api.fresh('event') },
        involvedObject: { kind: 'Node', name: 'n' },
        eventTime: '2026-01-01T00:00:00.000000Z',
        reportingComponent: 'not a name',
      })
      const { causes } = objectAt(reply.body, 'details')
      const fields = (Array.isArray(causes) ? causes : []).map((cause: JsonObject) => textAt(cause, 'field'))
      expect(fields).toEqual(['reportingComponent', 'reportingInstance', 'action', 'reason'])
    })
  })
}
