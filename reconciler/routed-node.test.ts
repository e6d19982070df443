import { describe, expect, test } from 'vitest'
import type { Node } from '../kube/objects.ts'
import { formatAddress } from '../net/address.ts'
import { formatCidr } from '../net/cidr.ts'
import { podRanges, routedNode } from './routed-node.ts'

const node = (spec: Node['spec'], status?: Node['status'], creationTimestamp?: string): Node => ({
  metadata: {
    name: 'n',
    uid: 'u',
    resourceVersion: '1',
    ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
  },
  spec,
  ...(status === undefined ? {} : { status }),
})

describe('the Node as routes see it', () => {
  test('everything', () => {
    const routed = routedNode(
      node(
        { podCIDRs: ['10.0.0.0/24', 'fd00::/64'], podCIDR: '10.0.0.0/24', providerID: 'aws:///a/i-1' },
        {
          addresses: [
            { type: 'InternalIP', address: '10.1.0.1' },
            { type: 'ExternalIP', address: '198.51.100.1' },
            { type: 'Hostname', address: 'n' },
            { type: 'InternalIP', address: 'FD01::1' },
            { type: 'InternalIP', address: 'garbage' },
          ],
        },
        '2026-01-01T00:00:00Z',
      ),
    )
    expect({ ...routed, addresses: routed.addresses.map(formatAddress) }).toEqual({
      name: 'n',
      uid: 'u',
      createdAt: Date.UTC(2026, 0, 1),
      providerID: 'aws:///a/i-1',
      addresses: ['10.1.0.1', 'fd01::1'],
      podCIDRs: ['10.0.0.0/24', 'fd00::/64'],
    })
  })

  test('nothing', () => {
    expect(routedNode(node({}))).toEqual({ name: 'n', uid: 'u', createdAt: 0, addresses: [], podCIDRs: [] })
  })

  test.each<[name: string, spec: Node['spec'], podCIDRs: readonly string[]]>([
    ['the single field only, of old clients', { podCIDR: '10.0.0.0/24' }, ['10.0.0.0/24']],
    ['an empty single field', { podCIDR: '' }, []],
    ['an empty provider ID', { providerID: '', podCIDRs: [] }, []],
  ])('%s', (_name, spec, podCIDRs) => {
    expect(routedNode(node(spec))).toMatchObject({ podCIDRs })
    expect(routedNode(node(spec))).not.toHaveProperty('providerID')
  })
})

test('the ranges of its pods: what can’t be routed as it is written too', () => {
  const routed = routedNode(node({ podCIDRs: ['10.244.3.7/24', 'garbage', 'fd00::/64'] }))
  expect(podRanges(routed).map(formatCidr)).toEqual(['10.244.3.0/24', 'fd00::/64'])
})
