import { expect, test } from 'vitest'
import type { EventSink } from './events.ts'
import { unroutedReasons } from './condition-reason.ts'
import { eventReasons } from './event-reasons.ts'
import { failureReasons, readFailureReason } from './failure-reason.ts'

test('a reason that is not in the list does not compile', () => {
  const told: string[] = []
  const sink: EventSink = { record: ({ reason }) => void told.push(reason) }
  sink.record({
    regarding: { apiVersion: 'v1', kind: 'Node', name: 'node-1' },
    type: 'Warning',
    // @ts-expect-error -- the point of the test
    reason: 'SomethingElse',
    action: 'Test',
    note: '',
  })
  expect(told).toEqual(['SomethingElse'])
})

test('why a Node is unrouted is always an Event’s reason too, but for what is merely under way', () => {
  const listed = new Set(Object.keys(eventReasons))
  const all = [...unroutedReasons, ...failureReasons].filter((reason) => reason !== 'NoRouteCreated')
  expect(all.filter((reason) => !listed.has(reason))).toEqual([])
})

test.each([
  ['CloudThrottled', 'CloudThrottled'],
  ['WrittenByAnotherVersion', 'RouteRefused'],
  ['', 'RouteRefused'],
])('a record’s %j is read as %s', (text, reason) => {
  expect(readFailureReason(text)).toBe(reason)
})
