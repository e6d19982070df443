import { describe, expect, test } from 'vitest'
import type { NodeCondition } from '../../kube/objects.ts'
import { nextCondition } from './network-unavailable.ts'

const then = '2026-01-01T00:00:00Z'
const now = '2026-01-02T00:00:00Z'
const yes = { routed: true, lost: false, reason: 'RouteCreated', message: 'all there' }
const no = { routed: false, lost: false, reason: 'NoRouteCreated', message: 'not there' }

/** `False/RouteCreated` */
function condition(text: string): NodeCondition | undefined {
  const [status, reason = ''] = text.split('/')
  if (text === 'none') return undefined
  const message = status === 'False' ? yes.message : no.message
  return {
    type: 'NetworkUnavailable',
    status: status as NodeCondition['status'],
    reason,
    message,
    lastTransitionTime: then,
  }
}

const written = (next: NodeCondition | undefined): string =>
  next === undefined ? 'none' : `${next.status}/${next.reason}`

// https://github.com/kubernetes/kubernetes/pull/136561 has the table of upstream.
describe('TestUpdateNetworkingCondition', () => {
  test.each([
    ['none', yes, 'False/RouteCreated'],
    ['none', no, 'True/NoRouteCreated'],
    ['False/RouteCreated', yes, 'none'],
    ['True/NoRouteCreated', no, 'none'],
    ['True/NoRouteCreated', yes, 'False/RouteCreated'],
  ])('%s, routed: %j: %s', (existing, verdict, patch) => {
    expect(written(nextCondition(condition(existing), verdict, now))).toBe(patch)
  })

  test.each([
    ['False/CalicoIsUp', yes, 'upstream: False/RouteCreated; ours leaves a CNI’s own reason'],
    ['False/CiliumIsUp', yes, 'upstream: False/RouteCreated; ours leaves a CNI’s own reason'],
    ['False/ExternalCNI', yes, 'upstream: False/RouteCreated; ours leaves an unknown reason'],
    ['True/SomeOtherReason', no, 'upstream: True/NoRouteCreated; ours leaves an unknown reason'],
    ['True/SomeOtherReason', yes, 'ours leaves an unknown reason'],
    ['False/RouteCreated', no, 'upstream: True/NoRouteCreated; ours takes no working node out'],
    ['False/CalicoIsUp', no, 'ours leaves a CNI’s own reason'],
  ])('%s, routed: %j: none (%s)', (existing, verdict) => {
    expect(nextCondition(condition(existing), verdict, now)).toBeUndefined()
  })
})

// Upstream overwrites it, and Calico writes it again (https://github.com/kubernetes/kubernetes/pull/136561). Invariant: what
// a CNI says of itself is left.
test('TestUpdateNetworkingConditionWithCalicoScenario (upstream: False/RouteCreated; ours: no patch)', () => {
  const calico: NodeCondition = {
    type: 'NetworkUnavailable',
    status: 'False',
    reason: 'CalicoIsUp',
    message: 'Calico is running on this node',
    lastTransitionTime: then,
  }
  for (const verdict of [yes, no]) expect(nextCondition(calico, verdict, now)).toBeUndefined()
})

test.each([
  ['True/NodeInitialization', yes, 'False/RouteCreated'],
  ['True/NodeInitialization', no, 'True/NoRouteCreated'],
  ['True/', no, 'True/NoRouteCreated'],
  ['Unknown/', yes, 'False/RouteCreated'],
])('%s, which Azure’s node manager or an old writer leaves, routed: %j: %s', (existing, verdict, patch) => {
  expect(written(nextCondition(condition(existing), verdict, now))).toBe(patch)
})

test('another message is written, and is no transition', () => {
  const next = nextCondition(
    condition('True/NoRouteCreated'),
    { routed: false, lost: false, reason: 'RouteTableFull', message: 'the table is full' },
    now,
  )
  expect(next).toEqual({
    type: 'NetworkUnavailable',
    status: 'True',
    reason: 'RouteTableFull',
    message: 'the table is full',
    lastHeartbeatTime: now,
    lastTransitionTime: then,
  })
})

test('another status is a transition', () => {
  expect(nextCondition(condition('True/NoRouteCreated'), yes, now)?.lastTransitionTime).toBe(now)
})

test('what is written is right when it comes back', () => {
  for (const verdict of [yes, no]) {
    const next = nextCondition(undefined, verdict, now)
    expect(nextCondition(next, verdict, then)).toBeUndefined()
  }
})
