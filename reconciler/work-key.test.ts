import { expect, test } from 'vitest'
import { type Work, type WorkKey, workOf } from './work-key.ts'

test.each<[key: WorkKey, work: Work]>([
  ['tables', { kind: 'tables' }],
  ['targets', { kind: 'targets' }],
  ['pod-network', { kind: 'pod-network' }],
  ['table rtb-1', { kind: 'table', id: 'rtb-1' }],
  ['table /subscriptions/a b/routeTables/c', { kind: 'table', id: '/subscriptions/a b/routeTables/c' }],
  ['route fd00::/64', { kind: 'route', destination: 'fd00::/64' }],
  ['node ip-10-0-0-1', { kind: 'node', name: 'ip-10-0-0-1' }],
])('%s', (key, work) => {
  expect(workOf(key)).toEqual(work)
})
