import { describe, expect, it } from 'vitest'
import { listAt, textAt, valueAt } from '../json.ts'
import { type ApiFixture, NODES, revision, failure, pathOf } from './api-fixture.ts'

/** Creating, reading and deleting: system fields, defaults, refusals. */
export function objectCases(api: ApiFixture): void {
  describe('objects', () => {
    it('creates a node: system fields, defaults, normalised form', async () => {
      const body = await api.node({}, { labels: {}, uid: 'mine', creationTimestamp: '2000-01-01T00:00:00Z' })
      expect(body.kind).toBe('Node')
      expect(textAt(body, 'metadata', 'uid')).toMatch(/^[0-9a-f-]{36}$/)
      expect(textAt(body, 'metadata', 'creationTimestamp')).toMatch(/^20[2-9]\d-.*:\d\dZ$/)
      expect(Number(revision(body))).toBeGreaterThan(0)
      expect(valueAt(body, 'metadata', 'labels')).toBeUndefined()
      expect(valueAt(body, 'metadata', 'generation')).toBeUndefined()
      expect(valueAt(body, 'status', 'daemonEndpoints')).toEqual({ kubeletEndpoint: { Port: 0 } })
      expect(listAt(body, 'spec', 'taints')).toEqual([
        { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' },
      ])
    })

    it('drops unknown members with a warning, or refuses them when asked to be strict', async () => {
      const name = api.fresh('node')
      const body = { metadata: { name }, bogus: 1, spec: { foo: 1 } }
      const strict = await api.client.post(`${NODES}?fieldValidation=Strict`, body)
      expect(failure(strict.body)).toEqual({
        code: 400,
        reason: 'BadRequest',
        message:
          'Node in version "v1" cannot be handled as a Node: strict decoding error: unknown field "bogus", unknown field "spec.foo"',
      })
      const lax = await api.client.post(NODES, body)
      expect(lax.status).toBe(201)
      expect(lax.headers.get('warning')).toContain('299 - "unknown field \\"spec.foo\\""')
      expect(valueAt(lax.body, 'spec', 'foo')).toBeUndefined()
    })

    it('answers a missing object, a second create and a delete with the right Status', async () => {
      const missing = api.fresh('node')
      const absent = await api.client.get(`${NODES}/${missing}`)
      expect(absent.body).toEqual({
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: `nodes "${missing}" not found`,
        reason: 'NotFound',
        details: { name: missing, kind: 'nodes' },
        code: 404,
      })
      const there = await api.node()
      const name = textAt(there, 'metadata', 'name')
      const again = await api.client.post(NODES, { metadata: { name } })
      expect(again.status).toBe(409)
      expect(failure(again.body)).toEqual({
        code: 409,
        reason: 'AlreadyExists',
        message: `nodes "${name}" already exists`,
      })
      const deleted = await api.client.delete(pathOf(there))
      expect(deleted.body).toEqual({
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Success',
        details: { name, kind: 'nodes', uid: textAt(there, 'metadata', 'uid') },
      })
    })

    it('generates names', async () => {
      const reply = await api.client.post(NODES, { metadata: { generateName: 'gen-' } })
      expect(textAt(reply.body, 'metadata', 'name')).toMatch(/^gen-[a-z0-9]{5}$/)
    })

    it.each([
      {
        case: 'no name',
        metadata: {},
        part: 'metadata.name: Required value: name or generateName is required',
      },
      {
        case: 'a bad name',
        metadata: { name: 'N_9' },
        part: 'a lowercase RFC 1123 subdomain must consist of',
      },
      {
        case: 'a bad label',
        metadata: { name: 'x', labels: { a: 'b c' } },
        part: 'metadata.labels: Invalid value: "b c"',
      },
      {
        case: 'a bad finalizer',
        metadata: { name: 'x', finalizers: ['a b'] },
        part: 'metadata.finalizers: Invalid value: "a b"',
      },
    ])('refuses metadata with $case', async ({ metadata, part }) => {
      const reply = await api.client.post(NODES, { metadata })
      expect(reply.status).toBe(422)
      expect(reply.body.reason).toBe('Invalid')
      expect(reply.body.message).toContain(part)
    })

    it.each([
      {
        case: 'no JSON',
        body: '{nojson',
        part: 'the object provided is unrecognized (must be of type Node)',
      },
      {
        case: 'a wrong type',
        body: '{"metadata":{"name":"x"},"spec":{"podCIDR":5}}',
        part: 'cannot be handled as a Node: json: cannot unmarshal number',
      },
      {
        case: 'another kind',
        body: '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"x"}}',
        part: 'Pod in version "v1" cannot be handled as a Node',
      },
    ])('refuses a body that is $case', async ({ body, part }) => {
      const reply = await api.client.post(NODES, body)
      expect(reply.status).toBe(400)
      expect(reply.body.message).toContain(part)
    })

    it('refuses other media types', async () => {
      const reply = await api.client.call('POST', NODES, '{}', 'text/plain')
      expect(reply.status).toBe(415)
      const patch = await api.client.call('PATCH', pathOf(await api.node()), '{}', 'text/plain')
      expect(patch.status).toBe(415)
    })

    it('knows a dry run', async () => {
      const name = api.fresh('node')
      expect((await api.client.post(`${NODES}?dryRun=All`, { metadata: { name } })).status).toBe(201)
      expect((await api.client.get(`${NODES}/${name}`)).status).toBe(404)
    })
  })
}
