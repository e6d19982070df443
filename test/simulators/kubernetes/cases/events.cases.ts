import { describe, expect, it } from 'vitest'
import { type JsonObject, listAt, objectAt, textAt } from '../json.ts'
import type { WireReply } from '../wire-client.ts'
import { type ApiFixture, CORE_EVENTS, EVENTS, failure, names, revision } from './api-fixture.ts'

const time = '2026-01-01T00:00:00.000000Z'
const later = '2026-01-01T00:00:01.000000Z'

/** Events in the form of events.k8s.io/v1, which is checked where that of core/v1 is not. */
export function eventCases(api: ApiFixture): void {
  const event = (changes: JsonObject = {}): JsonObject => ({
    metadata: { name: api.fresh('event') },
    eventTime: time,
    reportingController: 'podway.dev/controller',
    reportingInstance: 'podway-1',
    action: 'CreateRoute',
    reason: 'RouteFailed',
    regarding: { apiVersion: 'v1', kind: 'Node', name: 'node-1', uid: 'u-1' },
    note: 'no room in the table',
    type: 'Warning',
    ...changes,
  })
  const create = async (changes: JsonObject = {}): Promise<JsonObject> => {
    const reply = await api.client.post(EVENTS, event(changes))
    expect(reply.status, reply.text).toBe(201)
    return reply.body
  }
  const path = (object: JsonObject, collection = EVENTS): string =>
    `${collection}/${textAt(object, 'metadata', 'name')}`
  const complaints = ({ body }: WireReply): readonly string[] =>
    listAt(body, 'details', 'causes').map((cause) => `${textAt(cause, 'field')}: ${textAt(cause, 'message')}`)

  describe('events of events.k8s.io/v1', () => {
    it('come back with what the old form has besides', async () => {
      const { kind, apiVersion, metadata: _metadata, ...members } = await create()
      const { metadata: _given, ...given } = event()
      expect([kind, apiVersion]).toEqual(['Event', 'events.k8s.io/v1'])
      expect(members).toEqual({
        ...given,
        deprecatedSource: {},
        deprecatedFirstTimestamp: null,
        deprecatedLastTimestamp: null,
      })
    })

    it('are the same objects in the old form, as kubectl describe finds them', async () => {
      const name = api.fresh('node')
      const uid = api.fresh('uid')
      const created = await create({ regarding: { kind: 'Node', name, uid } })
      const selector = `involvedObject.name=${name},involvedObject.namespace=,involvedObject.kind=Node,involvedObject.uid=${uid}`
      const list = await api.client.get(`/api/v1/events?fieldSelector=${encodeURIComponent(selector)}`)
      expect(names(list.body)).toEqual([textAt(created, 'metadata', 'name')])
      const [item] = listAt(list.body, 'items')
      expect(item).toMatchObject({
        metadata: { resourceVersion: revision(created) },
        involvedObject: { kind: 'Node', name, uid },
        reason: 'RouteFailed',
        message: 'no room in the table',
        source: {},
        firstTimestamp: null,
        lastTimestamp: null,
        type: 'Warning',
        eventTime: time,
        action: 'CreateRoute',
        reportingComponent: 'podway.dev/controller',
        reportingInstance: 'podway-1',
      })
    })

    it('of the old form can be read in the new one', async () => {
      const name = api.fresh('event')
      await api.client.post(CORE_EVENTS, {
        metadata: { name },
        involvedObject: { kind: 'Node', name: 'n' },
        reason: 'R',
        message: 'm',
        type: 'Warning',
        count: 3,
        source: { component: 'kubelet', host: 'h' },
        firstTimestamp: '2026-01-01T00:00:00Z',
      })
      const { metadata: _metadata, ...members } = (await api.client.get(`${EVENTS}/${name}`)).body
      expect(members).toEqual({
        kind: 'Event',
        apiVersion: 'events.k8s.io/v1',
        eventTime: null,
        reason: 'R',
        regarding: { kind: 'Node', name: 'n' },
        note: 'm',
        type: 'Warning',
        deprecatedSource: { component: 'kubelet', host: 'h' },
        deprecatedFirstTimestamp: '2026-01-01T00:00:00Z',
        deprecatedLastTimestamp: null,
        deprecatedCount: 3,
      })
    })

    it('are listed and watched in their own form, by their own names of fields', async () => {
      const name = api.fresh('node')
      const created = await create({ regarding: { kind: 'Node', name } })
      const selector = `fieldSelector=${encodeURIComponent(`regarding.name=${name},type=Warning`)}`
      const list = await api.client.get(`${EVENTS}?${selector}`)
      expect(list.body).toMatchObject({
        kind: 'EventList',
        apiVersion: 'events.k8s.io/v1',
        items: [{ regarding: { name }, note: 'no room in the table' }],
      })
      const watch = await api.client.watch(`${EVENTS}?watch=1&resourceVersion=0&${selector}`)
      expect(await watch.next()).toMatchObject({
        type: 'ADDED',
        object: { apiVersion: 'events.k8s.io/v1', metadata: { name: textAt(created, 'metadata', 'name') } },
      })
      await api.client.mergePatch(path(created, CORE_EVENTS), { message: 'changed in the old form' })
      expect(await watch.next()).toMatchObject({
        type: 'MODIFIED',
        object: { regarding: { name }, note: 'changed in the old form' },
      })
      watch.close()
      const old = await api.client.get(`${EVENTS}?fieldSelector=involvedObject.uid%3Du`)
      expect(failure(old.body)).toEqual({
        code: 400,
        reason: 'BadRequest',
        message: 'field label not supported: involvedObject.uid',
      })
    })

    it.each<{ case: string; changes: JsonObject; expected: string | readonly string[] }>([
      {
        case: 'no time',
        changes: { eventTime: null },
        expected: 'eventTime: Required value',
      },
      { case: 'no reason', changes: { reason: '' }, expected: 'reason: Required value' },
      { case: 'no action', changes: { action: '' }, expected: 'action: Required value' },
      {
        case: 'no instance',
        changes: { reportingInstance: '' },
        expected: 'reportingInstance: Required value',
      },
      {
        case: 'no type',
        changes: { type: '' },
        expected: 'type: Invalid value: "": has invalid value: ',
      },
      {
        case: 'another type',
        changes: { type: 'Bad' },
        expected: 'type: Invalid value: "": has invalid value: Bad',
      },
      {
        case: 'a note of 1025 bytes',
        changes: { note: `${'é'.repeat(512)}x` },
        expected: 'message: Invalid value: "": can have at most 1024 characters',
      },
      {
        case: 'long names',
        changes: { reason: 'r'.repeat(129), action: 'a'.repeat(129), reportingInstance: 'i'.repeat(129) },
        expected: [
          'reportingInstance: Invalid value: "": can have at most 128 characters',
          'action: Invalid value: "": can have at most 128 characters',
          'reason: Invalid value: "": can have at most 128 characters',
        ],
      },
      {
        case: 'a controller that is no name',
        changes: { reportingController: 'a/' },
        expected: [
          'reportingController: Invalid value: "a/": name part must be non-empty',
          `reportingController: Invalid value: "a/": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
        ],
      },
      {
        case: 'a series of one',
        changes: { series: { count: 1, lastObservedTime: later } },
        expected: 'series.count: Invalid value: "": should be at least 2',
      },
      {
        case: 'a series without a time',
        changes: { series: { count: 2 } },
        expected: 'series.lastObservedTime: Required value',
      },
      {
        case: 'what only the old form may have',
        changes: {
          deprecatedCount: 1,
          deprecatedFirstTimestamp: '2026-01-01T00:00:00Z',
          deprecatedLastTimestamp: '2026-01-01T00:00:00Z',
          deprecatedSource: { component: 'c' },
        },
        expected: [
          'firstTimestamp: Invalid value: "": needs to be unset',
          'lastTimestamp: Invalid value: "": needs to be unset',
          'count: Invalid value: "": needs to be unset',
          'source: Invalid value: "": needs to be unset',
        ],
      },
    ])('$case: refused', async ({ changes, expected }) => {
      const reply = await api.client.post(EVENTS, event(changes))
      expect(reply.body).toMatchObject({ code: 422, reason: 'Invalid', details: { kind: 'Event' } })
      expect(complaints(reply)).toEqual([expected].flat())
      expect(textAt(reply.body, 'message')).toMatch(/^Event "[^"]+" is invalid: /)
    })

    it('a name that is no DNS name: refused, though the old form takes it', async () => {
      const metadata = { name: `${api.fresh('event')}_X` }
      const reply = await api.client.post(EVENTS, event({ metadata }))
      expect(reply.status).toBe(422)
      expect(complaints(reply).join()).toContain('metadata.name: Invalid value')
      const old = { metadata, involvedObject: { kind: 'Node', name: 'n' } }
      expect((await api.client.post(CORE_EVENTS, old)).status).toBe(201)
    })

    it('a note of 1024 bytes is taken, times of three digits are not', async () => {
      await create({ note: 'é'.repeat(512) })
      const reply = await api.client.post(EVENTS, event({ eventTime: '2026-01-01T00:00:00.000Z' }))
      expect(failure(reply.body)).toEqual({
        code: 400,
        reason: 'BadRequest',
        message:
          'Event in version "v1" cannot be handled as a Event: parsing time "2026-01-01T00:00:00.000Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse ".000Z" as ".000000"',
      })
    })

    it.each([
      ['default', 201],
      ['kube-system', 201],
      ['kube-public', 422],
    ])('about a cluster-scoped object in the namespace %s: %d', async (namespace, status) => {
      const reply = await api.client.post(EVENTS.replace('default', namespace), event())
      expect(reply.status).toBe(status)
      if (status === 422)
        expect(complaints(reply)).toEqual([
          'involvedObject.namespace: Invalid value: "": does not match event.namespace',
        ])
    })

    it('a patch of the series is all that changes them', async () => {
      const created = await create()
      const series = { count: 7, lastObservedTime: later }
      const patched = await api.client.mergePatch(path(created), { series })
      expect(patched.status, patched.text).toBe(200)
      expect(patched.body).toMatchObject({ apiVersion: 'events.k8s.io/v1', series, eventTime: time })
      const down = await api.client.mergePatch(path(created), { series: { count: 1 } })
      expect(complaints(down)).toEqual(['series.count: Invalid value: "": should be at least 2'])
      const labelled = await api.client.mergePatch(path(created), { metadata: { labels: { a: 'b' } } })
      expect(objectAt(labelled.body, 'metadata', 'labels')).toEqual({ a: 'b' })
    })

    it('everything else is immutable', async () => {
      const created = await create()
      const reply = await api.client.mergePatch(path(created), {
        regarding: { name: 'other' },
        reason: 'other',
        note: 'other',
        deprecatedSource: { component: 's' },
        deprecatedFirstTimestamp: '2026-01-01T00:00:00Z',
        deprecatedCount: 2,
        type: 'Normal',
        eventTime: later,
        action: 'other',
        related: { name: 'k' },
        reportingController: 'other',
        reportingInstance: 'other',
      })
      const reference = (kind: string, name: string, uid: string, apiVersion: string): string =>
        `{"Kind":"${kind}","Namespace":"","Name":"${name}","UID":"${uid}","APIVersion":"${apiVersion}","ResourceVersion":"","FieldPath":""}`
      expect(complaints(reply)).toEqual(
        [
          `involvedObject: Invalid value: ${reference('Node', 'other', 'u-1', 'v1')}`,
          'reason: Invalid value: "other"',
          'message: Invalid value: "other"',
          'source: Invalid value: {"Component":"s","Host":""}',
          'firstTimestamp: Invalid value: "2026-01-01T00:00:00Z"',
          'count: Invalid value: 2',
          'reason: Invalid value: "other"',
          'type: Invalid value: "Normal"',
          `eventTime: Invalid value: "${later}"`,
          'action: Invalid value: "other"',
          `related: Invalid value: ${reference('', 'k', '', '')}`,
          'reportingController: Invalid value: "other"',
          'reportingInstance: Invalid value: "other"',
        ].map((complaint) => `${complaint}: field is immutable`),
      )
    })

    it('are called events.events.k8s.io when they are not there, or there already', async () => {
      const patch = await api.client.mergePatch(`${EVENTS}/nowhere`, { series: { count: 2 } })
      expect(failure(patch.body)).toEqual({
        code: 404,
        reason: 'NotFound',
        message: 'events.events.k8s.io "nowhere" not found',
      })
      const created = await create()
      const again = await api.client.post(
        EVENTS,
        event({ metadata: { name: textAt(created, 'metadata', 'name') } }),
      )
      expect(failure(again.body)).toEqual({
        code: 409,
        reason: 'AlreadyExists',
        message: `events.events.k8s.io "${textAt(created, 'metadata', 'name')}" already exists`,
      })
    })

    it('are deleted in either form', async () => {
      const created = await create()
      const gone = await api.client.delete(path(created))
      expect(gone.body).toMatchObject({
        status: 'Success',
        details: { group: 'events.k8s.io', kind: 'events' },
      })
      expect((await api.client.get(path(created, CORE_EVENTS))).status).toBe(404)
    })

    it('are discovered', async () => {
      const list = await api.client.get('/apis/events.k8s.io/v1')
      expect(listAt(list.body, 'resources')).toMatchObject([
        { name: 'events', namespaced: true, kind: 'Event', shortNames: ['ev'] },
      ])
    })
  })
}
