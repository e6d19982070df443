import { beforeAll, describe, expect, it } from 'vitest'
import { type JsonObject, listAt, numberAt, textAt } from '../json.ts'
import { type ApiFixture, CRDS, revision, names, failure } from './api-fixture.ts'

/** Definitions and what they define. */
export function customResourceCases(api: ApiFixture): void {
  describe('custom resources', () => {
    let group: string
    let things: string
    const thing = (name: string, spec: JsonObject, metadata: JsonObject = {}): JsonObject => ({
      apiVersion: `${group}/v1alpha1`,
      kind: 'Thing',
      metadata: { name, ...metadata },
      spec,
    })
    const spec = { destination: '10.0.0.0/8' }

    beforeAll(async () => {
      group = `${api.fresh('group')}.example.dev`
      things = `/apis/${group}/v1alpha1/things`
      const created = await api.client.post(CRDS, definition(group))
      expect(created.status, created.text).toBe(201)
      const path = `${CRDS}/things.${group}`
      const watch = await api.client.watch(`${CRDS}?watch=1&fieldSelector=metadata.name%3Dthings.${group}`)
      for (;;) {
        const event = await watch.next()
        const conditions = listAt(event?.object, 'status', 'conditions')
        const established = conditions.some(
          (entry) => textAt(entry, 'type') === 'Established' && textAt(entry, 'status') === 'True',
        )
        if (established) break
      }
      watch.close()
      expect((await api.client.get(path)).body.kind).toBe('CustomResourceDefinition')
      await served()
    })

    /** A real API server opens a new group a moment after it says Established. */
    async function served(): Promise<void> {
      for (let attempt = 0; attempt < 2000; attempt++)
        if ((await api.client.get(things)).status === 200) return
      throw new Error(`${things} is not served`)
    }

    it('is discovered', async () => {
      const list = await api.client.get(`/apis/${group}/v1alpha1`)
      expect(listAt(list.body, 'resources').map((entry) => textAt(entry, 'name'))).toEqual([
        'things',
        'things/status',
      ])
      expect(textAt((await api.client.get(`/apis/${group}`)).body, 'preferredVersion', 'version')).toBe(
        'v1alpha1',
      )
    })

    it('prunes unknown members, fills defaults, drops status, starts at generation 1', async () => {
      const created = await api.client.post(things, {
        ...thing(api.fresh('thing'), { ...spec, bogus: 1, family: null }),
        status: { phase: 'x' },
        junk: 1,
      })
      expect(created.status, created.text).toBe(201)
      expect(created.body.spec).toEqual({ color: 'red', ...spec })
      expect(created.body.status).toBeUndefined()
      expect(created.body.junk).toBeUndefined()
      expect(numberAt(created.body, 'metadata', 'generation')).toBe(1)
    })

    it.each([
      { case: 'a required member', value: {}, part: 'spec.destination: Required value' },
      {
        case: 'null for a required member',
        value: { destination: null },
        part: 'spec.destination: Required value',
      },
      {
        case: 'a pattern',
        value: { destination: 'x' },
        part: `spec.destination: Invalid value: "x": spec.destination in body should match '^[0-9a-f.:]+/[0-9]+$'`,
      },
      {
        case: 'an enum',
        value: { ...spec, family: 5 },
        part: 'spec.family: Unsupported value: 5: supported values: "4", "6"',
      },
      {
        case: 'a type',
        value: { ...spec, count: 'x' },
        part: 'spec.count: Invalid value: "string": spec.count in body must be of type integer: "string"',
      },
      {
        case: 'a format',
        value: { ...spec, range: '10.0.0.0' },
        part: 'spec.range: Invalid value: "10.0.0.0": spec.range in body must be of type cidr: "10.0.0.0"',
      },
      {
        case: 'a minimum',
        value: { ...spec, count: 0 },
        part: 'spec.count in body should be greater than or equal to 1',
      },
      {
        case: 'the type of items',
        value: { ...spec, tags: [1] },
        part: 'spec.tags[0] in body must be of type string: "integer"',
      },
    ])('checks $case', async ({ value, part }) => {
      const reply = await api.client.post(things, thing('x', value))
      expect(reply.status).toBe(422)
      expect(reply.body.message).toContain(part)
    })

    it('wants kind and the right version', async () => {
      const bare = await api.client.post(things, { metadata: { name: 'x' }, spec })
      expect(bare.status).toBe(400)
      expect(bare.body.message).toContain("Object 'Kind' is missing in")
      const other = await api.client.post(things, { ...thing('x', spec), apiVersion: `${group}/v1` })
      expect(failure(other.body)).toEqual({
        code: 400,
        reason: 'BadRequest',
        message: `the API version in the data (${group}/v1) does not match the expected API version (${group}/v1alpha1)`,
      })
      const kind = await api.client.post(things, { ...thing('x', spec), kind: 'Other' })
      expect(kind.body.message).toContain('kind: Invalid value: "Other": must be Thing')
    })

    it('needs a resourceVersion in a PUT', async () => {
      const name = api.fresh('thing')
      await api.client.post(things, thing(name, spec))
      const blind = await api.client.put(`${things}/${name}`, thing(name, spec))
      expect(failure(blind.body)).toEqual({
        code: 422,
        reason: 'Invalid',
        message: `things.${group} "${name}" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update`,
      })
    })

    it('refuses strategic merge patches', async () => {
      const name = api.fresh('thing')
      await api.client.post(things, thing(name, spec))
      const reply = await api.client.strategicPatch(`${things}/${name}`, { spec: { color: 'blue' } })
      expect(failure(reply.body)).toEqual({
        code: 415,
        reason: 'UnsupportedMediaType',
        message:
          'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
      })
    })

    it('keeps spec and status apart; only the spec counts generations', async () => {
      const name = api.fresh('thing')
      const path = `${things}/${name}`
      await api.client.post(things, thing(name, spec))
      const main = await api.client.mergePatch(path, {
        status: { phase: 'p' },
        metadata: { labels: { a: 'b' } },
      })
      expect(main.body.status).toBeUndefined()
      expect(numberAt(main.body, 'metadata', 'generation')).toBe(1)
      const status = await api.client.mergePatch(`${path}/status`, {
        status: { phase: 'p', bogus: 1 },
        metadata: { labels: { a: 'c' } },
        spec: { destination: '11.0.0.0/8' },
      })
      expect(status.body.status).toEqual({ phase: 'p' })
      expect(textAt(status.body, 'metadata', 'labels', 'a')).toBe('b')
      expect(textAt(status.body, 'spec', 'destination')).toBe('10.0.0.0/8')
      expect(numberAt(status.body, 'metadata', 'generation')).toBe(1)
      const changed = await api.client.mergePatch(path, { spec: { destination: '11.0.0.0/8' } })
      expect(numberAt(changed.body, 'metadata', 'generation')).toBe(2)
      expect(changed.body.status).toEqual({ phase: 'p' })
    })

    it('waits for finalizers before it is gone', async () => {
      const name = api.fresh('thing')
      const path = `${things}/${name}`
      await api.client.post(things, thing(name, spec, { finalizers: ['example.dev/a', 'example.dev/b'] }))
      const marked = await api.client.delete(path)
      expect(marked.status).toBe(200)
      expect(marked.body.kind).toBe('Thing')
      expect(numberAt(marked.body, 'metadata', 'deletionGracePeriodSeconds')).toBe(0)
      expect(textAt(marked.body, 'metadata', 'deletionTimestamp')).not.toBe('')
      expect(numberAt(marked.body, 'metadata', 'generation')).toBe(2)
      const again = await api.client.delete(path)
      expect(revision(again.body)).toBe(revision(marked.body))
      const added = await api.client.mergePatch(path, {
        metadata: { finalizers: ['example.dev/a', 'example.dev/b', 'example.dev/c'] },
      })
      expect(added.body.message).toContain(
        'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"example.dev/c"}',
      )
      const recreated = await api.client.post(things, thing(name, spec))
      expect(recreated.body.message).toBe(`object is being deleted: things.${group} "${name}" already exists`)
      await api.client.mergePatch(path, { metadata: { finalizers: ['example.dev/a'] } })
      expect((await api.client.get(path)).status).toBe(200)
      const last = await api.client.mergePatch(path, { metadata: { finalizers: null } })
      expect(last.status).toBe(200)
      expect((await api.client.get(path)).status).toBe(404)
    })

    it('honours delete preconditions', async () => {
      const name = api.fresh('thing')
      const created = await api.client.post(things, thing(name, spec))
      const uid = textAt(created.body, 'metadata', 'uid')
      const wrong = await api.client.delete(`${things}/${name}`, { preconditions: { uid: 'x' } })
      expect(failure(wrong.body)).toEqual({
        code: 409,
        reason: 'Conflict',
        message: `Operation cannot be fulfilled on Thing.${group} "${name}": the UID in the precondition (x) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
      })
      const stale = await api.client.delete(`${things}/${name}`, { preconditions: { resourceVersion: '1' } })
      expect(stale.status).toBe(409)
      const right = await api.client.delete(`${things}/${name}`, {
        preconditions: { uid, resourceVersion: revision(created.body) },
      })
      expect(right.status).toBe(200)
      expect(right.body.kind).toBe('Status')
    })

    it('is watched with kind and apiVersion in each object', async () => {
      const start = revision((await api.client.get(things)).body)
      const name = api.fresh('thing')
      await api.client.post(things, thing(name, spec))
      const watch = await api.client.watch(`${things}?watch=true&resourceVersion=${start}`)
      const event = await watch.next()
      expect(event?.object).toMatchObject({ kind: 'Thing', apiVersion: `${group}/v1alpha1` })
      watch.close()
      const list = await api.client.get(things)
      expect(list.body.kind).toBe('ThingList')
      expect(textAt(listAt(list.body, 'items')[0], 'kind')).toBe('Thing')
    })

    it('deletes a whole collection', async () => {
      const label = api.fresh('set')
      for (const name of [api.fresh('thing'), api.fresh('thing')])
        await api.client.post(things, thing(name, spec, { labels: { set: label } }))
      const path = `${things}?labelSelector=set%3D${label}`
      expect((await api.client.delete(path)).status).toBe(200)
      expect(names((await api.client.get(path)).body)).toEqual([])
    })
  })
}

function definition(group: string): JsonObject {
  const spec = {
    type: 'object',
    required: ['destination'],
    properties: {
      destination: { type: 'string', pattern: '^[0-9a-f.:]+/[0-9]+$', maxLength: 50 },
      family: { type: 'integer', enum: [4, 6] },
      count: { type: 'integer', minimum: 1 },
      tags: { type: 'array', items: { type: 'string' } },
      range: { type: 'string', format: 'cidr' },
      color: { type: 'string', default: 'red' },
    },
  }
  const status = { type: 'object', properties: { phase: { type: 'string' } } }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `things.${group}` },
    spec: {
      group,
      scope: 'Cluster',
      names: { plural: 'things', kind: 'Thing', shortNames: ['th'] },
      versions: [
        {
          name: 'v1alpha1',
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: { type: 'object', required: ['spec'], properties: { spec, status } } },
        },
      ],
    },
  }
}
