import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { cutBytes, type EventDraft, keyOf, newEvent, withinLimits } from './event-series.ts'

const draft: EventDraft = {
  regarding: { apiVersion: 'v1', kind: 'Node', name: 'node-1', uid: 'u-1' },
  type: 'Warning',
  reason: 'RouteFailed',
  action: 'CreateRoute',
  note: 'no room',
}

describe('a text of at most so many bytes', () => {
  test.each([
    ['short', 5, 'short'],
    ['much too long', 8, 'much …'],
    ['é'.repeat(10), 9, 'ééé…'],
    ['é'.repeat(10), 10, 'ééé…'],
    ['🛣'.repeat(3), 11, '🛣🛣…'],
    ['🛣'.repeat(3), 12, '🛣🛣🛣'],
    ['half \ud83d', 20, 'half \ufffd'],
  ])('%s in %d', (text, max, expected) => {
    expect(cutBytes(text, max)).toBe(expected)
  })

  property.prop([fc.string({ unit: 'binary', maxLength: 60 }), fc.integer({ min: 3, max: 80 })])(
    'is never longer, never broken, and begins as the whole',
    (text, max) => {
      const cut = cutBytes(text, max)
      expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(max)
      expect(cut.isWellFormed()).toBe(true)
      if (cut !== text.toWellFormed()) expect(text.toWellFormed().startsWith(cut.slice(0, -1))).toBe(true)
    },
  )
})

describe('one Event is what is equal in', () => {
  test.each<readonly [string, Partial<EventDraft>]>([
    ['the object’s uid', { regarding: { ...draft.regarding, uid: 'u-2' } }],
    ['the object’s name', { regarding: { ...draft.regarding, name: 'node-2' } }],
    ['the other object', { related: { apiVersion: 'v1', kind: 'Node', name: 'node-2' } }],
    ['the type', { type: 'Normal' }],
    ['the reason', { reason: 'RouteForeign' }],
    ['the action', { action: 'DeleteRoute' }],
    ['the note', { note: 'no room left' }],
  ])('%s', (_, change) => {
    expect(keyOf({ ...draft, ...change })).not.toBe(keyOf(draft))
    expect(keyOf({ ...draft })).toBe(keyOf(draft))
  })
})

describe('an Event', () => {
  const reporter = { controller: 'podway.dev/controller', instance: 'i'.repeat(200) }
  const make = (changes: Partial<EventDraft> = {}) =>
    newEvent(withinLimits({ ...draft, ...changes }), reporter, Date.UTC(2026, 0, 1), '0123456789abcdef')

  test('is what the API server takes', () => {
    const event = make({ note: 'n'.repeat(5000), reason: 'r'.repeat(500), action: 'a'.repeat(500) })
    expect(event.eventTime).toBe('2026-01-01T00:00:00.000000Z')
    expect(event.note).toBe(`${'n'.repeat(1021)}…`)
    expect(event.reason).toBe(`${'r'.repeat(125)}…`)
    expect(event.action).toBe(`${'a'.repeat(125)}…`)
    expect(event.reportingInstance).toBe(`${'i'.repeat(125)}…`)
  })

  test.each([
    ['default', undefined],
    ['kube-system', 'kube-system'],
  ])('is in the namespace %s of its object', (expected, namespace) => {
    const regarding = { ...draft.regarding, ...(namespace === undefined ? {} : { namespace }) }
    expect(make({ regarding }).metadata.namespace).toBe(expected)
  })

  test.each([
    ['node-1', 'node-1.0123456789abcdef'],
    [`${'a'.repeat(235)}.${'b'.repeat(17)}`, `${'a'.repeat(235)}.0123456789abcdef`],
    ['a'.repeat(253), `${'a'.repeat(236)}.0123456789abcdef`],
  ])('is named after its object, as a DNS name: %s', (name, expected) => {
    const event = make({ regarding: { ...draft.regarding, name } })
    expect(event.metadata.name).toBe(expected)
    expect(event.metadata.name.length).toBeLessThanOrEqual(253)
  })
})
