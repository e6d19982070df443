import { expect, test } from 'vitest'
import { keptOfNode } from './kept-node.ts'
import type { Node } from './objects.ts'

const bare = { name: 'node-1', uid: 'uid-1', resourceVersion: '7' }

const routed: Node = {
  metadata: { ...bare, creationTimestamp: '2026-11-01T00:00:00Z', labels: { zone: 'a' } },
  spec: {
    podCIDR: '10.0.0.0/24',
    podCIDRs: ['10.0.0.0/24', 'fd00::/64'],
    providerID: 'aws:///a/i-1',
    taints: [{ key: 'node.cloudprovider.kubernetes.io/uninitialized', effect: 'NoSchedule' }],
  },
  status: {
    addresses: [{ type: 'InternalIP', address: '10.1.0.1' }],
    conditions: [{ type: 'NetworkUnavailable', status: 'False', reason: 'RouteCreated' }],
  },
}

test('what is read of a Node is kept', () => {
  expect(keptOfNode(routed)).toEqual(routed)
  const deleted = { ...routed, metadata: { ...routed.metadata, deletionTimestamp: '2026-11-02T00:00:00Z' } }
  expect(keptOfNode(deleted)).toEqual(deleted)
})

test('a Node that has just been registered is kept as it is', () => {
  expect(keptOfNode({ metadata: bare, spec: {} })).toEqual({ metadata: bare, spec: {}, status: {} })
})

test('all else is dropped', () => {
  const image = { names: ['registry.example/image@sha256:0'], sizeBytes: 1 }
  const whole = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { ...routed.metadata, managedFields: [{ manager: 'kubelet' }], annotations: { key: 'value' } },
    spec: { ...routed.spec, unschedulable: true },
    status: {
      ...routed.status,
      conditions: [{ type: 'Ready', status: 'True' } as const, ...(routed.status?.conditions ?? [])],
      images: [image],
      nodeInfo: { kernelVersion: '6.1' },
    },
  }
  expect(keptOfNode(whole)).toEqual(routed)
})
