import { beforeEach, expect, test } from 'vitest'
import { KubeError } from '../../kube/errors.ts'
import { silentLogger } from '../../kube/log.ts'
import type { Node, NodeCondition } from '../../kube/objects.ts'
import { ManualClock } from '../../kube/testing/manual-clock.ts'
import { NodeConditions } from './node-conditions.ts'

let node: Node | undefined
let patches: unknown[]
let failure: Error | undefined
let clock: ManualClock
let conditions: NodeConditions
const { signal } = new AbortController()
const type = 'PodNetworkReachable'
const good = { status: 'True', reason: 'PeersAnswer', message: 'ok' } as const
const bad = { status: 'False', reason: 'PeersDoNotAnswer', message: 'x' } as const

const withConditions = (...shown: readonly NodeCondition[]): Node => ({
  metadata: { name: 'node-1', uid: 'u-1', resourceVersion: '1' },
  spec: {},
  status: { conditions: shown },
})

beforeEach(() => {
  clock = new ManualClock()
  node = withConditions()
  patches = []
  failure = undefined
  conditions = new NodeConditions({
    node: () => node,
    nodes: {
      patch: (name, patch, options) => {
        if (failure !== undefined) return Promise.reject(failure)
        patches.push([name, patch, options.type, options.subresource])
        return Promise.resolve(withConditions())
      },
    },
    clock,
    log: silentLogger,
  })
})

test('is written with its Node’s uid, and with nothing else', async () => {
  await conditions.set(type, good, signal)
  const now = '2026-01-01T00:00:00Z'
  const condition = { type, ...good, lastHeartbeatTime: now, lastTransitionTime: now }
  const patch = { metadata: { uid: 'u-1' }, status: { conditions: [condition] } }
  expect(patches).toEqual([['node-1', patch, 'strategic', 'status']])
})

test('is not written again, before and after the watch shows it', async () => {
  await conditions.set(type, good, signal)
  await conditions.set(type, good, signal)
  expect(conditions.get(type)).toMatchObject(good)
  node = withConditions({ type, ...good })
  await conditions.set(type, good, signal)
  expect(patches).toHaveLength(1)
})

test('is written again when somebody else has changed it', async () => {
  await conditions.set(type, good, signal)
  node = withConditions({ type, ...bad })
  expect(conditions.get(type)).toMatchObject(bad)
  await conditions.set(type, good, signal)
  expect(patches).toHaveLength(2)
})

test('keeps the time of its transition while the status stays', async () => {
  node = withConditions({ type, ...good, lastTransitionTime: '2025-05-05T00:00:00Z' })
  await conditions.set(type, { ...good, reason: 'NoPeers' }, signal)
  await conditions.set(type, bad, signal)
  expect(patches).toMatchObject([
    [
      'node-1',
      { status: { conditions: [{ lastTransitionTime: '2025-05-05T00:00:00Z' }] } },
      'strategic',
      'status',
    ],
    [
      'node-1',
      { status: { conditions: [{ lastTransitionTime: '2026-01-01T00:00:00Z' }] } },
      'strategic',
      'status',
    ],
  ])
})

test('of a Node that is not known is not written', async () => {
  node = undefined
  await conditions.set(type, good, signal)
  expect([patches, conditions.get(type)]).toEqual([[], undefined])
})

test.each([404, 409])('of a Node that is gone, or another one (%i), is no failure', async (status) => {
  failure = new KubeError('no', { status, reason: status === 404 ? 'NotFound' : 'Conflict' })
  await conditions.set(type, good, signal)
  failure = undefined
  await conditions.set(type, good, signal)
  expect(patches).toHaveLength(1)
})

test('that can’t be written is a failure of whoever sets it', async () => {
  failure = new KubeError('no', { status: 500, reason: 'InternalError' })
  await expect(conditions.set(type, good, signal)).rejects.toThrow('no')
  expect(conditions.get(type)).toBeUndefined()
})
